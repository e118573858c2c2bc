/// The listener that accepted a connection.
public enum Listener: Sendable, Hashable {
    /// The server's own address.
    case network
    /// The socket in SAM's home, for the command line and runners.
    case control
    /// The address for workspaces on other machines.
    case remote
    /// The socket of one session's workspace.
    case session(String)

    /// The kind in one word, for logs and metrics.
    public var kind: String {
        switch self {
        case .network: "network"
        case .control: "control"
        case .remote: "remote"
        case .session: "session"
        }
    }

    var isSession: Bool {
        if case .session = self { true } else { false }
    }
}
