import AgentProtocol

/// One piece of background work for a session.
struct WorkItem: Sendable {
    enum Piece: Sendable {
        case prepare
        case abandonPreparation
        case launch(attempt: Int)
        /// Store what a dead runner left and record its death, as of this record of the session.
        case recordDeath(Session)
        case salvage
        case cleanUp(keepingWorkspace: Bool)
    }

    var session: SessionID
    var piece: Piece
}
