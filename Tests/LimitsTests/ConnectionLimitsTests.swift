import Testing

@testable import Limits

@Suite("The division of descriptors")
struct ConnectionLimitsTests {
    static let table = [256, 512, 800, 1_024, 4_096, 20_000, 65_536, 1_048_576]

    @Test("Whatever a process may have, all places together take less, and the server keeps its reserve", arguments: table)
    func fits(_ descriptors: Int) {
        let limits = ConnectionLimits(descriptors: descriptors)
        #expect(limits.descriptors + limits.reserve <= descriptors, "\(limits)")
        #expect(2 * limits.lookups <= limits.reserve / 2, "A look-up takes a descriptor or two of the reserve")
        #expect(limits.reserve >= 128)
    }

    @Test("Each kind has some, no unproved ones fill everything, and runners keep theirs", arguments: table)
    func shares(_ descriptors: Int) {
        let limits = ConnectionLimits(descriptors: descriptors)
        for share in [
            limits.control, limits.unproved, limits.unprovedOfSession, limits.unprovedOfPeer, limits.ofOneSession, limits.ofHolder,
            limits.lookups, limits.ofSessionsOfPerson, limits.forEachKind, limits.toRehearsal,
        ] {
            #expect(share >= 2, "\(limits)")
        }
        // Network, remote and control; sessions are held by their own total.
        #expect(3 * limits.unproved <= limits.all || descriptors < 512, "\(limits)")
        #expect(limits.unprovedOfPeer < limits.unproved && limits.unprovedOfSession < limits.ofOneSession)
        #expect(limits.control >= limits.all / 8)
    }

    @Test("Sessions share what is theirs, and each can work")
    func sessions() {
        let limits = ConnectionLimits(descriptors: 800)
        #expect(limits.ofSession(open: 0) == limits.ofOneSession)
        #expect(limits.ofSession(open: 1) == limits.ofOneSession)
        #expect(limits.ofSession(open: 10) == limits.ofSessions / 10)
        #expect(limits.ofSession(open: 1_000) == 8)
        for open in 1...16 { #expect(limits.ofSession(open: open) * open <= limits.ofSessions || open > limits.ofSessions / 8) }
    }
}
