import Accounts
import Store

/// The way a session uses a credential.
public enum InjectionMode: String, Sendable, Hashable, Codable, SQLBindable {
    /// Through the gateway: the secret stays outside the workspace.
    case brokered
    /// As a file in the workspace, for agents that require one.
    case materialised
}

/// The resolution that a session was started with, for one provider.
public struct Pin: Sendable, Hashable, Codable {
    /// The provider.
    public var provider: Provider
    /// The scope that the credential comes from.
    public var scope: Scope
    /// The credential.
    public var credential: CredentialID
    /// Updated by each rotation that this session syncs back.
    public var version: Int
    /// The kind of credential.
    public var kind: CredentialKind
    /// How the session uses it.
    public var mode: InjectionMode
    /// The steps of the resolution.
    public var trace: [TraceStep]

    init(_ provider: Provider, _ selection: CredentialSelection, at scope: Scope, _ mode: InjectionMode, trace: [TraceStep]) {
        self.provider = provider
        self.scope = scope
        credential = selection.credential
        version = selection.version
        kind = selection.kind
        self.mode = mode
        self.trace = trace
    }

    /// The layer that the credential comes from, for a session with this pin.
    func layer(of session: SessionIdentity) -> ScopeOwner {
        switch scope {
        case .project: .project(session.project)
        case .user: .user(session.user)
        case .platform: .platform
        }
    }
}
