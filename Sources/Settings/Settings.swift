import Accounts
import Cascade
import Store

/// The settings of all scopes, resolved through the one cascade.
///
/// A value around the store; safe to share between tasks.
public struct Settings: Sendable {
    /// Who turned a setting off, when and why.
    public struct Tombstone: Sendable, Hashable {
        public var by: String
        /// UTC milliseconds.
        public var at: Int64
        public var reason: String?
    }

    /// What the cascade says about a setting, before the standard value steps in.
    public typealias Resolution = Cascade.Resolution<SettingLayer, SettingValue, Tombstone, String>
    typealias Layer = Layered<SettingLayer, SettingValue, Tombstone, String>

    let store: Store
    let accounts: Accounts
    private let now: @Sendable () -> Int64

    /// Opens the settings.
    public init(store: Store, accounts: Accounts, now: @escaping @Sendable () -> Int64) {
        self.store = store
        self.accounts = accounts
        self.now = now
    }

    /// The tables of this module.
    public static let migrations = [
        Migration(
            "settings", 1, "settings of each scope",
            [
                """
                CREATE TABLE settings (
                    scope TEXT NOT NULL, owner TEXT NOT NULL, key TEXT NOT NULL, state TEXT NOT NULL, value TEXT,
                    reason TEXT, changed_by TEXT NOT NULL, changed_at BIGINT NOT NULL,
                    PRIMARY KEY (scope, owner, key))
                """
            ]),
        Migration(
            "settings", 2, "what is to be told once, because the standard value became a ceiling",
            [
                "CREATE TABLE setting_notices (name TEXT PRIMARY KEY)",
                "INSERT INTO setting_notices (name) VALUES ('standardCeilings')",
            ]),
    ]

    /// The value that holds, and why.
    ///
    /// - Throws: `StoreError`.
    public func resolve(_ setting: Setting, project: ProjectID?, user: UserID) async throws -> Resolution {
        try await store.read { transaction in
            Self.resolve(setting, try layers(setting, project: project, user: user, in: transaction))
        }
    }

    /// The layers at which the setting can be set, from narrow to broad, with what stands there.
    func layers(
        _ setting: Setting, project: ProjectID?, user: UserID, in transaction: any Transaction
    ) throws -> [(layer: Layer, row: Row?)] {
        let owners: [ScopeOwner] = (project.map { [.project($0)] } ?? []) + [.user(user), .platform]
        return try owners.filter { setting.scopes.contains($0.scope) }.map { try entry(setting, $0, transaction) }
    }

    func entry(_ setting: Setting, _ owner: ScopeOwner, _ transaction: any Transaction) throws -> (layer: Layer, row: Row?) {
        let row = try transaction.first(
            "SELECT * FROM settings WHERE scope = $1 AND owner = $2 AND key = $3", owner.scope, owner.owner, setting.key)
        return (Layer(SettingLayer(owner.scope), row.map { Self.entry($0, setting) } ?? .absent), row)
    }

    static func resolve(_ setting: Setting, _ layers: [(layer: Layer, row: Row?)]) -> Resolution {
        let layers = layers.map(\.layer)
        return switch setting.mode {
        case .override: Cascade.resolve(layers, inactive: setting.whenOff)
        case .ceiling:
            resolveCeiling(
                layers + (standardLayer(setting, layers).map { [$0] } ?? []), inactive: setting.whenOff, tighten: setting.tighter)
        }
    }

    /// The number that holds for a setting: the cascade's, or the standard one when no layer says anything.
    ///
    /// - Throws: ``SettingsError`` when a layer holds something that is no value of the setting; `StoreError`.
    public func integer(_ setting: Setting, project: ProjectID?, user: UserID) async throws -> Int {
        try await value(setting, project, user).integer ?? 0
    }

    /// The flag that holds for a setting: the cascade's, or the standard one when no layer says anything.
    ///
    /// - Throws: ``SettingsError`` when a layer holds something that is no value of the setting; `StoreError`.
    public func flag(_ setting: Setting, project: ProjectID?, user: UserID) async throws -> Bool {
        try await value(setting, project, user) == .flag(true)
    }

    /// The text that holds for a setting: the cascade's, or the standard one when no layer says anything.
    ///
    /// - Throws: ``SettingsError`` when a layer holds something that is no value of the setting; `StoreError`.
    public func text(_ setting: Setting, project: ProjectID?, user: UserID) async throws -> String {
        try await value(setting, project, user).text
    }

    /// The words that hold for a setting: the cascade's, or the standard ones when no layer says anything.
    ///
    /// - Throws: ``SettingsError`` when a layer holds something that is no value of the setting; `StoreError`.
    public func words(_ setting: Setting, project: ProjectID?, user: UserID) async throws -> [String] {
        guard case .words(let words) = try await value(setting, project, user) else { return [] }
        return words
    }

    /// The hosts that hold for a setting: the cascade's, or the standard ones when no layer says anything.
    ///
    /// - Throws: ``SettingsError`` when a layer holds something that is no value of the setting; `StoreError`.
    public func hosts(_ setting: Setting, project: ProjectID?, user: UserID) async throws -> [HostPattern] {
        guard case .hosts(let hosts) = try await value(setting, project, user) else { return [] }
        return hosts
    }

    /// The number that each layer sets by itself, for what every layer counts alone. Layers that say nothing or are off are left out.
    ///
    /// - Throws: ``SettingsError`` when a layer holds something that is no value of the setting; `StoreError`.
    public func integers(
        _ setting: Setting, of owners: [ScopeOwner], in transaction: any Transaction
    ) throws -> [(owner: ScopeOwner, value: Int)] {
        try owners.filter { setting.scopes.contains($0.scope) }.compactMap { owner in
            switch try entry(setting, owner, transaction).layer.entry {
            case .active(let value): return value.integer.map { (owner, $0) }
            case .failed(let why): throw Self.unusable(setting, SettingLayer(owner.scope), why)
            case .inactive, .absent: return nil
            }
        }
    }

    private static func unusable(_ setting: Setting, _ layer: SettingLayer, _ why: String) -> SettingsError {
        SettingsError(.invalid, "\(setting.key) at \(layer.rawValue) can't be used: \(why)")
    }

    private func value(_ setting: Setting, _ project: ProjectID?, _ user: UserID) async throws -> SettingValue {
        let resolution = try await resolve(setting, project: project, user: user)
        switch resolution.outcome {
        case .found(let value, _): return value
        case .absent: return setting.standard
        case .failed(let layer, let why):
            throw Self.unusable(setting, layer, why)
        case .blocked(let layer, _):
            throw SettingsError(.invalid, "\(setting.key) is turned off at \(layer.rawValue).")
        }
    }

    /// Sets a value at a scope.
    ///
    /// - Throws: ``SettingsError``, also when it asks for more than the standard where that is the ceiling; `StoreError`.
    public func set(_ setting: Setting, to text: String, at owner: ScopeOwner, by actor: UserID) async throws {
        let value = try setting.parse(text)
        try await write(setting, owner, actor, "setting.set", value.text) { transaction, now in
            try transaction.execute(
                """
                INSERT INTO settings (scope, owner, key, state, value, reason, changed_by, changed_at)
                VALUES ($1, $2, $3, 'active', $4, NULL, $5, $6)
                ON CONFLICT (scope, owner, key) DO UPDATE SET
                    state = 'active', value = excluded.value, reason = NULL,
                    changed_by = excluded.changed_by, changed_at = excluded.changed_at
                """,
                owner.scope, owner.owner, setting.key, value.text, actor, now)
            try checkCeiling(setting, at: owner, transaction)
        }
    }

    /// Turns a setting off at a scope: a statement of its own, which needs no value.
    ///
    /// - Throws: ``SettingsError``; `StoreError`.
    public func turnOff(_ setting: Setting, at owner: ScopeOwner, reason: String?, by actor: UserID) async throws {
        if let reason, reason.count > 500 || reason.contains(where: \.isNewline) {
            throw SettingsError(.invalid, "A reason is a line of at most 500 characters.")
        }
        try await write(setting, owner, actor, "setting.off", reason ?? "") { transaction, now in
            try transaction.execute(
                """
                INSERT INTO settings (scope, owner, key, state, value, reason, changed_by, changed_at)
                VALUES ($1, $2, $3, 'inactive', NULL, $4, $5, $6)
                ON CONFLICT (scope, owner, key) DO UPDATE SET
                    state = 'inactive', reason = excluded.reason,
                    changed_by = excluded.changed_by, changed_at = excluded.changed_at
                """,
                owner.scope, owner.owner, setting.key, reason, actor, now)
        }
    }

    /// Turns a setting on again at a scope, with the value it had.
    ///
    /// - Throws: ``SettingsError`` when there is no value to return to; `StoreError`.
    public func turnOn(_ setting: Setting, at owner: ScopeOwner, by actor: UserID) async throws {
        try await write(setting, owner, actor, "setting.on", "") { transaction, now in
            let changed = try transaction.execute(
                """
                UPDATE settings SET state = 'active', reason = NULL, changed_by = $4, changed_at = $5
                WHERE scope = $1 AND owner = $2 AND key = $3 AND value IS NOT NULL
                """,
                owner.scope, owner.owner, setting.key, actor, now)
            guard changed > 0 else {
                throw SettingsError(
                    .invalid, "\(setting.key) has no value at \(owner.scope.rawValue). Give it one with `sam settings set`.")
            }
            try checkCeiling(setting, at: owner, transaction)
        }
    }

    /// Makes a scope say nothing about a setting again.
    ///
    /// - Throws: ``SettingsError``; `StoreError`.
    public func clear(_ setting: Setting, at owner: ScopeOwner, by actor: UserID) async throws {
        try await write(setting, owner, actor, "setting.cleared", "") { transaction, _ in
            try transaction.execute(
                "DELETE FROM settings WHERE scope = $1 AND owner = $2 AND key = $3", owner.scope, owner.owner, setting.key)
        }
    }

    private func write(
        _ setting: Setting, _ owner: ScopeOwner, _ actor: UserID, _ action: String, _ detail: String,
        _ body: @escaping @Sendable (any Transaction, Int64) throws -> Void
    ) async throws {
        guard setting.scopes.contains(owner.scope) else {
            let allowed = setting.scopes.map(\.rawValue).joined(separator: ", ")
            throw SettingsError(.invalid, "\(setting.key) can be set at \(allowed), not at \(owner.scope.rawValue).")
        }
        let now = now()
        try await store.write { transaction in
            try body(transaction, now)
            try accounts.record(
                transaction, actor, action, "\(setting.key)@\(owner.scope.rawValue):\(owner.owner)", detail)
        }
    }

    /// A row that can't be read fails its own layer, nothing else.
    private static func entry(_ row: Row, _ setting: Setting) -> Entry<SettingValue, Tombstone, String> {
        do {
            if try row.text("state") == "inactive" {
                return .inactive(
                    Tombstone(
                        by: try row.text("changed_by"), at: Int64(try row.integer("changed_at")),
                        reason: try row.optionalText("reason")))
            }
            return .active(try setting.parse(try row.text("value")))
        } catch {
            return .failed("\(error)")
        }
    }
}

extension Setting {
    /// What two values of this setting both allow.
    func tighter(_ one: SettingValue, _ other: SettingValue) -> SettingValue {
        switch (one, other) {
        case (.integer(let one), .integer(let other)): .integer(min(one, other))
        case (.flag(let one), .flag(let other)): .flag(one && other)
        case (.hosts(let one), .hosts(let other)): .hosts(HostPattern.intersection(one, other))
        case (.text(let one), .text(let other)): .text(stricter(one, other))
        case (.integer, _), (.flag, _), (.hosts, _), (.text, _), (.words, _): one
        }
    }

    private func stricter(_ one: String, _ other: String) -> String {
        guard case .choice(let words) = kind, let first = words.first(where: { $0 == one || $0 == other }) else { return one }
        return first
    }
}
