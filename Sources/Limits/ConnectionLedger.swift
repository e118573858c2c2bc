/// Who has which place: decides who comes in, and who has to go for it.
///
/// It takes what happens and tells what follows and touches nothing, so that floods are tables in a test. A connection *rests* while it
/// waits for a request. Only who rests can be made to go, who has not proved who they are first, and of these who has waited longest: so
/// a newcomer gets in however many wait before it, and no answer is lost.
struct ConnectionLedger {
    /// What comes of who arrives.
    struct Verdict: Sendable, Equatable {
        /// Why there is no place for it; `nil` when it has one.
        var refused: LimitReason?
        /// Who has lost theirs.
        var going: [Departure] = []
    }

    /// One that has to go, and why.
    struct Departure: Sendable, Equatable {
        var id: ObjectIdentifier
        var listener: Listener
        var reason: LimitReason
    }

    private struct Connection {
        var listener: Listener
        var peer: String?
        /// Who it has proved to be.
        var holder: String?
        /// When it began to wait for a request; `nil` while one is under way.
        var resting: UInt64?

        var bucket: Bucket { Bucket(listener: listener, peer: peer, isProved: holder != nil) }
    }

    /// Those of one listener from one address.
    private struct Bucket: Hashable {
        var listener: Listener
        var peer: String?
        var isProved: Bool
    }

    let limits: ConnectionLimits
    private var connections: [ObjectIdentifier: Connection] = [:]
    private var queues: [Bucket: RestQueue] = [:]
    private var counts: [Bucket: Int] = [:]
    private var unproved: [Listener: Int] = [:]
    private var totals: [Listener: Int] = [:]
    private var held: [String: Int] = [:]
    private var sessions: Set<String> = []
    private var clock: UInt64 = 0

    init(_ limits: ConnectionLimits) { self.limits = limits }

    var count: Int { connections.count }
    func count(of listener: Listener) -> Int { totals[listener] ?? 0 }
    func count(of holder: String) -> Int { held[holder] ?? 0 }

    // MARK: - Sessions

    mutating func open(_ session: String) { sessions.insert(session) }
    mutating func close(_ session: String) { sessions.remove(session) }

    // MARK: - Connections

    /// Somebody connects.
    mutating func arrive(_ id: ObjectIdentifier, at listener: Listener, from peer: String?) -> Verdict {
        var verdict = Verdict()
        if let peer, (counts[Bucket(listener: listener, peer: peer, isProved: false)] ?? 0) >= limits.unprovedOfPeer {
            dismiss(.peer, &verdict) { $0 == Bucket(listener: listener, peer: peer, isProved: false) }
        }
        let cap = listener.isSession ? limits.unprovedOfSession : limits.unproved
        if verdict.refused == nil, (unproved[listener] ?? 0) >= cap {
            dismiss(.unproved, &verdict) { $0.listener == listener && !$0.isProved }
        }
        makeRoom(at: listener, &verdict)
        if verdict.refused == nil { enter(id, Connection(listener: listener, peer: peer, holder: nil, resting: nil)) }
        rest(id)
        return verdict
    }

    /// A connection from elsewhere becomes a session's.
    mutating func move(_ id: ObjectIdentifier, to listener: Listener, as holder: String) -> Verdict {
        leave(id)
        var verdict = Verdict()
        makeRoom(at: listener, &verdict)
        if verdict.refused == nil { enter(id, Connection(listener: listener, peer: nil, holder: holder, resting: nil)) }
        rest(id)
        return verdict
    }

    /// Room among all of a session's, and among all.
    private mutating func makeRoom(at listener: Listener, _ verdict: inout Verdict) {
        guard verdict.refused == nil else { return }
        if listener.isSession, count(of: listener) >= limits.ofSession(open: sessions.count) {
            dismiss(.holder, &verdict) { $0.listener == listener }
        }
        let isControl = listener == .control
        let others = count - count(of: .control)
        guard verdict.refused == nil, isControl ? count >= limits.all : others >= limits.all - limits.control else { return }
        dismiss(.all, &verdict) { ($0.listener == .control) == isControl }
    }

    /// Lets go who has waited longest of some, those first who have not proved who they are. Where nobody waits, the newcomer is refused.
    private mutating func dismiss(_ reason: LimitReason, _ verdict: inout Verdict, where matches: (Bucket) -> Bool) {
        guard let id = oldest(where: { matches($0) && !$0.isProved }) ?? oldest(where: { matches($0) && $0.isProved }),
            let connection = connections[id]
        else { return verdict.refused = reason }
        leave(id)
        verdict.going.append(Departure(id: id, listener: connection.listener, reason: reason))
    }

    private mutating func oldest(where matches: (Bucket) -> Bool) -> ObjectIdentifier? {
        let connections = connections
        var found: (id: ObjectIdentifier, stamp: UInt64)?
        for bucket in queues.keys where matches(bucket) {
            guard let next = queues[bucket]?.oldest({ connections[$0]?.resting }), next.stamp < found?.stamp ?? .max else { continue }
            found = next
        }
        return found?.id
    }

    /// A request begins.
    ///
    /// - Returns: whether the connection still has its place.
    mutating func begin(_ id: ObjectIdentifier) -> Bool {
        guard connections[id] != nil else { return false }
        connections[id]?.resting = nil
        return true
    }

    /// Nothing is asked any more.
    mutating func rest(_ id: ObjectIdentifier) {
        guard var connection = connections[id], connection.resting == nil else { return }
        clock += 1
        connection.resting = clock
        connections[id] = connection
        let bucket = connection.bucket
        queues[bucket, default: RestQueue()].append(id, clock)
        let waiting = connections
        queues[bucket]?.tidy(living: counts[bucket] ?? 0) { waiting[$0]?.resting }
    }

    /// Somebody has proved who they are.
    ///
    /// - Returns: whether they may have another connection.
    mutating func prove(_ id: ObjectIdentifier, as holder: String) -> Bool {
        guard var connection = connections[id] else { return false }
        guard connection.holder != holder else { return true }
        guard connection.listener.isSession || count(of: holder) < limits.ofHolder else { return false }
        leave(id)
        connection.holder = holder
        enter(id, connection)
        return true
    }

    func isProved(_ id: ObjectIdentifier) -> Bool { connections[id]?.holder != nil }

    mutating func leave(_ id: ObjectIdentifier) {
        guard let connection = connections.removeValue(forKey: id) else { return }
        totals.lower(connection.listener)
        counts.lower(connection.bucket)
        if counts[connection.bucket] == nil { queues[connection.bucket] = nil }
        if let holder = connection.holder { held.lower(holder) } else { unproved.lower(connection.listener) }
    }

    private mutating func enter(_ id: ObjectIdentifier, _ connection: Connection) {
        connections[id] = connection
        totals[connection.listener, default: 0] += 1
        counts[connection.bucket, default: 0] += 1
        if let holder = connection.holder { held[holder, default: 0] += 1 } else { unproved[connection.listener, default: 0] += 1 }
    }
}

extension Dictionary where Value == Int {
    /// Counts one down, and forgets what has come to nothing.
    mutating func lower(_ key: Key) {
        let rest = (self[key] ?? 0) - 1
        self[key] = rest > 0 ? rest : nil
    }
}
