import Accounts
import Credentials
import Store

/// The id of a gateway key: `g_` and twelve letters or digits. It gives no access.
public struct GatewayKeyID: RawRepresentable, Hashable, Sendable, Codable, SQLBindable {
    /// The id as text.
    public let rawValue: String

    /// Wraps an id.
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// A gateway key for a person's own tools, without the token.
public struct GatewayKey: Sendable, Hashable {
    /// The id.
    public var id: GatewayKeyID
    /// The purpose, for people who read the list.
    public var name: String
    /// The owner.
    public var user: UserID
    /// The project whose layers apply; `nil` for none.
    public var project: ProjectID?
    /// The only provider that it opens; `nil` for all.
    public var provider: Provider?
    /// UTC milliseconds.
    public var createdAt: Int64

    init(_ row: Row) throws {
        id = try row.parsed("key_id")
        name = try row.text("name")
        user = try row.parsed("user_id")
        project = try row.optionalText("project_id").map(ProjectID.init(rawValue:))
        provider = try row.optionalText("provider").flatMap(Provider.init(rawValue:))
        createdAt = Int64(try row.integer("made_at"))
    }
}

/// The holder of a lease.
enum LeaseHolder: Sendable, Hashable {
    case session(SessionReference, agent: String, project: ProjectID)
    case key(GatewayKeyID, project: ProjectID?, provider: Provider?)
}

/// A stored lease.
struct Lease: Sendable, Hashable {
    var holder: LeaseHolder
    var user: UserID

    init(_ row: Row) throws {
        user = try row.parsed("user_id")
        let project = try row.optionalText("project_id").map(ProjectID.init(rawValue:))
        if let session = try row.optionalText("session_id"), let project {
            holder = .session(SessionReference(rawValue: session), agent: try row.text("name"), project: project)
        } else {
            holder = .key(
                try row.parsed("key_id"), project: project, provider: try row.optionalText("provider").flatMap(Provider.init(rawValue:)))
        }
    }
}
