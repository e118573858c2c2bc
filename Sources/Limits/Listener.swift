/// Where a connection comes in.
public enum Listener: Sendable, Hashable {
    /// The server's own address.
    case network
    /// The socket in SAM's home: the command line and runners.
    case control
    /// The address for workspaces elsewhere.
    case remote
    /// The socket of one session's workspace.
    case session(String)
    /// The socket of the scripted provider.
    case rehearsal

    /// What kind it is, in a word for logs and metrics.
    public var kind: String {
        switch self {
        case .network: "network"
        case .control: "control"
        case .remote: "remote"
        case .session: "session"
        case .rehearsal: "rehearsal"
        }
    }

    var isSession: Bool {
        if case .session = self { true } else { false }
    }
}
