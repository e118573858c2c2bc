import Credentials
import NIOCore

/// Who may turn a connection from elsewhere into a session's.
public struct RemoteGate: Sendable {
    /// Tells whose runner's token this is, and takes the connection into the session's care; `nil` for nobody's.
    public var admit: @Sendable (_ token: String, _ channel: any Channel) async -> SessionReference?

    /// Makes a gate.
    public init(admit: @escaping @Sendable (_ token: String, _ channel: any Channel) async -> SessionReference?) {
        self.admit = admit
    }
}
