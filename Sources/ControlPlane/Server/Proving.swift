import Accounts
import AgentProtocol
import Hummingbird
import Limits
import Sessions

/// What a request that was accepted proves of its connection, and what is held of its body.
struct Proving: Sendable {
    let admission: Admission
    let held: HeldBytes

    init(_ modules: Modules) {
        admission = modules.admission
        held = modules.held
    }

    /// Notes whose connection it is.
    ///
    /// - Parameter limit: the most of bodies that this holder may have held, where it is not the usual.
    /// - Returns: what counts the bodies that are held for them.
    /// - Throws: ``Problem`` when they have too many connections.
    func note(_ holder: String, _ context: APIContext, limit: Int? = nil) throws -> Hold {
        let isControl = context.channel.localAddress?.port == nil
        guard admission.prove(context.channel, as: holder, at: isControl ? .control : .network) else {
            throw Problem(.tooManyRequests, LimitReason.holder.sentence)
        }
        return held.hold(for: holder, limit: limit)
    }

    /// Counts one whose body was too much.
    func refused(_ problem: any Error, _ context: APIContext) {
        guard (problem as? Problem)?.detail == LimitReason.memory.sentence else { return }
        admission.refusals.count(.memory, at: context.channel.localAddress?.port == nil ? .control : .network)
    }
}
