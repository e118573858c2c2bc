import Testing

@testable import Limits

@Suite("Memory for requests")
struct HeldBytesTests {
    @Test("Somebody holds so much and no more, and another has room")
    func holder() {
        let held = HeldBytes(limit: 1_000, limitOfHolder: 100)
        let (one, two, other) = (held.hold(for: "a"), held.hold(for: "a"), held.hold(for: "b"))
        #expect(one.add(60) && two.add(40))
        #expect(!two.add(1) && !one.add(1))
        #expect(other.add(100))
        #expect(held.total == 200)
        one.end()
        #expect(two.add(60) && held.total == 200)
    }

    @Test("All together hold so much and no more")
    func all() {
        let held = HeldBytes(limit: 250, limitOfHolder: 100)
        let holds = (0..<3).map { held.hold(for: "holder \($0)") }
        #expect(holds[0].add(100) && holds[1].add(100))
        #expect(!holds[2].add(51) && holds[2].add(50))
        holds[0].end()
        #expect(holds[2].add(50) && held.total == 200)
    }

    @Test("All sessions of one person hold so much together, and another person's have room", arguments: [2, 5, 40])
    func person(_ sessions: Int) {
        let held = HeldBytes(limit: 4_000, limitOfHolder: 1_600) { $0.hasPrefix("session a") ? "user a" : nil }
        let holds = (0..<sessions).map { held.hold(for: "session a\($0)") }
        var count = 0
        for round in 0..<200 where holds[round % sessions].add(100) { count += 100 }
        #expect(count == 3_000 && held.limitOfPerson == 3_000)
        let other = held.hold(for: "session b")
        #expect(other.add(1_000) && held.total == 4_000)
        for hold in holds { hold.end() }
        #expect(holds[0].add(1_600) && holds[1].add(1_400) && !holds[1].add(1))
    }

    @Test("What is forgotten is given back, and nothing twice")
    func forgotten() {
        let held = HeldBytes(limit: 100, limitOfHolder: 100)
        do {
            let hold = held.hold(for: "a")
            #expect(hold.add(100) && held.total == 100)
        }
        #expect(held.total == 0)
        let hold = held.hold(for: "a")
        #expect(hold.add(30))
        hold.end()
        hold.end()
        #expect(held.total == 0 && hold.add(100))
    }

    @Test("A number that overflows is no way around it", arguments: [Int.max, Int.max - 1])
    func huge(_ count: Int) {
        let hold = HeldBytes(limit: 1_000, limitOfHolder: 100).hold(for: "a")
        #expect(hold.add(10) && !hold.add(count))
    }

    private static let shares: [(memory: UInt64, share: Int)] = [
        (268_435_456, 201_326_592), (4_294_967_296, 536_870_912), (68_719_476_736, 1_073_741_824), (.max, 1_073_741_824),
    ]

    @Test("The share of a machine's memory has a floor and a ceiling", arguments: shares)
    func share(_ memory: UInt64, _ share: Int) {
        #expect(HeldBytes.share(of: memory) == share)
    }

    @Test("What is held is brought to another length, and what does not fit changes nothing")
    func set() {
        let held = HeldBytes(limit: 1_000, limitOfHolder: 100)
        let (hold, other) = (held.hold(for: "a"), held.hold(for: "a"))
        #expect(hold.add(80) && hold.set(30) && held.total == 30)
        #expect(other.add(60) && !hold.set(50) && hold.bytes == 30 && hold.set(40) && held.total == 100)
        #expect(hold.set(0) && other.set(0) && held.total == 0)
    }

    @Test("Who waits for memory gets it when it is released, and is refused when it is not")
    func waits() async throws {
        let held = HeldBytes(limit: 1_000, limitOfHolder: 100)
        let (hold, other) = (held.hold(for: "a"), held.hold(for: "a"))
        #expect(hold.add(100))
        #expect(try await !other.add(1, within: .milliseconds(30)))
        async let waiting = other.add(60, within: .seconds(60))
        hold.end()
        let hasIt = try await waiting
        #expect(hasIt && held.total == 60)
    }
}
