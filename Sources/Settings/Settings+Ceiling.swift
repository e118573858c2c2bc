import Accounts
import Cascade
import Store

// The standard value as a ceiling: what a project or a user asks for beyond it is an administrator's to allow.
extension Settings {
    /// The standard as a layer of its own, broader than all; `nil` where it is no ceiling, or the platform has its own word.
    static func standardLayer(_ setting: Setting, _ layers: [Layer]) -> Layer? {
        guard setting.standardIsCeiling else { return nil }
        switch layers.first(where: { $0.layer == .platform })?.entry {
        case .active, .failed: return nil
        case .absent, .inactive, nil: return Layer(.standard, .active(setting.standard))
        }
    }

    /// Refuses what asks for more than the standard while that is the ceiling.
    func checkCeiling(_ setting: Setting, at owner: ScopeOwner, _ transaction: any Transaction) throws {
        guard owner.scope != .platform, let value = try excess(setting, at: owner, transaction) else { return }
        throw SettingsError(.invalid, Self.refusal(setting, value, owner.scope))
    }

    /// What a layer asks for beyond the ceiling; `nil` when that is nothing, or the platform decides.
    func excess(_ setting: Setting, at owner: ScopeOwner, _ transaction: any Transaction) throws -> SettingValue? {
        let platform = try entry(setting, .platform, transaction).layer
        guard Self.standardLayer(setting, [platform]) != nil,
            case .active(let value) = try entry(setting, owner, transaction).layer.entry
        else { return nil }
        return setting.standard.excess(of: value)
    }

    private static func refusal(_ setting: Setting, _ excess: SettingValue, _ scope: Scope) -> String {
        switch excess {
        case .hosts:
            """
            \(setting.key) at the \(scope.rawValue) scope can only narrow the standard list while the platform scope says nothing, and \
            not on it: \(excess.text). An administrator can allow them with the whole list: sam settings set \(setting.key) "…" --scope platform
            """
        case .integer, .flag, .text, .words:
            """
            \(setting.key) can't be \(excess.text) at the \(scope.rawValue) scope: the standard, \(setting.standard.text), is the ceiling \
            while the platform scope says nothing. An administrator can allow more: \
            sam settings set \(setting.key) \(excess.text) --scope platform
            """
        }
    }

    /// Tells whom it concerns, once after the upgrade that made the standard a ceiling, which values ask for more than they get.
    ///
    /// - Returns: a sentence each, for the log.
    /// - Throws: `StoreError`.
    public func tellOfBoundedValues() async throws -> [String] {
        try await store.write { transaction in
            guard try transaction.execute("DELETE FROM setting_notices WHERE name = 'standardCeilings'") > 0 else { return [] }
            let rows = try transaction.query(
                "SELECT * FROM settings WHERE scope <> 'platform' AND state = 'active' ORDER BY key, scope, owner")
            return transaction.readable(rows, of: "settings", id: { "\(try $0.text("key"))@\(try $0.text("scope"))" }) { row in
                try tellOfBoundedValue(row, transaction)
            }.compactMap(\.self)
        }
    }

    private func tellOfBoundedValue(_ row: Row, _ transaction: any Transaction) throws -> String? {
        let key = try row.text("key")
        let id = try row.text("owner")
        let owner: ScopeOwner =
            try row.parsed("scope", as: Scope.self) == .project ? .project(ProjectID(rawValue: id)) : .user(UserID(rawValue: id))
        guard let setting = Setting.all.first(where: { $0.key == key }), let excess = try excess(setting, at: owner, transaction) else {
            return nil
        }
        let whose = try Self.name(of: owner, transaction)
        let sentence = """
            The standard value of \(key) is the ceiling by now while the platform scope says nothing, so what \(whose) asks for beyond it \
            is not given any more: \(excess.text). An administrator can allow it with: sam settings set \(key) … --scope platform
            """
        try accounts.notify([owner, .platform], .settingBounded, key, sentence, in: transaction)
        try accounts.record(transaction, .sam, "setting.bounded", "\(key)@\(owner.scope.rawValue):\(id)", excess.text)
        return sentence
    }

    private static func name(of owner: ScopeOwner, _ transaction: any Transaction) throws -> String {
        let row =
            switch owner {
            case .project(let id): try transaction.first("SELECT name FROM projects WHERE id = $1", id)
            case .user(let id): try transaction.first("SELECT name FROM users WHERE id = $1", id)
            case .platform: Row?.none
            }
        return "\(owner.scope.rawValue) \(try row?.text("name") ?? owner.owner)"
    }
}

extension SettingValue {
    /// What another value has beyond this one; `nil` when it has nothing more.
    func excess(of other: SettingValue) -> SettingValue? {
        switch (self, other) {
        case (.integer(let most), .integer(let asked)): asked > most ? other : nil
        case (.hosts(let most), .hosts(let asked)):
            // A wider pattern that covers one of the list has more in it than the list.
            { $0.isEmpty ? nil : .hosts($0) }(asked.filter { HostPattern.intersection([$0], most) != [$0] })
        case (.integer, _), (.hosts, _), (.flag, _), (.text, _), (.words, _): nil
        }
    }
}
