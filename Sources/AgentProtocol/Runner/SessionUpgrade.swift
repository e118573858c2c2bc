/// How a runner elsewhere has a connection to the server become its session's: an HTTP upgrade with the runner's token.
///
/// What follows the answer 101 is what would go over the session's Unix socket.
public enum SessionUpgrade {
    /// The protocol's name in the `Upgrade` header.
    public static let name = "sam-session"
    /// Where to ask.
    public static let path = "/runner/v1/gateway"
}
