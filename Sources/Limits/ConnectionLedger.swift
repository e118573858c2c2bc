/// The holders of slots: decides which connections are admitted and which are dismissed for them.
///
/// It has no side effects, so that tests can describe floods as tables. A connection *rests* while it waits for a request, and *stalls*
/// while its client does not take an answer. Dismissed are the unauthenticated connection that has rested longest, then the one that has
/// stalled longest, then the authenticated one that has rested longest: so a newcomer is admitted however many wait before it, and no
/// response is lost that is being read.
struct ConnectionLedger {
    /// The result of an arrival.
    struct Verdict: Sendable, Equatable {
        /// The reason for a refusal; `nil` if the connection is admitted.
        var refused: LimitReason?
        /// The connections that lost their slots.
        var going: [Departure] = []
    }

    /// A dismissed connection and the reason.
    struct Departure: Sendable, Equatable {
        var id: ObjectIdentifier
        var listener: Listener
        var reason: LimitReason
    }

    private struct Connection {
        var listener: Listener
        var peer: String?
        /// The holder, once the connection is authenticated.
        var holder: String?
        /// The person whose session it belongs to.
        var person: String?
        /// When it began to rest or to stall; `nil` during a request.
        var waiting: UInt64?
        var isStalled = false

        var bucket: Bucket { Bucket(listener: listener, peer: peer, isProved: holder != nil) }
    }

    /// The connections of one listener from one address.
    private struct Bucket: Hashable {
        var listener: Listener
        var peer: String?
        var isProved: Bool
    }

    /// The connections of a bucket that rest, or those that stall.
    private struct Line: Hashable {
        var bucket: Bucket
        var isStalled: Bool
    }

    let limits: ConnectionLimits
    private var connections: [ObjectIdentifier: Connection] = [:]
    private var queues: [Line: RestQueue] = [:]
    private var counts: [Bucket: Int] = [:]
    private var unproved: [Listener: Int] = [:]
    private var totals: [Listener: Int] = [:]
    private var held: [String: Int] = [:]
    private var inSessions = 0
    private var ofPeople: [String: Int] = [:]
    private var sessions: Set<String> = []
    /// The people of open sessions, by the sessions' names as holders.
    private var people: [String: String] = [:]
    private var clock: UInt64 = 0

    init(_ limits: ConnectionLimits) { self.limits = limits }

    var count: Int { connections.count }
    func count(of listener: Listener) -> Int { totals[listener] ?? 0 }
    func count(of holder: String) -> Int { held[holder] ?? 0 }

    // MARK: - Sessions

    mutating func open(_ session: String, of person: String? = nil) {
        sessions.insert(session)
        people[Admission.holder(session: session)] = person
    }

    mutating func close(_ session: String) {
        sessions.remove(session)
        people[Admission.holder(session: session)] = nil
    }

    /// The person of a holder: a session's, or the holder itself.
    func person(of holder: String) -> String? { people[holder] ?? (Admission.isPerson(holder) ? holder : nil) }

    private func person(at listener: Listener) -> String? {
        guard case .session(let session) = listener else { return nil }
        return people[Admission.holder(session: session)]
    }

    // MARK: - Connections

    /// Admits or refuses a new connection.
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
        if verdict.refused == nil { enter(id, Connection(listener: listener, peer: peer, person: person(at: listener))) }
        rest(id)
        return verdict
    }

    /// Turns a connection from another machine into a session's.
    mutating func move(_ id: ObjectIdentifier, to listener: Listener, as holder: String) -> Verdict {
        leave(id)
        var verdict = Verdict()
        makeRoom(at: listener, &verdict)
        if verdict.refused == nil { enter(id, Connection(listener: listener, holder: holder, person: person(at: listener))) }
        rest(id)
        return verdict
    }

    /// Makes room within the limits of the session, of its person and of its kind of listener, and within the total.
    private mutating func makeRoom(at listener: Listener, _ verdict: inout Verdict) {
        if listener.isSession, count(of: listener) >= limits.ofSession(open: sessions.count) {
            dismiss(.holder, &verdict) { $0.listener == listener }
        }
        if let person = person(at: listener), ofPeople[person] ?? 0 >= limits.ofSessionsOfPerson {
            let people = people
            dismiss(.holder, &verdict) { bucket in
                guard case .session(let session) = bucket.listener else { return false }
                return people[Admission.holder(session: session)] == person
            }
        }
        guard listener != .control else {
            if count >= limits.all { dismiss(.all, &verdict) { $0.listener == .control } }
            return
        }
        let others = count - count(of: .control)
        let own = listener.isSession ? inSessions : others - inSessions
        if own >= limits.all - limits.control - limits.forEachKind {
            dismiss(.all, &verdict) { $0.listener != .control && $0.listener.isSession == listener.isSession }
        } else if others >= limits.all - limits.control {
            dismiss(.all, &verdict) { $0.listener != .control }
        }
    }

    /// Dismisses a connection among the matching ones; see the type for the order. If there is none, the newcomer is refused.
    private mutating func dismiss(_ reason: LimitReason, _ verdict: inout Verdict, where matches: (Bucket) -> Bool) {
        guard verdict.refused == nil else { return }
        let found =
            oldest { matches($0.bucket) && !$0.bucket.isProved && !$0.isStalled }
            ?? oldest { matches($0.bucket) && !$0.bucket.isProved && $0.isStalled }
            ?? oldest { matches($0.bucket) && $0.bucket.isProved }
        guard let id = found, let connection = connections[id] else { return verdict.refused = reason }
        leave(id)
        verdict.going.append(Departure(id: id, listener: connection.listener, reason: reason))
    }

    private mutating func oldest(where matches: (Line) -> Bool) -> ObjectIdentifier? {
        let connections = connections
        var found: (id: ObjectIdentifier, stamp: UInt64)?
        for line in queues.keys where matches(line) {
            guard let next = queues[line]?.oldest({ connections[$0]?.waiting }), next.stamp < found?.stamp ?? .max else { continue }
            found = next
        }
        return found?.id
    }

    /// A request begins.
    ///
    /// - Returns: whether the connection still has its slot.
    mutating func begin(_ id: ObjectIdentifier) -> Bool {
        guard connections[id] != nil else { return false }
        connections[id]?.waiting = nil
        return true
    }

    /// A request has ended.
    mutating func rest(_ id: ObjectIdentifier) {
        guard let connection = connections[id], connection.waiting == nil || connection.isStalled else { return }
        wait(id, isStalled: false)
    }

    /// An answer is not taken.
    mutating func stall(_ id: ObjectIdentifier) {
        guard let connection = connections[id], connection.waiting == nil else { return }
        wait(id, isStalled: true)
    }

    /// An answer is taken again.
    mutating func resume(_ id: ObjectIdentifier) {
        guard let connection = connections[id], connection.isStalled else { return }
        connections[id]?.waiting = nil
        connections[id]?.isStalled = false
    }

    private mutating func wait(_ id: ObjectIdentifier, isStalled: Bool) {
        guard var connection = connections[id] else { return }
        clock += 1
        connection.waiting = clock
        connection.isStalled = isStalled
        connections[id] = connection
        let line = Line(bucket: connection.bucket, isStalled: isStalled)
        queues[line, default: RestQueue()].append(id, clock)
        let connections = connections
        queues[line]?.tidy(living: counts[line.bucket] ?? 0) { connections[$0]?.waiting }
    }

    /// A connection was authenticated.
    ///
    /// - Returns: whether the holder may have another connection.
    mutating func prove(_ id: ObjectIdentifier, as holder: String) -> Bool {
        guard var connection = connections[id] else { return false }
        guard connection.holder != holder else { return true }
        guard connection.listener.isSession || count(of: holder) < limits.ofHolder else { return false }
        leave(id)
        connection.holder = holder
        connection.waiting = nil
        connection.isStalled = false
        enter(id, connection)
        return true
    }

    func isProved(_ id: ObjectIdentifier) -> Bool { connections[id]?.holder != nil }

    mutating func leave(_ id: ObjectIdentifier) {
        guard let connection = connections.removeValue(forKey: id) else { return }
        totals.lower(connection.listener)
        counts.lower(connection.bucket)
        if counts[connection.bucket] == nil {
            queues[Line(bucket: connection.bucket, isStalled: false)] = nil
            queues[Line(bucket: connection.bucket, isStalled: true)] = nil
        }
        if connection.listener.isSession { inSessions -= 1 }
        if let person = connection.person { ofPeople.lower(person) }
        if let holder = connection.holder { held.lower(holder) } else { unproved.lower(connection.listener) }
    }

    private mutating func enter(_ id: ObjectIdentifier, _ connection: Connection) {
        connections[id] = connection
        totals[connection.listener, default: 0] += 1
        counts[connection.bucket, default: 0] += 1
        if connection.listener.isSession { inSessions += 1 }
        if let person = connection.person { ofPeople[person, default: 0] += 1 }
        if let holder = connection.holder { held[holder, default: 0] += 1 } else { unproved[connection.listener, default: 0] += 1 }
    }
}

extension Dictionary where Value == Int {
    /// Lowers a count and removes it at zero.
    mutating func lower(_ key: Key, by number: Int = 1) {
        let rest = (self[key] ?? 0) - number
        self[key] = rest > 0 ? rest : nil
    }
}
