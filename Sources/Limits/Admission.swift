import NIOCore
import Synchronization

/// The places for connections, and who has them. Safe to share: connections of all event loops ask here.
public final class Admission: Sendable {
    /// A connection has lost its place: it is told so, and closed.
    struct Dismissal: Sendable {
        var reason: LimitReason
    }

    private struct State {
        var ledger: ConnectionLedger
        var channels: [ObjectIdentifier: any Channel] = [:]
        /// Accepted and not closed yet, with or without a place.
        var open = 0
        /// Connections that SAM makes for others.
        var outgoing = 0
        var outgoingOf: [String: Int] = [:]
        /// Who goes on accepting when there is room again.
        var waiting: [@Sendable () -> Void] = []
    }

    public let limits: ConnectionLimits
    public let patience: Patience
    /// What was refused.
    public let refusals: Refusals
    private let state: Mutex<State>

    /// Opens the places.
    public init(limits: ConnectionLimits, patience: Patience = Patience(), refusals: Refusals = Refusals()) {
        self.limits = limits
        self.patience = patience
        self.refusals = refusals
        state = Mutex(State(ledger: ConnectionLedger(limits)))
    }

    // MARK: - Sessions

    /// A session's socket is open: sessions share their places.
    public func open(_ session: String) { state.withLock { $0.ledger.open(session) } }

    /// It is closed.
    public func close(_ session: String) { state.withLock { $0.ledger.close(session) } }

    // MARK: - Connections that come in

    /// Takes a place.
    ///
    /// - Returns: the reason for a refusal; `nil` when there is a place.
    func arrive(_ channel: any Channel, at listener: Listener, from peer: String?) -> LimitReason? {
        enter(channel, at: listener) { $0.arrive(ObjectIdentifier(channel), at: listener, from: peer) }
    }

    /// A connection from elsewhere becomes a session's.
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
    /// - Returns: whether the connection has its place still.
    func begin(_ channel: any Channel) -> Bool { state.withLock { $0.ledger.begin(ObjectIdentifier(channel)) } }

    /// A request is over, and the next one is waited for.
    ///
    /// - Returns: whether it is known whose connection it is.
    func rest(_ channel: any Channel) -> Bool {
        let id = ObjectIdentifier(channel)
        return state.withLock { state in
            state.ledger.rest(id)
            return state.ledger.isProved(id)
        }
    }

    /// Whose connection it is was proved, by a request that was accepted.
    ///
    /// - Parameter holder: a session, a person or a key, as text.
    /// - Returns: whether they may have another; a request of one too many is not served. A connection without a place, as in tests, may.
    public func prove(_ channel: any Channel, as holder: String, at listener: Listener) -> Bool {
        let isProved = state.withLock { state in
            state.channels[ObjectIdentifier(channel)] == nil || state.ledger.prove(ObjectIdentifier(channel), as: holder)
        }
        if !isProved { refusals.count(.holder, at: listener) }
        return isProved
    }

    /// How many connections have a place, at one listener and in all.
    public func count(at listener: Listener) -> (own: Int, all: Int) { state.withLock { ($0.ledger.count(of: listener), $0.ledger.count) } }

    /// How a session is named among those who hold places.
    public static func holder(session: String) -> String { "session \(session)" }

    /// How a person is named among them.
    public static func holder(user: String) -> String { "user \(user)" }

    // MARK: - Accepting

    /// A connection was accepted.
    func accepted() { state.withLock { $0.open += 1 } }

    /// It is closed, and its descriptor free.
    func closed() {
        let waiting = state.withLock { state -> [@Sendable () -> Void] in
            state.open -= 1
            guard state.open < limits.all + limits.leaving else { return [] }
            defer { state.waiting = [] }
            return state.waiting
        }
        for go in waiting { go() }
    }

    /// Whether one more may be accepted. Where not, `later` is called when there is room.
    func mayAccept(later: @escaping @Sendable () -> Void) -> Bool {
        state.withLock { state in
            guard state.open >= limits.all + limits.leaving else { return true }
            state.waiting.append(later)
            return false
        }
    }

    // MARK: - Connections that go out

    /// Takes a place for a connection that SAM makes for somebody.
    ///
    /// - Returns: the reason for a refusal. Otherwise ``giveOutgoing(for:)`` has to follow.
    public func takeOutgoing(for holder: String, at listener: Listener) -> LimitReason? {
        let reason = state.withLock { state -> LimitReason? in
            guard state.outgoingOf[holder] ?? 0 < (listener.isSession ? limits.ofOneSession : limits.ofHolder) else { return .holder }
            guard state.outgoing < limits.outgoing else { return .all }
            state.outgoing += 1
            state.outgoingOf[holder, default: 0] += 1
            return nil
        }
        if let reason { refusals.count(reason, at: listener) }
        return reason
    }

    /// The connection is closed or no longer served.
    public func giveOutgoing(for holder: String) {
        state.withLock { state in
            state.outgoing -= 1
            state.outgoingOf.lower(holder)
        }
    }
}
