import Accounts
import Cascade
import Store

/// What holds for a setting and why, fit to be shown: each layer with who made it so, when and why, and the verdict
/// in one sentence.
public struct SettingExplanation: Sendable, Hashable, Codable {
    /// One layer, narrow before broad.
    public struct Layer: Sendable, Hashable, Codable {
        public var scope: Scope
        /// `absent`, `active`, `inactive` or `failed`.
        public var state: String
        /// What the cascade made of it.
        public var verdict: String
        /// The layer's value, also while it is turned off.
        public var value: String?
        /// The name of the user who made the layer what it is.
        public var changedBy: String?
        /// UTC milliseconds.
        public var changedAt: Int64?
        public var reason: String?
    }

    public var key: String
    public var summary: String
    /// What holds: a value, or `off`, or `broken`.
    public var value: String
    /// The scope that decided, or the standard where a scope asks for more; missing when no scope says anything that counts.
    public var decidedAt: SettingLayer?
    public var standard: String
    /// `override` or `ceiling`.
    public var mode: String
    public var scopes: [Scope]
    public var sentence: String
    public var layers: [Layer]
}

extension Settings {
    /// Whether some layer says something about a setting, for a user in a project.
    ///
    /// - Throws: `StoreError`.
    public func isConfigured(_ setting: Setting, project: ProjectID?, user: UserID) async throws -> Bool {
        try await store.read { transaction in
            try layers(setting, project: project, user: user, in: transaction).contains { $0.row != nil }
        }
    }

    /// What holds for a setting for a user in a project, and why.
    ///
    /// - Parameter project: `nil` for what holds outside of any project.
    /// - Throws: `StoreError`.
    public func explain(_ setting: Setting, project: ProjectID?, user: UserID) async throws -> SettingExplanation {
        try await store.read { transaction in
            let consulted = try layers(setting, project: project, user: user, in: transaction)
            let resolution = Self.resolve(setting, consulted)
            let layers = try zip(consulted, resolution.trace).compactMap { layer, step -> SettingExplanation.Layer? in
                guard let scope = Scope(rawValue: step.layer.rawValue) else { return nil }
                var shown = SettingExplanation.Layer(scope: scope, state: "absent", verdict: step.verdict.rawValue)
                if let row = layer.row {
                    shown.value = try? row.optionalText("value")
                    shown.reason = try? row.optionalText("reason")
                    shown.changedAt = (try? row.integer("changed_at")).map(Int64.init)
                    shown.changedBy = try (try? row.text("changed_by")).map { try Self.userName($0, transaction) }
                }
                switch step.finding {
                case .absent: break
                case .active: shown.state = "active"
                case .inactive: shown.state = "inactive"
                case .failed(let why):
                    shown.state = "failed"
                    shown.reason = why
                }
                return shown
            }
            var outcome = resolution.outcome
            // A standard value that no layer exceeds applies as everywhere else.
            if outcome.layer == .standard, !layers.contains(where: { $0.state == "active" }) { outcome = .absent }
            return SettingExplanation(
                key: setting.key, summary: setting.summary, value: Self.value(setting, outcome),
                decidedAt: outcome.layer, standard: setting.standard.text,
                mode: setting.mode == .ceiling ? "ceiling" : "override", scopes: setting.scopes,
                sentence: Self.sentence(setting, outcome, isOffSomewhere: layers.contains { $0.state == "inactive" }),
                layers: layers)
        }
    }

    private static func value(_ setting: Setting, _ outcome: Outcome<SettingLayer, SettingValue, Tombstone, String>) -> String {
        switch outcome {
        case .found(let value, _): value.text
        case .absent: setting.standard.text
        case .blocked: "off"
        case .failed: "broken"
        }
    }

    private static func sentence(
        _ setting: Setting, _ outcome: Outcome<SettingLayer, SettingValue, Tombstone, String>, isOffSomewhere: Bool
    ) -> String {
        switch (outcome, setting.mode) {
        case (.found(let value, let scope), .override): "\(setting.key) is \(value.text), set at the \(scope.rawValue) scope."
        case (.found(let value, .standard), _):
            """
            \(setting.key) is \(value.text): the standard is the tightest for as long as the platform scope says nothing. \
            An administrator can allow more with: sam settings set \(setting.key) … --scope platform
            """
        case (.found(let value, let scope), .ceiling):
            "\(setting.key) is \(value.text): the \(scope.rawValue) scope is the tightest, and no other can loosen it."
        case (.absent, _) where isOffSomewhere:
            "\(setting.key) is \(setting.standard.text): what was set is turned off and no scope says anything else, so the standard holds."
        case (.absent, _): "\(setting.key) is \(setting.standard.text): no scope says anything, so the standard holds."
        case (.blocked(let scope, _), _): "\(setting.key) is turned off at the \(scope.rawValue) scope."
        case (.failed(let scope, let why), _):
            "\(setting.key) can't be used: the \(scope.rawValue) scope holds what is no value of it. \(why)"
        }
    }

    private static func userName(_ id: String, _ transaction: any Transaction) throws -> String {
        try transaction.first("SELECT name FROM users WHERE id = $1", id)?.text("name") ?? id
    }
}
