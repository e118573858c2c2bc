import Accounts
import Cascade
import Store
import Wording

/// The settings of all scopes, resolved through the cascade.
///
/// A value around the store; safe to share between tasks.
public struct Settings: Sendable {
    /// The id of the user who turned a setting off, and when and why.
    public typealias Tombstone = LayerTombstone<String>

    /// The cascade's result for a setting, before the standard value applies.
    public typealias Resolution = Cascade.Resolution<SettingLayer, SettingValue, Tombstone, String>
    typealias Layer = Layered<SettingLayer, SettingValue, Tombstone, String>

    let store: Store
    let accounts: Accounts
    private let now: @Sendable () -> Int64

    /// Creates the settings over a store.
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
        Migration(
            "settings", 3, "the values that a setting of the platform's had, where they matter later",
            ["CREATE TABLE setting_history (key TEXT NOT NULL, since BIGINT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (key, since))"]),
    ]

    /// The resulting value and the trace of the layers.
    ///
    /// - Throws: `StoreError`.
    public func resolve(_ setting: Setting, project: ProjectID?, user: UserID) async throws -> Resolution {
        try await store.read { transaction in
            Self.resolve(setting, try layers(setting, project: project, user: user, in: transaction))
        }
    }

    /// The layers at which the setting can be set, narrow to broad, with their rows.
    func layers(
        _ setting: Setting, project: ProjectID?, user: UserID, in transaction: any Transaction
    ) throws -> [(layer: Layer, row: Row?)] {
        try ScopeOwner.layers(project: project, user: user).filter { setting.scopes.contains($0.scope) }.map {
            try entry(setting, $0, transaction)
        }
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

    /// The number of a setting: the cascade's, or the standard one if no layer says anything.
    ///
    /// - Throws: ``SettingsError`` if a layer's value is invalid or the setting is off; `StoreError`.
    public func integer(_ setting: Setting, project: ProjectID?, user: UserID) async throws -> Int {
        try await value(setting, project, user).integer ?? 0
    }

    /// The flag of a setting: the cascade's, or the standard one if no layer says anything.
    ///
    /// - Throws: ``SettingsError`` if a layer's value is invalid or the setting is off; `StoreError`.
    public func flag(_ setting: Setting, project: ProjectID?, user: UserID) async throws -> Bool {
        try await value(setting, project, user) == .flag(true)
    }

    /// The text of a setting: the cascade's, or the standard one if no layer says anything.
    ///
    /// - Throws: ``SettingsError`` if a layer's value is invalid or the setting is off; `StoreError`.
    public func text(_ setting: Setting, project: ProjectID?, user: UserID) async throws -> String {
        try await value(setting, project, user).text
    }

    /// The words of a setting: the cascade's, or the standard ones if no layer says anything.
    ///
    /// - Throws: ``SettingsError`` if a layer's value is invalid or the setting is off; `StoreError`.
    public func words(_ setting: Setting, project: ProjectID?, user: UserID) async throws -> [String] {
        guard case .words(let words) = try await value(setting, project, user) else { return [] }
        return words
    }

    /// The hosts of a setting: the cascade's, or the standard ones if no layer says anything.
    ///
    /// - Throws: ``SettingsError`` if a layer's value is invalid or the setting is off; `StoreError`.
    public func hosts(_ setting: Setting, project: ProjectID?, user: UserID) async throws -> [HostPattern] {
        guard case .hosts(let hosts) = try await value(setting, project, user) else { return [] }
        return hosts
    }

    /// Each layer's own number, for limits that every layer counts separately. Layers that are absent or off are left out.
    ///
    /// - Throws: ``SettingsError`` if a layer's value is invalid; `StoreError`.
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

    /// The text that holds for a setting, in a transaction that is under way.
    ///
    /// - Throws: ``SettingsError`` when a layer holds something that is no value of the setting; `StoreError`.
    public func text(_ setting: Setting, project: ProjectID?, user: UserID, in transaction: any Transaction) throws -> String {
        let layers = try layers(setting, project: project, user: user, in: transaction)
        return try Self.value(setting, Self.resolve(setting, layers)).text
    }

    private func value(_ setting: Setting, _ project: ProjectID?, _ user: UserID) async throws -> SettingValue {
        try Self.value(setting, try await resolve(setting, project: project, user: user))
    }

    private static func value(_ setting: Setting, _ resolution: Resolution) throws -> SettingValue {
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
    /// - Throws: ``SettingsError``, also if it exceeds the standard where that is the ceiling; `StoreError`.
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

    /// Turns a setting off at a scope. Needs no value; an existing one is kept for ``turnOn(_:at:by:)``.
    ///
    /// - Throws: ``SettingsError``; `StoreError`.
    public func turnOff(_ setting: Setting, at owner: ScopeOwner, reason: String?, by actor: UserID) async throws {
        // A blank reason counts as no reason.
        let reason = reason.flatMap { $0.allSatisfy(\.isWhitespace) ? nil : $0 }
        if let reason, let fault = PlainLine.fault(in: reason, of: "A reason", limit: 500, mayBeBlank: true) {
            throw SettingsError(.invalid, fault)
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

    /// Turns a setting on again at a scope, with its earlier value.
    ///
    /// - Throws: ``SettingsError`` if there is no earlier value; `StoreError`.
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

    /// Removes a scope's value or tombstone.
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
            if setting.isDated, owner == .platform { try remember(setting, now, transaction) }
            try accounts.record(
                transaction, actor, action, "\(setting.key)@\(owner.scope.rawValue):\(owner.owner)", detail)
        }
    }

    /// A row that can't be read fails only its own layer.
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
    /// The stricter of two values.
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
