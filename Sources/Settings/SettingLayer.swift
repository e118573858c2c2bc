import Accounts

/// What can decide about a setting: a scope, or the standard value where that is a ceiling.
public enum SettingLayer: String, Sendable, Hashable, Codable, CaseIterable {
    case project, user, platform
    /// Stands for the platform's word on limits for as long as the platform says nothing.
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
