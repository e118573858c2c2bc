import Accounts

/// A request for a pin: the session, its user and project, and the provider it needs.
public struct PinRequest: Sendable {
    /// The session.
    public var session: SessionReference
    /// The provider.
    public var provider: Provider
    /// The session's project.
    public var project: ProjectID
    /// The user who starts the session.
    public var user: UserID
    /// How the session will use the credential.
    public var mode: InjectionMode

    /// Creates a request.
    public init(session: SessionReference, provider: Provider, project: ProjectID, user: UserID, mode: InjectionMode) {
        self.session = session
        self.provider = provider
        self.project = project
        self.user = user
        self.mode = mode
    }
}

/// The result of a request for a pin.
public enum PinOutcome: Sendable, Hashable {
    /// The session is pinned, now or by an earlier request.
    case pinned(Pin)
    /// The session cannot start. `code` is `blocked`, `failed`, `absent` or `notAllowed`; `sentence` is for the user.
    case refused(code: String, sentence: String)
    /// The credential is in use by another session or being refreshed. The session waits; the text says for what.
    case busy(String)
}
