import Foundation
import Gateway
import Limits
import NIOCore
import NIOHTTP1
import NIOPosix
import TestSupport
import Testing

/// Clients that send many requests and take no answers, and those that do as clients should.
@Suite("Requests before the last is answered", .timeLimit(.minutes(10)))
struct PipelinedRequestsTests {
    enum Way: String, CaseIterable, Sendable {
        case root = "/"
        case health = "/healthz"
        case nowhere = "/gateway/nope"
    }

    private static func door(_ way: Way, _ fixture: GatewayFixture) async throws -> Door {
        way == .nowhere ? try await fixture.network() : try await fixture.session()
    }

    private static func requests(_ way: Way, _ count: Int) -> [UInt8] {
        Array(String(repeating: "GET \(way.rawValue) HTTP/1.1\r\nhost: x\r\n\r\n", count: count).utf8)
    }

    private static func answers(_ bytes: [UInt8]) -> Int {
        String(decoding: bytes, as: UTF8.self).components(separatedBy: "HTTP/1.1 ").count - 1
    }

    @Test("60,000 requests of a stranger at once get a few answers and the end, and others are served meanwhile", arguments: Way.allCases)
    func flood(_ way: Way) async throws {
        let admission = GatewayFixture.roomy
        try await GatewayFixture.with(admission: admission) { fixture in
            fixture.upstream.answering(ScriptedUpstream.answer("{}"))
            let door = try await Self.door(way, fixture)
            let client = try await door.connect()
            try await client.pause(true)
            try client.channel.writeAndFlush(ByteBuffer(bytes: Self.requests(way, 60_000)), promise: nil)
            try await eventually("they are too many") {
                admission.refusals.counts.contains { $0.key.reason == .pipelined } ? () : nil
            }
            #expect(try await door.ask("/anthropic/v1/messages").status == 200)
            try await client.end()
        }
    }

    @Test("Too many requests at once get the answers of the first and then a refusal", arguments: Way.allCases, [50, 2_000])
    func refused(_ way: Way, _ count: Int) async throws {
        try await GatewayFixture.with { fixture in
            let client = try await Self.door(way, fixture).connect()
            try await client.send(Self.requests(way, count))
            let answer = try await client.end()
            #expect((2...12).contains(Self.answers(answer)), "\(Self.answers(answer))")
            let text = String(decoding: answer, as: UTF8.self)
            #expect(text.contains("HTTP/1.1 503 ") && text.hasSuffix("Send the next when one is answered.\n"), "\(text.suffix(200))")
        }
    }

    @Test("A few requests at once get their answers in their order, and so do many one after another", arguments: Way.allCases)
    func few(_ way: Way) async throws {
        try await GatewayFixture.with { fixture in
            let client = try await Self.door(way, fixture).connect()
            let status = way == .health ? 200 : 404
            for _ in 0..<30 {
                try await client.send(Self.requests(way, 8))
                for _ in 0..<8 { #expect(try await client.message(answering: "GET").status == status) }
            }
        }
    }

    @Test("Who has proved who they are may send more at once, and none is lost or out of order")
    func proved() async throws {
        try await GatewayFixture.with(tools: ToolGate { message, _ in message }) { fixture in
            let door = try await fixture.session()
            let client = try await door.connect()
            try await client.send(door.request("/tools", body: #"{"first":0}"#))
            #expect(try await client.message(answering: "POST").status == 200)
            try await client.send((0..<60).flatMap { door.request("/tools", body: #"{"n":\#($0)}"#) })
            for number in 0..<60 { #expect(try await client.message(answering: "POST").text == #"{"n":\#(number)}"#) }
        }
    }

    @Test("An invalid request is answered in its place among the others, and so is the end of the input")
    func garbage() async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            let broken = try await door.connect()
            try await broken.send(Self.requests(.health, 3) + Array("nonsense\r\n\r\n".utf8))
            for _ in 0..<3 { #expect(try await broken.message(answering: "GET").status == 200) }
            #expect(try await broken.message(answering: "GET").status == 400)
            let leaving = try await door.connect()
            try await leaving.send(Self.requests(.health, 3))
            for _ in 0..<3 { #expect(try await leaving.message(answering: "GET").status == 200) }
            try await leaving.endSending()
            #expect(try await leaving.end().isEmpty)
        }
    }
}
