import Cascade
import Credentials
import Metering
import Sessions
import Settings
import Store
import Workspaces

/// A page of a list in the API, under the list's own name.
public protocol ListPart: Sendable, Codable {
    /// The type of the items.
    associatedtype Item
    /// The items under their own name.
    static var list: WritableKeyPath<Self, [Item]> { get }
    /// The `cursor` of the next page; missing on the last.
    var next: String? { get set }
}

/// The lists of the API, each under its own name.
public enum Listing {
    /// Projects.
    public struct Projects: ListPart {
        /// The items.
        public var projects: [ProjectView]
        /// The cursor of the next page.
        public var next: String?
        /// The items' key path.
        public static var list: WritableKeyPath<Self, [ProjectView]> { \.projects }
    }
    /// Sessions.
    public struct Sessions: ListPart {
        /// The items.
        public var sessions: [SessionView]
        /// Sessions that can't be read.
        public var unreadable: [UnreadableSession]
        /// The cursor of the next page.
        public var next: String?
        /// The items' key path.
        public static var list: WritableKeyPath<Self, [SessionView]> { \.sessions }
    }
    /// A session's prompts.
    public struct Prompts: ListPart {
        /// The items.
        public var prompts: [Prompt]
        /// The cursor of the next page.
        public var next: String?
        /// The items' key path.
        public static var list: WritableKeyPath<Self, [Prompt]> { \.prompts }
    }
    /// Agents.
    public struct Agents: ListPart {
        /// The items.
        public var agents: [AgentView]
        /// Mistakes in the catalogue's files.
        public var problems: [String]
        /// The cursor of the next page.
        public var next: String?
        /// The items' key path.
        public static var list: WritableKeyPath<Self, [AgentView]> { \.agents }
    }
    /// Settings.
    public struct Settings: ListPart {
        /// The items.
        public var settings: [SettingExplanation]
        /// The cursor of the next page.
        public var next: String?
        /// The items' key path.
        public static var list: WritableKeyPath<Self, [SettingExplanation]> { \.settings }
    }
    /// Credentials.
    public struct Credentials: ListPart {
        /// The items.
        public var credentials: [ListedCredential]
        /// The cursor of the next page.
        public var next: String?
        /// The items' key path.
        public static var list: WritableKeyPath<Self, [ListedCredential]> { \.credentials }
    }
    /// Held rotations.
    public struct Held: ListPart {
        /// The items.
        public var held: [HeldRotation]
        /// The cursor of the next page.
        public var next: String?
        /// The items' key path.
        public static var list: WritableKeyPath<Self, [HeldRotation]> { \.held }
    }
    /// Notifications.
    public struct Notifications: ListPart {
        /// The items.
        public var notifications: [NotificationView]
        /// The cursor of the next page.
        public var next: String?
        /// The items' key path.
        public static var list: WritableKeyPath<Self, [NotificationView]> { \.notifications }
    }
    /// A project's members.
    public struct Members: ListPart {
        /// The items.
        public var members: [MemberView]
        /// The cursor of the next page.
        public var next: String?
        /// The items' key path.
        public static var list: WritableKeyPath<Self, [MemberView]> { \.members }
    }
    /// Users.
    public struct Users: ListPart {
        /// The items.
        public var users: [UserView]
        /// The cursor of the next page.
        public var next: String?
        /// The items' key path.
        public static var list: WritableKeyPath<Self, [UserView]> { \.users }
    }
    /// API tokens.
    public struct Tokens: ListPart {
        /// The items.
        public var tokens: [TokenView]
        /// The cursor of the next page.
        public var next: String?
        /// The items' key path.
        public static var list: WritableKeyPath<Self, [TokenView]> { \.tokens }
    }
    /// Gateway keys.
    public struct Keys: ListPart {
        /// The items.
        public var keys: [KeyView]
        /// The cursor of the next page.
        public var next: String?
        /// The items' key path.
        public static var list: WritableKeyPath<Self, [KeyView]> { \.keys }
    }
    /// Provider addresses.
    public struct Providers: ListPart {
        /// The items.
        public var providers: [ProviderView]
        /// The cursor of the next page.
        public var next: String?
        /// The items' key path.
        public static var list: WritableKeyPath<Self, [ProviderView]> { \.providers }
    }
    /// Usage.
    public struct Usage: ListPart {
        /// The items.
        public var usage: [UsageLine]
        /// The start of the report, in UTC milliseconds.
        public var since: Int64
        /// The start of the report with the time zone, for people: `2026-04-01 00:00 (Europe/Berlin)`.
        public var sinceText: String
        /// The time zone of its days, by its IANA name.
        public var timeZone: String
        /// The cursor of the next page.
        public var next: String?
        /// The items' key path.
        public static var list: WritableKeyPath<Self, [UsageLine]> { \.usage }
    }
    /// Budgets.
    public struct Budgets: ListPart {
        /// The items.
        public var budgets: [BudgetStanding]
        /// The cursor of the next page.
        public var next: String?
        /// The items' key path.
        public static var list: WritableKeyPath<Self, [BudgetStanding]> { \.budgets }
    }
    /// Prices.
    public struct Prices: ListPart {
        /// The items.
        public var prices: [PriceView]
        /// The cursor of the next page.
        public var next: String?
        /// The items' key path.
        public static var list: WritableKeyPath<Self, [PriceView]> { \.prices }
    }
    /// Lines of the audit trail.
    public struct Audit: ListPart {
        /// The items.
        public var audit: [AuditView]
        /// The cursor of the next page.
        public var next: String?
        /// The items' key path.
        public static var list: WritableKeyPath<Self, [AuditView]> { \.audit }
    }
    /// A session's events.
    public struct Events: ListPart {
        /// The items.
        public var events: [SessionEvent]
        /// The cursor of the next page.
        public var next: String?
        /// The items' key path.
        public static var list: WritableKeyPath<Self, [SessionEvent]> { \.events }
    }
    /// The files that a session changed.
    public struct Changes: ListPart {
        /// The items.
        public var files: [FileChange]
        /// The cursor of the next page.
        public var next: String?
        /// The items' key path.
        public static var list: WritableKeyPath<Self, [FileChange]> { \.files }
    }
}
