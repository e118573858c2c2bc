import NIOCore
import Synchronization

/// The slots for connections and their holders. Thread-safe: connections of all event loops use it.
public final class Admission: Sendable {
    /// Sent to a connection that has lost its slot: it reports the reason and closes.
    struct Dismissal: Sendable {
        var reason: LimitReason
    }

    private struct State {
        var ledger: ConnectionLedger
        var channels: [ObjectIdentifier: any Channel] = [:]
        /// Connections that SAM makes on behalf of holders.
        var outgoing: OutgoingLedger
        /// Those of them to the rehearsal.
        var toRehearsal: OutgoingLedger
    }

    /// The limits.
    public let limits: ConnectionLimits
    /// The time limits.
    public let timeouts: ClientTimeouts
    /// The counts of refusals.
    public let refusals: Refusals
    /// Accepted connections, with or without a slot.
    public let open: OpenCount
    /// Accepted connections to the rehearsal provider. Only SAM's own gateway makes them, so they have no slot here.
    public let toRehearsal: OpenCount
    private let state: Mutex<State>

    /// Creates the slots.
    public init(limits: ConnectionLimits, timeouts: ClientTimeouts = ClientTimeouts(), refusals: Refusals = Refusals()) {
        self.limits = limits
        self.timeouts = timeouts
        self.refusals = refusals
        open = OpenCount(limit: limits.all + limits.leaving)
        toRehearsal = OpenCount(limit: limits.toRehearsal)
        state = Mutex(
            State(
                ledger: ConnectionLedger(limits), outgoing: OutgoingLedger(limits),
                toRehearsal: OutgoingLedger(limits.ofRehearsal)))
    }

    // MARK: - Sessions

    /// Records that a session's socket is open: open sessions share their slots.
    ///
    /// - Parameter person: the holder whose session it is; see ``holder(user:)``. `nil` for a session without a known person, as in tests.
    public func open(_ session: String, of person: String? = nil) { state.withLock { $0.ledger.open(session, of: person) } }

    /// Records that a session's socket is closed.
    public func close(_ session: String) { state.withLock { $0.ledger.close(session) } }

    /// The person of a session that is open.
    ///
    /// - Parameter holder: the session as a holder; see ``holder(session:)``.
    public func person(of holder: String) -> String? { state.withLock { $0.ledger.person(of: holder) } }

    // MARK: - Incoming connections

    /// Takes a slot.
    ///
    /// - Returns: the reason for a refusal; `nil` if the connection has a slot.
    func arrive(_ channel: any Channel, at listener: Listener, from peer: String?) -> LimitReason? {
        enter(channel, at: listener) { $0.arrive(ObjectIdentifier(channel), at: listener, from: peer) }
    }

    /// Turns a connection from another machine into a session's.
    func move(_ channel: any Channel, to listener: Listener, as holder: String) -> LimitReason? {
        enter(channel, at: listener) { $0.move(ObjectIdentifier(channel), to: listener, as: holder) }
    }

    private func enter(
        _ channel: any Channel, at listener: Listener, _ enter: (inout ConnectionLedger) -> ConnectionLedger.Verdict
    ) -> LimitReason? {
        let id = ObjectIdentifier(channel)
        let (verdict, going) = state.withLock { state in
            let verdict = enter(&state.ledger)
            if verdict.refused == nil { state.channels[id] = channel } else { state.channels[id] = nil }
            return (verdict, verdict.going.map { ($0, state.channels.removeValue(forKey: $0.id)) })
        }
        for (departure, channel) in going {
            refusals.count(departure.reason, at: departure.listener)
            channel?.triggerUserOutboundEvent(Dismissal(reason: departure.reason), promise: nil)
        }
        if let reason = verdict.refused { refusals.count(reason, at: listener) }
        return verdict.refused
    }

    func leave(_ channel: any Channel) {
        let id = ObjectIdentifier(channel)
        state.withLock { state in
            state.ledger.leave(id)
            state.channels[id] = nil
        }
    }

    /// A request begins.
    ///
    /// - Returns: whether the connection still has its slot.
    func begin(_ channel: any Channel) -> Bool { state.withLock { $0.ledger.begin(ObjectIdentifier(channel)) } }

    /// A request has ended, and the connection waits for the next one.
    ///
    /// - Returns: whether the connection is authenticated.
    func rest(_ channel: any Channel) -> Bool {
        let id = ObjectIdentifier(channel)
        return state.withLock { state in
            state.ledger.rest(id)
            return state.ledger.isProved(id)
        }
    }

    /// A client does not take its answer.
    func stall(_ channel: any Channel) { state.withLock { $0.ledger.stall(ObjectIdentifier(channel)) } }

    /// A client takes its answer again.
    func resume(_ channel: any Channel) { state.withLock { $0.ledger.resume(ObjectIdentifier(channel)) } }

    /// Whether a connection is authenticated.
    func isProved(_ channel: any Channel) -> Bool { state.withLock { $0.ledger.isProved(ObjectIdentifier(channel)) } }

    /// Marks a connection as authenticated, by a request that was accepted.
    ///
    /// - Parameter holder: a session or a person, as text.
    /// - Returns: whether the holder may have another connection; if not, the request must not be served. `true` for connections without a
    ///   slot, as in tests.
    public func prove(_ channel: any Channel, as holder: String, at listener: Listener) -> Bool {
        let isProved = state.withLock { state in
            state.channels[ObjectIdentifier(channel)] == nil || state.ledger.prove(ObjectIdentifier(channel), as: holder)
        }
        if !isProved { refusals.count(.holder, at: listener) }
        return isProved
    }

    /// The number of connections with a slot, at one listener and in total.
    public func count(at listener: Listener) -> (own: Int, all: Int) { state.withLock { ($0.ledger.count(of: listener), $0.ledger.count) } }

    /// The holder's name of a session.
    public static func holder(session: String) -> String { "session \(session)" }

    /// The holder's name of a person.
    public static func holder(user: String) -> String { "user \(user)" }

    /// Whether a holder is a person.
    static func isPerson(_ holder: String) -> Bool { holder.hasPrefix(Self.holder(user: "")) }

    // MARK: - Outgoing connections

    /// Takes a slot for a connection that SAM makes on behalf of a holder.
    ///
    /// - Parameter toRehearsal: whether it leads to the rehearsal, which has fewer.
    /// - Returns: the reason for a refusal. If it is `nil`, ``giveOutgoing(for:toRehearsal:)`` has to follow.
    public func takeOutgoing(for holder: String, at listener: Listener, toRehearsal: Bool = false) -> LimitReason? {
        let reason = state.withLock { state -> LimitReason? in
            let person = state.ledger.person(of: holder)
            if let reason = state.outgoing.take(for: holder, isSession: listener.isSession, person: person) { return reason }
            guard toRehearsal else { return nil }
            let reason = state.toRehearsal.take(for: holder, isSession: listener.isSession, person: person)
            if reason != nil { state.outgoing.give(for: holder) }
            return reason
        }
        if let reason { refusals.count(reason, at: listener) }
        return reason
    }

    /// The number of connections that SAM has on behalf of a holder.
    public func outgoing(for holder: String) -> Int { state.withLock { $0.outgoing.count(for: holder) } }

    /// Releases the slot of an outgoing connection.
    public func giveOutgoing(for holder: String, toRehearsal: Bool = false) {
        state.withLock { state in
            state.outgoing.give(for: holder)
            if toRehearsal { state.toRehearsal.give(for: holder) }
        }
    }
}
