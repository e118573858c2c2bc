import Testing

@testable import Limits

@Suite("Connections that SAM makes for others")
struct OutgoingLedgerTests {
    private let limits = ConnectionLimits(descriptors: 800)

    @Test("One holder has so many and no more, and what is given back can be taken again", arguments: [true, false])
    func holder(_ isSession: Bool) {
        var ledger = OutgoingLedger(limits)
        let cap = isSession ? limits.ofOneSession : limits.ofHolder
        for _ in 0..<cap { #expect(ledger.take(for: "a", isSession: isSession, person: nil) == nil) }
        #expect(ledger.take(for: "a", isSession: isSession, person: nil) == .holder)
        #expect(ledger.take(for: "b", isSession: isSession, person: nil) == nil)
        ledger.give(for: "a")
        #expect(ledger.take(for: "a", isSession: isSession, person: nil) == nil && ledger.count(for: "a") == cap)
    }

    @Test("All sessions of one person have so many together, and another person's have theirs")
    func person() {
        var ledger = OutgoingLedger(limits)
        var taken = 0
        for number in 0..<limits.outgoing where ledger.take(for: "session \(number % 12)", isSession: true, person: "user a") == nil {
            taken += 1
        }
        #expect(taken == limits.ofSessionsOfPerson)
        #expect(ledger.take(for: "session b", isSession: true, person: "user b") == nil)
        // A session may be over when its last connection ends.
        for number in 0..<12 { ledger.give(for: "session \(number)") }
        #expect(ledger.take(for: "session 0", isSession: true, person: "user a") == nil)
    }

    @Test("People's own tools leave places for sessions, and sessions for them", arguments: [true, false])
    func kinds(_ areSessions: Bool) {
        var ledger = OutgoingLedger(limits)
        var taken = 0
        for number in 0..<limits.outgoing where ledger.take(for: "h \(number % 60)", isSession: areSessions, person: nil) == nil {
            taken += 1
        }
        #expect(taken == limits.outgoing - limits.forEachKind)
        #expect(ledger.take(for: "new", isSession: areSessions, person: nil) == .all)
        for number in 0..<limits.forEachKind {
            #expect(ledger.take(for: "other \(number % 30)", isSession: !areSessions, person: nil) == nil)
        }
        #expect(ledger.take(for: "one more", isSession: !areSessions, person: nil) == .all)
    }

    @Test("One person's keys and sessions do not take all places at the rehearsal", arguments: [256, 800, 4_096, 65_536])
    func rehearsal(_ descriptors: Int) {
        let limits = ConnectionLimits(descriptors: descriptors)
        let admission = Admission(limits: limits)
        for number in 0..<100 { admission.open("s\(number)", of: Admission.holder(user: "kim")) }
        admission.open("other", of: Admission.holder(user: "lee"))
        let kim = Admission.holder(user: "kim")
        let (network, other) = (Listener.network, Listener.session("other"))
        var taken = (keys: 0, sessions: 0)
        while admission.takeOutgoing(for: kim, at: network, toRehearsal: true) == nil { taken.keys += 1 }
        for number in 0..<limits.outgoing {
            let session = "s\(number % 100)"
            let holder = Admission.holder(session: session)
            if admission.takeOutgoing(for: holder, at: .session(session), toRehearsal: true) == nil { taken.sessions += 1 }
        }
        #expect(taken.keys > 0 && taken.sessions > 0 && taken.keys + taken.sessions < limits.toRehearsal, "\(taken)")
        #expect(admission.outgoing(for: kim) == taken.keys, "A refusal takes no place")
        #expect(admission.takeOutgoing(for: Admission.holder(user: "lee"), at: network, toRehearsal: true) == nil)
        #expect(admission.takeOutgoing(for: Admission.holder(session: "other"), at: other, toRehearsal: true) == nil)
        // Other providers have the usual places.
        #expect(admission.takeOutgoing(for: kim, at: network) == nil)
        admission.giveOutgoing(for: kim)
        for _ in 0..<taken.keys { admission.giveOutgoing(for: kim, toRehearsal: true) }
        #expect(admission.outgoing(for: kim) == 0)
        #expect(admission.takeOutgoing(for: kim, at: network, toRehearsal: true) == nil)
    }
}
