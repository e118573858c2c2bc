import Accounts
import AgentProtocol
import Logging

extension SessionEngine {
    /// Bounds the agents that are at work by what their layers say now. What they ask next is judged by it; a session that became stricter
    /// stays so.
    ///
    /// - Throws: `StoreError`.
    public func permissionsChanged() async throws {
        for session in try await queries.unsettled().sessions where session.state.phase.hasRunner {
            do {
                try await change(session.id) { [settings] transaction in
                    guard try SessionStore.state(session.id, transaction).phase.hasRunner else { return [] }
                    return try SessionBounds.tighten(session.id, settings, transaction)
                }
            } catch {
                // One whose layers can't be read must not keep the others loose.
                logger.error("\(session.id.rawValue): what its agent may do can't be looked up: \(error)")
            }
        }
    }
}
