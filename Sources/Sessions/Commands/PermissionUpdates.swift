import Accounts
import AgentProtocol
import Logging
import Settings
import Wording

/// Applies changed permission settings to the sessions that run. Stateless; safe to share between tasks.
public struct PermissionUpdates: Sendable {
    let changes: SessionChanges
    let settings: Settings
    let logger: Logger

    /// Applies the current permission settings to running agents, from their next question on. A session that became stricter stays
    /// stricter.
    ///
    /// - Throws: `StoreError`.
    public func apply() async throws {
        for session in try await changes.queries.unsettled().sessions where session.state.phase.hasRunner {
            do {
                try await changes.change(session.id) { [settings] transaction in
                    guard try SessionStore.state(session.id, transaction).phase.hasRunner else { return [] }
                    return try SessionBounds.tighten(session.id, settings, transaction)
                }
            } catch {
                // An error for one session must not keep the others unbounded.
                logger.error("\(session.id.rawValue): what its agent may do can't be looked up: \(logWords(of: error))")
            }
        }
    }
}
