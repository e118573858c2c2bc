import Credentials
import Metering
import Sessions
import Settings
import Workspaces

/// Lists, each under its own name.
public enum Listing {
    public struct Projects: Sendable, Codable { public var projects: [ProjectView] }
    public struct Sessions: Sendable, Codable {
        public var sessions: [SessionView]
        /// Those that can't be read.
        public var unreadable: [UnreadableSession]
    }
    public struct Prompts: Sendable, Codable { public var prompts: [Prompt] }
    public struct Agents: Sendable, Codable {
        public var agents: [AgentView]
        /// Mistakes in the catalogue's files.
        public var problems: [String]
    }
    public struct Settings: Sendable, Codable { public var settings: [SettingExplanation] }
    public struct Credentials: Sendable, Codable { public var credentials: [ListedCredential] }
    public struct Resolution: Sendable, Codable { public var resolution: [Explanation] }
    public struct Held: Sendable, Codable { public var held: [HeldRotation] }
    public struct Notifications: Sendable, Codable { public var notifications: [NotificationView] }
    public struct Members: Sendable, Codable { public var members: [MemberView] }
    public struct Users: Sendable, Codable { public var users: [UserView] }
    public struct Tokens: Sendable, Codable { public var tokens: [TokenView] }
    public struct Keys: Sendable, Codable { public var keys: [KeyView] }
    public struct Providers: Sendable, Codable { public var providers: [ProviderView] }
    public struct Usage: Sendable, Codable { public var usage: [UsageLine] }
    public struct Budgets: Sendable, Codable { public var budgets: [BudgetStanding] }
    public struct Audit: Sendable, Codable { public var audit: [AuditView] }
    public struct Events: Sendable, Codable { public var events: [SessionEvent] }
    public struct Changes: Sendable, Codable { public var files: [FileChange] }
}
