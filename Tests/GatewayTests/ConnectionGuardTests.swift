import Accounts
import Credentials
import Foundation
import Gateway
import Limits
import Metering
import NIOCore
import Settings
import Synchronization
import TestSupport
import Testing

/// Limits of connections and of time, on a gateway with short ones.
@Suite("Who says nothing, too little or too much", .timeLimit(.minutes(10)))
struct ConnectionGuardTests {
    /// Slots with short timeouts.
    private static func hasty(_ change: (inout ClientTimeouts) -> Void) -> Admission {
        var timeouts = ClientTimeouts()
        change(&timeouts)
        return Admission(limits: ConnectionLimits(descriptors: 65_536), timeouts: timeouts)
    }

    /// Asks until it was fast enough: two cores that do something else can be slower than a hasty gateway waits.
    private static func served(_ door: Door) async throws {
        try await eventually("somebody is served who asks in time") {
            do {
                return try await door.ask("/anthropic/v1/messages").status == 200 ? () : nil
            } catch {
                return nil
            }
        }
    }

    @Test(
        "A connection that never sends a whole head is told so and closed; who asks in time is served",
        arguments: ["", "G", "POST /anthropic/v1/messages HTTP/1.1\r\nhost: sam\r\nx-half: "])
    func head(_ start: String) async throws {
        let admission = Self.hasty { $0.head = .milliseconds(200) }
        try await GatewayFixture.with(admission: admission) { fixture in
            fixture.upstream.answering(ScriptedUpstream.answer("{}"))
            let door = try await fixture.session()
            let silent = try await door.connect()
            // It may be too late for this as well.
            if !start.isEmpty { try? await silent.send(start) }
            let answer = String(decoding: try await silent.end(), as: UTF8.self)
            #expect(answer.hasPrefix("HTTP/1.1 408 ") && answer.contains("not complete in time"), "\(answer)")
            #expect(admission.refusals.counts == [.init(listener: "session", reason: .head): 1])
            try await Self.served(door)
        }
    }

    @Test("A head that comes a byte at a time has its time and no more")
    func drip() async throws {
        try await GatewayFixture.with(admission: Self.hasty { $0.head = .milliseconds(300) }) { fixture in
            let door = try await fixture.session()
            let client = try await door.connect()
            let dripping = Task {
                for byte in "GET /healthz HTTP/1.1\r\nx: \(String(repeating: "a", count: 100_000))".utf8 {
                    try await client.send([byte])
                    try await Task.sleep(for: .milliseconds(5))
                }
            }
            defer { dripping.cancel() }
            let answer = String(decoding: try await client.end(), as: UTF8.self)
            #expect(answer.hasPrefix("HTTP/1.1 408 "), "\(answer)")
        }
    }

    @Test("A body that stops coming is given up; one that comes in time is taken")
    func body() async throws {
        let admission = Self.hasty { $0.body = .milliseconds(200) }
        let tools = ToolGate { message, _ in message }
        try await GatewayFixture.with(admission: admission, tools: tools) { fixture in
            let door = try await fixture.session()
            #expect(try await door.ask("/tools", body: "{}").text == "{}")
            let client = try await door.connect()
            try await client.send(door.request("/tools", [RawHeader("Content-Length", "100")], body: nil))
            try await client.send("{")
            let answer = String(decoding: try await client.end(), as: UTF8.self)
            #expect(answer.hasPrefix("HTTP/1.1 408 "), "\(answer)")
            #expect(admission.refusals.counts[.init(listener: "session", reason: .body)] == 1)
        }
    }

    @Test("A body that keeps coming for ever is given up as well")
    func longBody() async throws {
        let admission = Self.hasty { $0.wholeBody = .milliseconds(300) }
        try await GatewayFixture.with(admission: admission, tools: ToolGate { message, _ in message }) { fixture in
            let door = try await fixture.session()
            let client = try await door.connect()
            try await client.send(door.request("/tools", [RawHeader("Content-Length", "100000")], body: nil))
            let dripping = Task {
                while !Task.isCancelled {
                    try await client.send("x")
                    try await Task.sleep(for: .milliseconds(5))
                }
            }
            defer { dripping.cancel() }
            let answer = String(decoding: try await client.end(), as: UTF8.self)
            #expect(answer.hasPrefix("HTTP/1.1 408 "), "\(answer)")
        }
    }

    @Test("The rest of a request that was refused is not read for ever")
    func refusedBody() async throws {
        try await GatewayFixture.with(admission: Self.hasty { $0.rest = .milliseconds(200) }) { fixture in
            let door = try await fixture.session()
            for path in ["/tools", "/anthropic/v1/messages"] {
                let client = try await door.connect()
                try await client.send("POST \(path) HTTP/1.1\r\nhost: sam\r\ncontent-length: 1000000\r\n\r\n{")
                let answer = String(decoding: try await client.end(), as: UTF8.self)
                #expect(answer.hasPrefix("HTTP/1.1 401 "), "\(path): \(answer)")
            }
        }
    }

    @Test("A client that was served and asks nothing more is closed without a word, and one that asks again in time is served again")
    func idle() async throws {
        let admission = Self.hasty {
            $0.idle = .milliseconds(400)
            $0.head = .milliseconds(200)
        }
        try await GatewayFixture.with(admission: admission) { fixture in
            fixture.upstream.answering(ScriptedUpstream.answer("{}"))
            let door = try await fixture.session()
            let client = try await eventually("a client is served twice") {
                do {
                    let client = try await door.connect()
                    for _ in 0..<2 {
                        try await client.send(door.request("/anthropic/v1/messages"))
                        guard try await client.message(answering: "POST").status == 200 else { return nil as RawWire? }
                    }
                    return client
                } catch {
                    return nil
                }
            }
            #expect(try await client.end().isEmpty, "Nothing that could be taken for an answer")
            #expect(admission.refusals.counts.keys.allSatisfy { $0.reason == .head }, "Who was served ran into no limit")
        }
    }

    @Test("An answer that is long in coming, and a stream with pauses, are ended by none of these")
    func answers() async throws {
        let admission = Self.hasty {
            $0.head = .milliseconds(100)
            $0.idle = .milliseconds(100)
            $0.body = .milliseconds(100)
            $0.wholeBody = .milliseconds(100)
            $0.rest = .milliseconds(100)
        }
        try await GatewayFixture.with(admission: admission) { fixture in
            let door = try await fixture.session()
            let (client, provider) = try await eventually("a request is at the provider") {
                do {
                    let client = try await door.connect()
                    try await client.send(door.request("/anthropic/v1/messages"))
                    let provider = try await fixture.upstream.accept(for: client)
                    _ = try await provider.message()
                    return (client, provider)
                } catch {
                    return nil as (RawWire, RawWire)?
                }
            }
            try await Self.pass(admission, door)
            try await provider.send(ScriptedUpstream.streamHead)
            for _ in 0..<2 {
                try await provider.send(ScriptedUpstream.chunk("data: x\n\n"))
                try await Self.pass(admission, door)
            }
            try await provider.send(ScriptedUpstream.lastChunk)
            #expect(try await client.message(answering: "POST").text == "data: x\n\ndata: x\n\n")
        }
    }

    @Test("A tunnel outlives all of these, silent or not, and carries both directions to its end")
    func tunnel() async throws {
        let admission = Self.hasty {
            $0.head = .milliseconds(100)
            $0.idle = .milliseconds(100)
            $0.body = .milliseconds(100)
            $0.wholeBody = .milliseconds(100)
            $0.rest = .milliseconds(100)
        }
        let allowed = Mutex(EgressRules.nothing)
        let gate = EgressGate(rules: { _ in allowed.withLock { $0 } }, refused: { _, _ in })
        try await GatewayFixture.with(admission: admission, egress: gate) { fixture in
            let door = try await fixture.session()
            let target = fixture.upstream.url.dropFirst("http://".count)
            let host = try #require(HostPattern(target))
            allowed.withLock { $0 = EgressRules(hosts: [host], privateHosts: [host], repository: []) }
            let (client, provider) = try await eventually("a tunnel is made") {
                do {
                    let client = try await door.connect()
                    try await client.send("CONNECT \(target) HTTP/1.1\r\n\r\n")
                    try await client.sees("200 ")
                    try await client.sees("\r\n\r\n")
                    return (client, try await fixture.upstream.accept(for: client))
                } catch {
                    return nil as (RawWire, RawWire)?
                }
            }
            for word in ["first", "later", "at the end"] {
                try await Self.pass(admission, door)
                try await client.send(word)
                try await provider.sees(word)
                try await provider.send("heard \(word)")
                try await client.sees("heard \(word)")
            }
            await provider.close()
            #expect(String(decoding: try await client.end(), as: UTF8.self).hasSuffix("heard at the end"))
        }
    }

    /// Waits until the same limits have ended a connection that came later and says nothing.
    private static func pass(_ admission: Admission, _ door: Door) async throws {
        let silent = try await door.connect()
        #expect(!(try await silent.end()).isEmpty)
    }

    // MARK: - Places

    @Test("In a flood of half heads on its socket a session's call is served, and those that had to go are told so")
    func flood() async throws {
        let admission = Admission(limits: ConnectionLimits(descriptors: 800))
        try await GatewayFixture.with(admission: admission) { fixture in
            fixture.upstream.answering(ScriptedUpstream.answer("{}"))
            let door = try await fixture.session()
            var wires: [RawWire] = []
            for number in 0..<200 {
                let wire = try await door.connect()
                try await wire.send("POST /anthropic/v1/messages HTTP/1.1\r\nx: ")
                wires.append(wire)
                if number % 50 == 49 { #expect(try await door.ask("/anthropic/v1/messages").status == 200) }
            }
            let count = admission.count(at: .session("s_1")).own
            #expect(count <= admission.limits.unprovedOfSession + 4, "\(count)")
            let first = String(decoding: try await wires[0].end(), as: UTF8.self)
            #expect(first.hasPrefix("HTTP/1.1 503 ") && first.contains("connection: close"), "\(first)")
            #expect((admission.refusals.counts[.init(listener: "session", reason: .unproved)] ?? 0) >= 180)
            for wire in wires { await wire.close() }
            try await eventually("all places are free") { admission.count(at: .session("s_1")).all == 0 ? () : nil }
        }
    }

    @Test("Requests that were refused and are never completed take no place either", arguments: ["/tools", "/anthropic/v1/messages"])
    func halfBodies(_ path: String) async throws {
        let admission = Admission(limits: ConnectionLimits(descriptors: 800))
        try await GatewayFixture.with(admission: admission) { fixture in
            fixture.upstream.answering(ScriptedUpstream.answer("{}"))
            let door = try await fixture.session()
            var wires: [RawWire] = []
            for _ in 0..<60 {
                let wire = try await door.connect()
                try await wire.send("POST \(path) HTTP/1.1\r\nhost: sam\r\ncontent-length: 1000000\r\n\r\n{")
                _ = try await wire.message(answering: "POST")
                wires.append(wire)
            }
            #expect(try await door.ask("/anthropic/v1/messages").status == 200)
            #expect(try await wires[0].end().isEmpty, "Nothing is said behind an answer")
            for wire in wires { await wire.close() }
        }
    }

    @Test("A session with as many answers under way as it may have is refused another, and another session is not")
    func session() async throws {
        var limits = ConnectionLimits(descriptors: 65_536)
        limits.ofOneSession = 8
        let admission = Admission(limits: limits)
        try await GatewayFixture.with(admission: admission) { fixture in
            let door = try await fixture.session()
            let other = try await fixture.session("s_2")
            var wires: [RawWire] = []
            for _ in 0..<8 {
                let wire = try await door.connect()
                try await wire.send(door.request("/anthropic/v1/messages"))
                _ = try await fixture.upstream.accept().message()
                wires.append(wire)
            }
            let ninth = try await door.connect()
            let refused = String(decoding: try await ninth.end(), as: UTF8.self)
            #expect(refused.hasPrefix("HTTP/1.1 503 ") && refused.contains("You have too many open connections"), "\(refused)")
            fixture.upstream.answering(ScriptedUpstream.answer("{}"))
            #expect(try await other.ask("/anthropic/v1/messages").status == 200)
            for wire in wires { await wire.close() }
        }
    }

    @Test("What is called without a lease is refused before its body is read")
    func toolsWithoutLease() async throws {
        try await GatewayFixture.with(tools: ToolGate { message, _ in message }) { fixture in
            let door = try await fixture.session()
            for token in [nil, "nobody", door.token.dropLast(3) + "abc"] {
                let client = try await door.connect()
                let header = token.map { [RawHeader("Authorization", "Bearer \($0)")] } ?? []
                let request = RawClient.request("POST", "/tools", header + [RawHeader("Content-Length", "1000000")])
                try await client.send(request)
                #expect(try await client.message(answering: "POST").status == 401)
                await client.close()
            }
            #expect(try await door.ask("/tools", body: #"{"a":1}"#).text == #"{"a":1}"#)
        }
    }

    // MARK: - Memory

    @Test("Requests that are held back have so much memory of one session's, beyond that they are refused, and another's are served")
    func held() async throws {
        let held = HeldBytes(limit: 64 << 20, limitOfHolder: 4 << 20)
        let admission = GatewayFixture.roomy
        try await GatewayFixture.with(admission: admission, held: held) { fixture in
            fixture.upstream.answering(ScriptedUpstream.answer("{}"))
            try await fixture.limit("1000000", at: .platform)
            let door = try await fixture.session()
            let other = try await fixture.session("s_2")
            // Three whose last byte never comes.
            var wires: [RawWire] = []
            for _ in 0..<3 {
                let wire = try await door.connect()
                try await wire.send(door.request("/anthropic/v1/messages", [RawHeader("Content-Length", "\(1 << 20)")], body: nil))
                try await wire.send([UInt8](repeating: 0x20, count: 1 << 20 - 1))
                wires.append(wire)
            }
            try await eventually("they are held") { held.total >= 3 << 20 - 3 ? () : nil }
            let answer = try await door.ask("/anthropic/v1/messages", body: String(repeating: " ", count: 2 << 20))
            #expect(answer.status == 429 && answer.isRefusal(.anthropic), "\(answer.everything)")
            #expect(try await other.ask("/anthropic/v1/messages", body: String(repeating: " ", count: 2 << 20)).status == 200)
            #expect(admission.refusals.counts[.init(listener: "session", reason: .memory)] == 1)
            for wire in wires { await wire.close() }
            try await eventually("all of it is given back") { held.total == 0 ? () : nil }
            #expect(try await door.ask("/anthropic/v1/messages", body: String(repeating: " ", count: 2 << 20)).status == 200)
        }
    }
}
