import Accounts
import Cascade
import Store

// The standard value as a ceiling: only an administrator can allow a project or a user more.
extension Settings {
    /// The standard value as the broadest layer; `nil` if it is no ceiling or the platform has a value.
    static func standardLayer(_ setting: Setting, _ layers: [Layer]) -> Layer? {
        guard setting.standardIsCeiling else { return nil }
        switch layers.first(where: { $0.layer == .platform })?.entry {
        case .active, .failed: return nil
        case .absent, .inactive, nil: return Layer(.standard, .active(setting.standard))
        }
    }

    /// Refuses a value that exceeds the standard while that is the ceiling.
    func checkCeiling(_ setting: Setting, at owner: ScopeOwner, _ transaction: any Transaction) throws {
        guard owner.scope != .platform, let value = try excess(setting, at: owner, transaction) else { return }
        throw SettingsError(.invalid, Self.refusal(setting, value, owner.scope))
    }

    /// The part of a layer's value that exceeds the ceiling; `nil` if there is none or the platform has a value.
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

    /// Notifies the users concerned of values that exceed a ceiling, once after the upgrade that made standards ceilings.
    ///
    /// - Returns: a sentence for the log for each value.
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
        let whose = try name(of: owner, transaction)
        let sentence = """
            The standard value of \(key) is now the ceiling while the platform scope says nothing, so \(whose) no longer gets \
            what is beyond it: \(excess.text). An administrator can allow it with: sam settings set \(key) … --scope platform
            """
        try accounts.notify([owner, .platform], .settingBounded, key, sentence, in: transaction)
        try accounts.record(transaction, .sam, "setting.bounded", "\(key)@\(owner.scope.rawValue):\(id)", excess.text)
        return sentence
    }

    private func name(of owner: ScopeOwner, _ transaction: any Transaction) throws -> String {
        "\(owner.scope.rawValue) \(try accounts.name(of: owner, in: transaction) ?? owner.owner)"
    }
}

extension SettingValue {
    /// The part of another value that exceeds this one; `nil` if there is none.
    func excess(of other: SettingValue) -> SettingValue? {
        switch (self, other) {
        case (.integer(let most), .integer(let asked)): asked > most ? other : nil
        case (.hosts(let most), .hosts(let asked)):
            // A wider pattern that covers one of the list exceeds the list.
            { $0.isEmpty ? nil : .hosts($0) }(asked.filter { HostPattern.intersection([$0], most) != [$0] })
        case (.integer, _), (.hosts, _), (.flag, _), (.text, _), (.words, _): nil
        }
    }
}
