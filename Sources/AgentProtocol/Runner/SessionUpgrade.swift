/// The HTTP upgrade with which a runner on another machine turns a connection to the server into one to its session.
///
/// After the answer 101, the connection carries what the session's Unix socket would.
public enum SessionUpgrade {
    /// The protocol's name in the `Upgrade` header.
    public static let name = "sam-session"
    /// The path of the upgrade request.
    public static let path = "/runner/v1/gateway"
}
