import Credentials
import Metering
import Sessions
import Settings
import Store
import Workspaces

/// A list as the API gives it: under its own name, in parts.
public protocol ListPart: Sendable, Codable {
    associatedtype Item
    /// The items under their name.
    static var list: WritableKeyPath<Self, [Item]> { get }
    /// What asks for the next part, as `cursor`; missing when this was the last.
    var next: String? { get set }
}

/// Lists, each under its own name.
public enum Listing {
    public struct Projects: ListPart {
        public var projects: [ProjectView]
        public var next: String?
        public static var list: WritableKeyPath<Self, [ProjectView]> { \.projects }
    }
    public struct Sessions: ListPart {
        public var sessions: [SessionView]
        /// Those that can't be read.
        public var unreadable: [UnreadableSession]
        public var next: String?
        public static var list: WritableKeyPath<Self, [SessionView]> { \.sessions }
    }
    public struct Prompts: ListPart {
        public var prompts: [Prompt]
        public var next: String?
        public static var list: WritableKeyPath<Self, [Prompt]> { \.prompts }
    }
    public struct Agents: ListPart {
        public var agents: [AgentView]
        /// Mistakes in the catalogue's files.
        public var problems: [String]
        public var next: String?
        public static var list: WritableKeyPath<Self, [AgentView]> { \.agents }
    }
    public struct Settings: ListPart {
        public var settings: [SettingExplanation]
        public var next: String?
        public static var list: WritableKeyPath<Self, [SettingExplanation]> { \.settings }
    }
    public struct Credentials: ListPart {
        public var credentials: [ListedCredential]
        public var next: String?
        public static var list: WritableKeyPath<Self, [ListedCredential]> { \.credentials }
    }
    public struct Resolution: ListPart {
        public var resolution: [Explanation]
        public var next: String?
        public static var list: WritableKeyPath<Self, [Explanation]> { \.resolution }

        init(_ all: [Explanation], _ request: PageRequest) {
            let page = Page(of: all, request) { $0.provider.rawValue }
            resolution = page.items
            next = page.next?.cursor
        }
    }
    public struct Held: ListPart {
        public var held: [HeldRotation]
        public var next: String?
        public static var list: WritableKeyPath<Self, [HeldRotation]> { \.held }
    }
    public struct Notifications: ListPart {
        public var notifications: [NotificationView]
        public var next: String?
        public static var list: WritableKeyPath<Self, [NotificationView]> { \.notifications }
    }
    public struct Members: ListPart {
        public var members: [MemberView]
        public var next: String?
        public static var list: WritableKeyPath<Self, [MemberView]> { \.members }
    }
    public struct Users: ListPart {
        public var users: [UserView]
        public var next: String?
        public static var list: WritableKeyPath<Self, [UserView]> { \.users }
    }
    public struct Tokens: ListPart {
        public var tokens: [TokenView]
        public var next: String?
        public static var list: WritableKeyPath<Self, [TokenView]> { \.tokens }
    }
    public struct Keys: ListPart {
        public var keys: [KeyView]
        public var next: String?
        public static var list: WritableKeyPath<Self, [KeyView]> { \.keys }
    }
    public struct Providers: ListPart {
        public var providers: [ProviderView]
        public var next: String?
        public static var list: WritableKeyPath<Self, [ProviderView]> { \.providers }
    }
    public struct Usage: ListPart {
        public var usage: [UsageLine]
        public var next: String?
        public static var list: WritableKeyPath<Self, [UsageLine]> { \.usage }
    }
    public struct Budgets: ListPart {
        public var budgets: [BudgetStanding]
        public var next: String?
        public static var list: WritableKeyPath<Self, [BudgetStanding]> { \.budgets }
    }
    public struct Audit: ListPart {
        public var audit: [AuditView]
        public var next: String?
        public static var list: WritableKeyPath<Self, [AuditView]> { \.audit }
    }
    public struct Events: ListPart {
        public var events: [SessionEvent]
        public var next: String?
        public static var list: WritableKeyPath<Self, [SessionEvent]> { \.events }
    }
    public struct Changes: ListPart {
        public var files: [FileChange]
        public var next: String?
        public static var list: WritableKeyPath<Self, [FileChange]> { \.files }
    }
}
