import Accounts
import Cascade
import Store

/// A setting's value and the reason for it, for display. ``Explanation/scope`` is the standard where that limits a scope.
public typealias SettingExplanation = Explanation<SettingLayer, ExplainedSetting, ExplainedSettingValue>

/// What a setting's explanation is about.
public struct ExplainedSetting: Sendable, Hashable, Codable {
    /// The setting's key.
    public var key: String
    /// The setting's description.
    public var summary: String
    /// The resulting value, or `off` or `broken`.
    public var value: String
    /// The standard value.
    public var standard: String
    /// `override` or `ceiling`.
    public var mode: String
    /// The scopes at which it can be set.
    public var scopes: [Scope]
}

/// What a layer holds for a setting, in an explanation.
public struct ExplainedSettingValue: Sendable, Hashable, Codable {
    /// The layer's value, even while it is off.
    public var value: String?
}

extension Settings {
    /// Whether any layer says something about a setting, for a user in a project.
    ///
    /// - Throws: `StoreError`.
    public func isConfigured(_ setting: Setting, project: ProjectID?, user: UserID) async throws -> Bool {
        try await store.read { transaction in
            try layers(setting, project: project, user: user, in: transaction).contains { $0.row != nil }
        }
    }

    /// A setting's value for a user in a project, and the reason for it.
    ///
    /// - Parameter project: `nil` for outside of any project.
    /// - Throws: `StoreError`.
    public func explain(_ setting: Setting, project: ProjectID?, user: UserID) async throws -> SettingExplanation {
        try await store.read { transaction in
            let consulted = try layers(setting, project: project, user: user, in: transaction)
            let resolution = Self.resolve(setting, consulted)
            let layers = try zip(consulted, resolution.trace).map { layer, step in
                var shown = ExplainedLayer(step, ExplainedSettingValue())
                if let row = layer.row {
                    shown.value = try? row.optionalText("value")
                    shown.reason = try? row.optionalText("reason")
                    shown.at = (try? row.integer("changed_at")).map(Int64.init)
                    shown.by = try (try? row.text("changed_by")).map { try userName($0, transaction) }
                }
                if case .failed(let why) = step.finding { shown.reason = why }
                return shown
            }
            var outcome = resolution.outcome
            // If no layer has a value, the standard applies as the default, not as a ceiling.
            if outcome.layer == .standard, !layers.contains(where: { $0.finding == "active" }) { outcome = .absent }
            return Explanation(
                ExplainedSetting(
                    key: setting.key, summary: setting.summary, value: Self.value(setting, outcome), standard: setting.standard.text,
                    mode: setting.mode == .ceiling ? "ceiling" : "override", scopes: setting.scopes),
                outcome: ExplainedOutcome(outcome), scope: outcome.layer,
                sentence: Self.sentence(setting, outcome, isOffSomewhere: layers.contains { $0.finding == "inactive" }),
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
            "\(setting.key) can't be used: the \(scope.rawValue) scope has an invalid value. \(why)"
        }
    }

    private func userName(_ id: String, _ transaction: any Transaction) throws -> String {
        try accounts.name(of: UserID(rawValue: id), in: transaction) ?? id
    }
}
