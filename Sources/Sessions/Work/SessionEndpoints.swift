import Accounts
import AgentProtocol

/// The addresses that SAM serves to one session alone, which its sandbox reaches on loopback.
public protocol SessionEndpoints: Sendable {
    /// Starts serving a session. The agent may call once this returns. A session that is served already is left alone.
    ///
    /// - Parameter user: whose session it is: all sessions of a user share a limit.
    func open(_ session: SessionID, of user: UserID) async throws

    /// Stops serving a session.
    func close(_ session: SessionID) async
}
