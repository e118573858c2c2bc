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

        package init(projects: [ProjectView], next: String? = nil) {
            self.projects = projects
            self.next = next
        }
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

        package init(sessions: [SessionView], unreadable: [UnreadableSession], next: String? = nil) {
            self.sessions = sessions
            self.unreadable = unreadable
            self.next = next
        }
    }
    /// A session's prompts.
    public struct Prompts: ListPart {
        /// The items.
        public var prompts: [Prompt]
        /// The cursor of the next page.
        public var next: String?
        /// The items' key path.
        public static var list: WritableKeyPath<Self, [Prompt]> { \.prompts }

        package init(prompts: [Prompt], next: String? = nil) {
            self.prompts = prompts
            self.next = next
        }
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

        package init(agents: [AgentView], problems: [String], next: String? = nil) {
            self.agents = agents
            self.problems = problems
            self.next = next
        }
    }
    /// Settings.
    public struct Settings: ListPart {
        /// The items.
        public var settings: [SettingExplanation]
        /// The cursor of the next page.
        public var next: String?
        /// The items' key path.
        public static var list: WritableKeyPath<Self, [SettingExplanation]> { \.settings }

        package init(settings: [SettingExplanation], next: String? = nil) {
            self.settings = settings
            self.next = next
        }
    }
    /// Credentials.
    public struct Credentials: ListPart {
        /// The items.
        public var credentials: [ListedCredential]
        /// The cursor of the next page.
        public var next: String?
        /// The items' key path.
        public static var list: WritableKeyPath<Self, [ListedCredential]> { \.credentials }

        package init(credentials: [ListedCredential], next: String? = nil) {
            self.credentials = credentials
            self.next = next
        }
    }
    /// Held rotations.
    public struct Held: ListPart {
        /// The items.
        public var held: [HeldRotation]
        /// The cursor of the next page.
        public var next: String?
        /// The items' key path.
        public static var list: WritableKeyPath<Self, [HeldRotation]> { \.held }

        package init(held: [HeldRotation], next: String? = nil) {
            self.held = held
            self.next = next
        }
    }
    /// Notifications.
    public struct Notifications: ListPart {
        /// The items.
        public var notifications: [NotificationView]
        /// The cursor of the next page.
        public var next: String?
        /// The items' key path.
        public static var list: WritableKeyPath<Self, [NotificationView]> { \.notifications }

        package init(notifications: [NotificationView], next: String? = nil) {
            self.notifications = notifications
            self.next = next
        }
    }
    /// A project's members.
    public struct Members: ListPart {
        /// The items.
        public var members: [MemberView]
        /// The cursor of the next page.
        public var next: String?
        /// The items' key path.
        public static var list: WritableKeyPath<Self, [MemberView]> { \.members }

        package init(members: [MemberView], next: String? = nil) {
            self.members = members
            self.next = next
        }
    }
    /// Users.
    public struct Users: ListPart {
        /// The items.
        public var users: [UserView]
        /// The cursor of the next page.
        public var next: String?
        /// The items' key path.
        public static var list: WritableKeyPath<Self, [UserView]> { \.users }

        package init(users: [UserView], next: String? = nil) {
            self.users = users
            self.next = next
        }
    }
    /// API tokens.
    public struct Tokens: ListPart {
        /// The items.
        public var tokens: [TokenView]
        /// The cursor of the next page.
        public var next: String?
        /// The items' key path.
        public static var list: WritableKeyPath<Self, [TokenView]> { \.tokens }

        package init(tokens: [TokenView], next: String? = nil) {
            self.tokens = tokens
            self.next = next
        }
    }
    /// Gateway keys.
    public struct Keys: ListPart {
        /// The items.
        public var keys: [KeyView]
        /// The cursor of the next page.
        public var next: String?
        /// The items' key path.
        public static var list: WritableKeyPath<Self, [KeyView]> { \.keys }

        package init(keys: [KeyView], next: String? = nil) {
            self.keys = keys
            self.next = next
        }
    }
    /// Provider addresses.
    public struct Providers: ListPart {
        /// The items.
        public var providers: [ProviderView]
        /// The cursor of the next page.
        public var next: String?
        /// The items' key path.
        public static var list: WritableKeyPath<Self, [ProviderView]> { \.providers }

        package init(providers: [ProviderView], next: String? = nil) {
            self.providers = providers
            self.next = next
        }
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

        package init(usage: [UsageLine], since: Int64, sinceText: String, timeZone: String, next: String? = nil) {
            self.usage = usage
            self.since = since
            self.sinceText = sinceText
            self.timeZone = timeZone
            self.next = next
        }
    }
    /// Budgets.
    public struct Budgets: ListPart {
        /// The items.
        public var budgets: [BudgetStanding]
        /// The cursor of the next page.
        public var next: String?
        /// The items' key path.
        public static var list: WritableKeyPath<Self, [BudgetStanding]> { \.budgets }

        package init(budgets: [BudgetStanding], next: String? = nil) {
            self.budgets = budgets
            self.next = next
        }
    }
    /// Prices.
    public struct Prices: ListPart {
        /// The items.
        public var prices: [PriceView]
        /// The cursor of the next page.
        public var next: String?
        /// The items' key path.
        public static var list: WritableKeyPath<Self, [PriceView]> { \.prices }

        package init(prices: [PriceView], next: String? = nil) {
            self.prices = prices
            self.next = next
        }
    }
    /// Lines of the audit trail.
    public struct Audit: ListPart {
        /// The items.
        public var audit: [AuditView]
        /// The cursor of the next page.
        public var next: String?
        /// The items' key path.
        public static var list: WritableKeyPath<Self, [AuditView]> { \.audit }

        package init(audit: [AuditView], next: String? = nil) {
            self.audit = audit
            self.next = next
        }
    }
    /// A session's events.
    public struct Events: ListPart {
        /// The items.
        public var events: [SessionEvent]
        /// The cursor of the next page.
        public var next: String?
        /// The items' key path.
        public static var list: WritableKeyPath<Self, [SessionEvent]> { \.events }

        package init(events: [SessionEvent], next: String? = nil) {
            self.events = events
            self.next = next
        }
    }
    /// The files that a session changed.
    public struct Changes: ListPart {
        /// The items.
        public var files: [FileChange]
        /// The cursor of the next page.
        public var next: String?
        /// The items' key path.
        public static var list: WritableKeyPath<Self, [FileChange]> { \.files }

        package init(files: [FileChange], next: String? = nil) {
            self.files = files
            self.next = next
        }
    }
}
