import AgentProtocol
import Foundation
import Testing

@testable import RunnerKit

@Suite("The spool")
struct SpoolTests {
    private func withPath(_ body: (String) throws -> Void) throws {
        let path = NSTemporaryDirectory() + "spool-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    private func numbers(_ batch: Spool.Batch?) throws -> [Int] {
        guard let batch else { return [] }
        let json = Data("[".utf8) + batch.events + Data("]".utf8)
        return try JSONLine.decode([NumberedEvent].self, from: json).map(\.n)
    }

    @Test("Events come out in order, and again until they are acknowledged", arguments: [10, 1_000, 600_000, 3_000_000])
    func order(_ size: Int) throws {
        try withPath { path in
            var spool = try Spool(path: path)
            let text = String(repeating: "x", count: size)
            for _ in 1...3 { try spool.append(.note(Note(text)), at: 1) }
            var seen: [Int] = []
            while let batch = spool.batch() {
                let found = try numbers(batch)
                #expect(try numbers(spool.batch()) == found, "Nothing was acknowledged, so the same comes again")
                #expect(found.last == batch.last)
                seen += found
                spool.acknowledge(batch.last)
            }
            #expect(seen == [1, 2, 3])
            #expect(spool.batch() == nil)
        }
    }

    @Test("Acknowledging a part leaves the rest, however events and acknowledgements alternate")
    func parts() throws {
        try withPath { path in
            var spool = try Spool(path: path)
            var generator = SystemRandomNumberGenerator()
            var appended = 0
            var acknowledged = 0
            for _ in 0..<300 {
                if Bool.random(using: &generator) {
                    appended += 1
                    try spool.append(.note(Note(String(repeating: "y", count: Int.random(in: 0...2_000)))), at: 1)
                } else if acknowledged < appended {
                    acknowledged = Int.random(in: (acknowledged + 1)...appended)
                    spool.acknowledge(acknowledged)
                }
                let found = try numbers(spool.batch())
                #expect(found == (acknowledged < appended ? Array((acknowledged + 1)...appended) : []))
            }
        }
    }

    @Test("An acknowledgement of the past or the future changes nothing")
    func strangeAcknowledgements() throws {
        try withPath { path in
            var spool = try Spool(path: path)
            for _ in 1...3 { try spool.append(.note(Note("z")), at: 1) }
            spool.acknowledge(2)
            spool.acknowledge(1)
            spool.acknowledge(9)
            #expect(try numbers(spool.batch()) == [3])
        }
    }

    @Test("When the disk is full this is logged and the event is kept in memory, and those before it are untouched")
    func diskFull() throws {
        var spool = try Spool(path: "/dev/full")
        #expect(throws: Spool.Refused.self) { try spool.append(.note(Note("first")), at: 1) }
        try spool.append(.note(Note("second")), at: 1)
        #expect(try numbers(spool.batch()) == [1, 2])
        spool.acknowledge(2)
        #expect(spool.batch() == nil)
    }
}
