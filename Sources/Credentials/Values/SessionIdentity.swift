import Accounts
import Store

/// The id of the session that a pin belongs to.
public struct SessionReference: RawRepresentable, Hashable, Sendable, SQLBindable {
    /// The id as text.
    public let rawValue: String

    /// Wraps an id.
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// A session as the control plane knows it: whom it belongs to and which agent it runs.
public struct SessionIdentity: Sendable {
    /// The session.
    public var session: SessionReference
    /// The session's agent type.
    public var agent: String
    /// The session's project.
    public var project: ProjectID
    /// The session's user.
    public var user: UserID

    /// Names a session.
    public init(session: SessionReference, agent: String, project: ProjectID, user: UserID) {
        self.session = session
        self.agent = agent
        self.project = project
        self.user = user
    }

    /// The session as the actor of an audit entry.
    var actor: Actor { .session(session.rawValue) }
}
