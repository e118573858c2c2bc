import API
import Accounts
import AgentProtocol
import Hummingbird
import Limits
import Sessions

/// Records the holder of an authenticated request's connection, and accounts for the request's body.
struct Proving: Sendable {
    let admission: Admission
    let held: HeldBytes
    /// The listener that the requests come in at.
    let listener: Listener

    init(_ dependencies: Dependencies, at listener: Listener) {
        admission = dependencies.admission
        held = dependencies.held
        self.listener = listener
    }

    /// Records the holder of a connection.
    ///
    /// - Parameter limit: this holder's limit on bodies in memory, if it is not the usual one.
    /// - Returns: the account for the request's body.
    /// - Throws: ``Problem`` if the holder has too many connections.
    func note(_ holder: String, _ context: APIContext, limit: Int? = nil) throws -> Hold {
        guard admission.prove(context.channel, as: holder, at: listener) else {
            throw Problem(.tooManyRequests, LimitReason.holder.sentence)
        }
        return held.hold(for: holder, limit: limit)
    }

    /// Counts a request that was refused for the size of bodies and answers in memory.
    func refused(_ problem: any Error) {
        guard (problem as? Problem)?.detail == LimitReason.memory.sentence else { return }
        admission.refusals.count(.memory, at: listener)
    }
}
