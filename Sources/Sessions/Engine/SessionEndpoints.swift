import AgentProtocol

/// The addresses that SAM serves to one session alone: what its sandbox reaches on loopback.
public protocol SessionEndpoints: Sendable {
    /// Begins to serve a session. When it returns, the agent may call. A session that is served already is left alone.
    func open(_ session: SessionID) async throws

    /// Ends serving a session.
    func close(_ session: SessionID) async
}
