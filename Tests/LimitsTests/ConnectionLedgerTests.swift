import Testing

@testable import Limits

@Suite("Who has a place")
struct ConnectionLedgerTests {
    /// Something to tell connections by.
    private final class Token: Sendable {}

    /// A ledger with connections that a test names.
    private final class Story {
        var ledger: ConnectionLedger
        var tokens: [Token] = []
        let limits: ConnectionLimits

        init(_ descriptors: Int = 800) {
            limits = ConnectionLimits(descriptors: descriptors)
            ledger = ConnectionLedger(limits)
        }

        func arrive(at listener: Listener, from peer: String? = nil) -> (id: ObjectIdentifier, verdict: ConnectionLedger.Verdict) {
            tokens.append(Token())
            let id = ObjectIdentifier(tokens[tokens.count - 1])
            return (id, ledger.arrive(id, at: listener, from: peer))
        }

        func begin(_ id: ObjectIdentifier) -> Bool { ledger.begin(id) }
        func prove(_ id: ObjectIdentifier, as holder: String) -> Bool { ledger.prove(id, as: holder) }

        /// A connection whose request was accepted and is being answered.
        func working(at listener: Listener, as holder: String) -> ObjectIdentifier {
            let (id, verdict) = arrive(at: listener)
            #expect(verdict.refused == nil)
            #expect(begin(id) && prove(id, as: holder))
            return id
        }
    }

    private static let listeners: [Listener] = [.network, .control, .remote, .session("s_1")]

    @Test("In a flood of connections that say nothing, each newcomer gets a place, and who has waited longest goes", arguments: listeners)
    func flood(_ listener: Listener) {
        let story = Story()
        let cap = listener == .session("s_1") ? story.limits.unprovedOfSession : story.limits.unproved
        var arrived: [ObjectIdentifier] = []
        for number in 0..<5_000 {
            let (id, verdict) = story.arrive(at: listener)
            arrived.append(id)
            #expect(verdict.refused == nil)
            let gone = verdict.going.map(\.id)
            #expect(gone == (number < cap ? [] : [arrived[number - cap]]))
            #expect(verdict.going.allSatisfy { $0.reason == .unproved && $0.listener == listener })
            if story.ledger.count > cap { Issue.record("\(story.ledger.count) have places") }
        }
        #expect(story.begin(arrived[4_999]), "The last one is served")
        #expect(!story.begin(arrived[0]), "The first one has lost its place")
    }

    @Test("Who has proved who they are keeps their place in a flood, at work or between requests", arguments: listeners)
    func proved(_ listener: Listener) {
        let story = Story()
        let working = story.working(at: listener, as: "session s_1")
        let resting = story.working(at: listener, as: "session s_1")
        story.ledger.rest(resting)
        for _ in 0..<5_000 { _ = story.arrive(at: listener) }
        #expect(story.begin(working) && story.begin(resting))
        #expect(story.ledger.isProved(working) && story.ledger.isProved(resting))
    }

    @Test("A request that is being judged is not made to go; where all are, a newcomer is refused")
    func judged() {
        let story = Story()
        var judged: [ObjectIdentifier] = []
        for _ in 0..<story.limits.unproved {
            let (id, _) = story.arrive(at: .network)
            #expect(story.begin(id))
            judged.append(id)
        }
        let (_, verdict) = story.arrive(at: .network)
        #expect(verdict.refused == .unproved && verdict.going.isEmpty)
        #expect(judged.allSatisfy { story.begin($0) })
        story.ledger.rest(judged[7])
        let (_, next) = story.arrive(at: .network)
        #expect(next.refused == nil && next.going.map(\.id) == [judged[7]])
    }

    @Test("A flood at one listener or session takes nothing from another", arguments: listeners)
    func apart(_ flooded: Listener) {
        let story = Story()
        let others: [Listener] = (Self.listeners + [.session("s_2")]).filter { $0 != flooded }
        let before = others.map { story.arrive(at: $0).id }
        for _ in 0..<2_000 { _ = story.arrive(at: flooded) }
        for (id, other) in zip(before, others) { #expect(story.begin(id), "\(other)") }
        for other in others { #expect(story.arrive(at: other).verdict.refused == nil, "\(other)") }
    }

    @Test("One address makes only its own connections go, and another's wait")
    func peers() {
        let story = Story(65_536)
        let other = story.arrive(at: .remote, from: "198.51.100.7").id
        for _ in 0..<2_000 {
            let (_, verdict) = story.arrive(at: .remote, from: "203.0.113.9")
            #expect(verdict.going.allSatisfy { $0.reason == .peer })
        }
        #expect(story.ledger.count == story.limits.unprovedOfPeer + 1)
        #expect(story.begin(other))
    }

    @Test("A session has so many connections and no more, and others' share is theirs")
    func session() {
        let story = Story()
        story.ledger.open("s_1")
        let cap = story.limits.ofSession(open: 1)
        for _ in 0..<cap { _ = story.working(at: .session("s_1"), as: "session s_1") }
        #expect(story.arrive(at: .session("s_1")).verdict.refused == .holder)
        #expect(story.arrive(at: .session("s_2")).verdict.refused == nil)
        for number in 2...12 { story.ledger.open("s_\(number)") }
        for _ in 0..<story.limits.ofSession(open: 12) { _ = story.working(at: .session("s_3"), as: "session s_3") }
        #expect(story.arrive(at: .session("s_3")).verdict.refused == .holder)
    }

    @Test("However many people and sessions work, the control socket has places left for runners")
    func runners() {
        let story = Story()
        var refused: LimitReason?
        for number in 0..<story.limits.all where refused == nil {
            let (id, verdict) = story.arrive(at: .network)
            refused = verdict.refused
            if refused == nil { #expect(story.begin(id) && story.prove(id, as: "user \(number)")) }
        }
        #expect(refused == .all)
        for number in 0..<story.limits.all {
            let (id, verdict) = story.arrive(at: .session("s_\(number % 40)"))
            if verdict.refused == nil { #expect(story.begin(id) && story.prove(id, as: "session s_\(number % 40)")) }
        }
        #expect(story.ledger.count == story.limits.all - story.limits.control)
        for _ in 0..<story.limits.control { _ = story.working(at: .control, as: "runner \(story.tokens.count)") }
        #expect(story.arrive(at: .control).verdict.refused == .all)
        #expect(story.ledger.count == story.limits.all)
    }

    @Test("When all places are taken, who waits between requests makes room")
    func idle() {
        let story = Story()
        var ids: [ObjectIdentifier] = []
        for number in 0..<(story.limits.all - story.limits.control - story.limits.forEachKind) {
            ids.append(story.working(at: .network, as: "user \(number)"))
            story.ledger.rest(ids[number])
        }
        #expect(story.begin(ids[0]))
        let (_, verdict) = story.arrive(at: .network)
        #expect(verdict.refused == nil && verdict.going.map(\.id) == [ids[1]], "The one that has waited longest, and not the one at work")
    }

    @Test("People at work on one kind of listener leave places for the other kind", arguments: [true, false])
    func kinds(_ areSessions: Bool) {
        let story = Story()
        var count = 0
        for number in 0..<story.limits.all {
            let listener: Listener = areSessions ? .session("s_\(number % 50)") : number % 2 == 0 ? .network : .remote
            let (id, verdict) = story.arrive(at: listener)
            if verdict.refused == nil, story.begin(id), story.prove(id, as: "holder \(number)") { count += 1 }
        }
        #expect(count == story.limits.all - story.limits.control - story.limits.forEachKind)
        let free: Listener = areSessions ? .network : .session("s_new")
        for number in 0..<story.limits.forEachKind {
            let (id, verdict) = story.arrive(at: free)
            #expect(verdict.refused == nil || free == .session("s_new") && number >= story.limits.unprovedOfSession, "\(number)")
            if verdict.refused == nil { #expect(story.begin(id) && story.prove(id, as: "other \(number)")) }
        }
    }

    @Test("All sessions of one person together have so many connections, and another person's session is served", arguments: [3, 8, 30])
    func person(_ count: Int) {
        let story = Story()
        for number in 0..<count { story.ledger.open("s_\(number)", of: "user a") }
        story.ledger.open("s_b", of: "user b")
        var held = 0
        for number in 0..<story.limits.all {
            let session = "s_\(number % count)"
            let (id, verdict) = story.arrive(at: .session(session))
            if verdict.refused == nil, story.begin(id), story.prove(id, as: "session \(session)") { held += 1 }
        }
        #expect(held <= story.limits.ofSessionsOfPerson && held >= 8)
        for _ in 0..<8 { _ = story.working(at: .session("s_b"), as: "session s_b") }
    }

    @Test("Who does not take an answer makes room after those that wait, and before those that proved who they are", arguments: listeners)
    func stalled(_ listener: Listener) {
        let story = Story()
        let cap = listener == .session("s_1") ? story.limits.unprovedOfSession : story.limits.unproved
        let proved = story.working(at: listener, as: "session s_1")
        story.ledger.rest(proved)
        var stalled: [ObjectIdentifier] = []
        for _ in 0..<(cap - 1) {
            let (id, _) = story.arrive(at: listener)
            #expect(story.begin(id))
            story.ledger.stall(id)
            stalled.append(id)
        }
        let (resting, _) = story.arrive(at: listener)
        #expect(story.arrive(at: listener).verdict.going.map(\.id) == [resting])
        let (newcomer, _) = (story.tokens.last.map { ObjectIdentifier($0) } ?? resting, ())
        #expect(story.begin(newcomer))
        #expect(story.arrive(at: listener).verdict.going.map(\.id) == [stalled[0]], "The one that has stalled longest")
        #expect(story.begin(ObjectIdentifier(story.tokens[story.tokens.count - 1])))
        story.ledger.resume(stalled[1])
        #expect(story.arrive(at: listener).verdict.going.map(\.id) == [stalled[2]], "Not the one that takes its answer again")
        #expect(story.begin(proved) && story.begin(stalled[1]) && !story.begin(stalled[0]))
    }

    @Test("One person has so many connections at most, and another is served")
    func holder() {
        let story = Story()
        for _ in 0..<story.limits.ofHolder { _ = story.working(at: .network, as: "user a") }
        let (id, _) = story.arrive(at: .network)
        #expect(story.begin(id))
        #expect(!story.prove(id, as: "user a"))
        #expect(story.prove(id, as: "user b"))
        #expect(story.ledger.count(of: "user a") == story.limits.ofHolder && story.ledger.count(of: "user b") == 1)
    }

    @Test("A connection from elsewhere becomes its session's")
    func moved() {
        let story = Story()
        let (id, _) = story.arrive(at: .remote, from: "203.0.113.9")
        #expect(story.begin(id))
        let verdict = story.ledger.move(id, to: .session("s_1"), as: "session s_1")
        #expect(verdict.refused == nil && story.ledger.count(of: .remote) == 0 && story.ledger.count(of: .session("s_1")) == 1)
        #expect(story.ledger.isProved(id) && story.begin(id))
    }

    @Test("What has left is counted nowhere, whatever it did before")
    func left() {
        let story = Story()
        for round in 0..<3_000 {
            let listener: Listener = round % 2 == 0 ? .network : .session("s_\(round % 5)")
            let (id, _) = story.arrive(at: listener, from: round % 3 == 0 ? "203.0.113.9" : nil)
            if round % 2 == 0 { _ = story.begin(id) }
            if round % 4 == 0 { _ = story.prove(id, as: "user \(round % 7)") }
            if round % 5 == 0 { story.ledger.rest(id) }
            story.ledger.leave(id)
            #expect(!story.begin(id))
        }
        #expect(story.ledger.count == 0 && story.ledger.count(of: .network) == 0 && story.ledger.count(of: "user 0") == 0)
    }
}
