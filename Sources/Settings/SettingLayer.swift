import Accounts

/// A layer that can decide about a setting: a scope, or the standard value where it is a ceiling.
public enum SettingLayer: String, Sendable, Hashable, Codable, CaseIterable {
    /// The layer of a scope.
    case project, user, platform
    /// The standard value, while it is the platform's limit.
    case standard

    init(_ scope: Scope) {
        self =
            switch scope {
            case .project: .project
            case .user: .user
            case .platform: .platform
            }
    }
}
