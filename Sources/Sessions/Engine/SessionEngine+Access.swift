import Accounts
import AgentProtocol
import Logging

extension SessionEngine {
    /// How often it is asked whether somebody may do less than before. What follows from it has a second.
    private static let watchInterval = Duration.milliseconds(250)

    /// Ends at once what people follow and run that may not any more. Until the task is cancelled.
    func watchAccess() async {
        var known: Int?
        while !Task.isCancelled {
            do {
                let changes = try await accounts.accessChanges()
                if let known, known != changes { try await accessChanged() }
                known = changes
            } catch {
                // Asked again in a moment; what changed is seen then.
                logger.error("Who may come in can't be looked up: \(error)")
            }
            try? await Task.sleep(for: Self.watchInterval)
        }
    }

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

    /// Ends the sessions of those who may not run them any more, and wakes everyone who follows one: each looks whether they still may.
    func accessChanged() async throws {
        ticker.tickAll()
        for session in try await queries.withoutStarter() { try await apply(.starterShutOut, to: session) }
    }
}
