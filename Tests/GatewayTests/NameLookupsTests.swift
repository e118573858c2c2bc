import Foundation
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import Gateway

@Suite("Looking names up")
struct NameLookupsTests {
    /// Names whose look-up ends when the test says so.
    private final class Slow: Sendable {
        private let gate = DispatchSemaphore(value: 0)
        private let asked = Mutex<[String]>([])

        var names: [String] { asked.withLock { $0 } }

        func resolve(_ name: NameLookups.Name) -> [SocketAddress] {
            asked.withLock { $0.append(name.host) }
            if name.host.hasPrefix("slow") { gate.wait() }
            return [(try? SocketAddress(ipAddress: "192.0.2.1", port: 0))].compactMap(\.self)
        }

        func release(_ count: Int) { for _ in 0..<count { gate.signal() } }
    }

    private static func name(_ host: String) -> NameLookups.Name { NameLookups.Name(host: host, isVersion6: false) }
    private let loop = MultiThreadedEventLoopGroup.singleton.next()

    @Test("However many slow names one session has, another's name is looked up at once, and the session's own other connections wait")
    func apart() async throws {
        let slow = Slow()
        defer { slow.release(1_000) }
        let lookups = NameLookups(atOnce: 16, timeout: .minutes(5), resolve: slow.resolve)
        let held = (0..<100).map { lookups.lookUp(Self.name("slow\($0)"), for: "session a", on: loop) }
        #expect(try await lookups.lookUp(Self.name("fast"), for: "session b", on: loop).get().count == 1)
        while slow.names.count(where: { $0.hasPrefix("slow") }) < 2 { await Task.yield() }
        #expect(slow.names.count { $0.hasPrefix("slow") } == 2, "So many of one session's at once: \(slow.names)")
        slow.release(100)
        for future in held { #expect(try await future.get().count == 1) }
        #expect(slow.names.count == 101, "Each had its turn")
    }

    @Test("One name that is slow is looked up once for all who want it, and takes one place")
    func once() async throws {
        let slow = Slow()
        defer { slow.release(10) }
        let lookups = NameLookups(atOnce: 16, timeout: .minutes(5), resolve: slow.resolve)
        let held = (0..<50).map { lookups.lookUp(Self.name("slow"), for: "session \($0 % 5)", on: loop) }
        #expect(try await lookups.lookUp(Self.name("fast"), for: "session 0", on: loop).get().count == 1)
        slow.release(1)
        for future in held { #expect(try await future.get().count == 1) }
        #expect(slow.names.sorted() == ["fast", "slow"])
    }

    @Test("A caller that waits too long gets an error, the thread continues, and a fast name beside it is unaffected")
    func timeout() async throws {
        let slow = Slow()
        defer { slow.release(10) }
        let lookups = NameLookups(atOnce: 16, timeout: .milliseconds(50), resolve: slow.resolve)
        await #expect(throws: NameLookups.Failure.self) {
            try await lookups.lookUp(Self.name("slow"), for: "session a", on: loop).get()
        }
        let patient = NameLookups(atOnce: 16, timeout: .minutes(5), resolve: slow.resolve)
        #expect(try await patient.lookUp(Self.name("fast"), for: "session a", on: loop).get().count == 1)
    }

    @Test("Beyond so many that wait, one session's are refused, and another's are not")
    func tooMany() {
        var queue = LookupQueue(atOnce: 16)
        var verdicts: [LookupQueue.Verdict] = []
        for number in 0..<300 { verdicts.append(queue.ask(Self.name("name\(number)"), for: "session a")) }
        #expect(verdicts.count { $0 == .start } == 2)
        #expect(verdicts.count { $0 == .wait } == LookupQueue.waitingLimit)
        #expect(verdicts.last == .refused)
        let other = queue.ask(Self.name("other"), for: "session b")
        #expect(other == .start)
    }

    @Test("Those who wait take turns, and every name is looked up once")
    func turns() {
        var queue = LookupQueue(atOnce: 8)
        var running: [NameLookups.Name] = []
        for number in 0..<30 {
            for holder in ["a", "b", "c", "d", "e"] {
                let name = Self.name("\(holder)\(number)")
                if queue.ask(name, for: holder) == .start { running.append(name) }
            }
        }
        #expect(running.count == 8)
        var seen: [String] = []
        while !running.isEmpty {
            let name = running.removeFirst()
            seen.append(name.host)
            running += queue.end(name)
            #expect(running.count <= 8)
        }
        #expect(seen.count == 150 && Set(seen).count == 150)
        #expect(Set(seen.prefix(20).compactMap(\.first)).count == 5, "Nobody waits for all of another's: \(seen.prefix(20))")
    }
}
