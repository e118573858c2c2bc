import Credentials
import NIOCore

/// Decides which remote connections become a session's.
public struct RemoteGate: Sendable {
    /// Returns the session of a runner's token and attaches the connection to it; `nil` for an invalid token.
    public var admit: @Sendable (_ token: String, _ channel: any Channel) async -> SessionReference?

    /// Adds handlers to the end of the pipeline for requests that are neither upgrades nor the gateway's, on the channel's event loop. `nil`:
    /// they are answered with 404.
    public var serve: (@Sendable (_ channel: any Channel) throws -> Void)?

    /// Creates a gate.
    public init(
        admit: @escaping @Sendable (_ token: String, _ channel: any Channel) async -> SessionReference?,
        serve: (@Sendable (_ channel: any Channel) throws -> Void)? = nil
    ) {
        self.admit = admit
        self.serve = serve
    }
}
