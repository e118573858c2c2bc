import Credentials
import Foundation
import Metering
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Store
import Synchronization
import TestSupport
import Testing

@testable import Gateway

@Suite("A connection that the provider has closed", .timeLimit(.minutes(20)))
struct RelayReplacedTests {
    // MARK: - Through the relay

    @Test("Closed after each answer without a word, it costs no request", arguments: [2, 70_000, 900_000])
    func closedAfterEachAnswer(size: Int) async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            let answer = Array(ScriptedUpstream.answer(#"{"usage":{"input_tokens":1,"output_tokens":1},"model":"claude-opus-4-5"}"#).utf8)
            let bodies = Bodies()
            let serving = Task {
                while let wire = try? await fixture.upstream.accept() {
                    guard let request = try? await wire.message(within: nil) else { continue }
                    let text = String(decoding: request.body.prefix(12), as: UTF8.self)
                    bodies.texts.withLock { $0.append(text) }
                    // In two steps, the next request could be read between them, and is not sent again then.
                    try await wire.close(after: answer)
                }
            }
            defer { serving.cancel() }
            let client = try await door.connect()
            for number in 0..<100 {
                let body = "{\"n\":\(100 + number)}" + String(repeating: " ", count: size)
                try await client.send(door.request("/anthropic/v1/messages", body: body))
                let message = try await client.message(answering: "POST")
                #expect(message.status == 200, "\(number): \(message.text)")
            }
            #expect(bodies.texts.withLock { $0.map { $0.trimmingCharacters(in: .whitespaces) } } == (0..<100).map { "{\"n\":\(100 + $0)}" })
            await fixture.ledger.flush()
            let rows = try await fixture.store.read { try $0.query("SELECT state FROM usage") }
            #expect(rows.count == 100)
            #expect(try rows.allSatisfy { try $0.text("state") == "exact" })
        }
    }

    private final class Bodies: Sendable {
        let texts = Mutex<[String]>([])
    }

    @Test("One that ends with the whole request in the provider's hands is not replaced: 502, and the request is made once")
    func read() async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            let client = try await door.connect()
            try await client.send(door.request("/anthropic/v1/messages"))
            let wire = try await fixture.upstream.accept()
            _ = try await wire.message()
            try await wire.send(ScriptedUpstream.answer("{}"))
            _ = try await client.message(answering: "POST")
            try await client.send(door.request("/anthropic/v1/messages"))
            _ = try await wire.message()
            await wire.close()
            #expect(try await client.message(answering: "POST").status == 502)
            #expect(fixture.upstream.connections == 1)
        }
    }

    @Test("One that is closed with the request unread is replaced, and the request is made once", arguments: [2, 500_000])
    func unread(size: Int) async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            let client = try await door.connect()
            try await client.send(door.request("/anthropic/v1/messages"))
            let wire = try await fixture.upstream.accept()
            _ = try await wire.message()
            try await wire.pause(true)
            try await wire.send(ScriptedUpstream.answer("{}"))
            _ = try await client.message(answering: "POST")
            let body = "{}" + String(repeating: " ", count: size)
            try await client.send(door.request("/anthropic/v1/messages", body: body))
            try await eventually("the request is on its way") {
                let spool = try String(contentsOfFile: fixture.folder + "/spool", encoding: .utf8)
                return spool.contains("\t\(body.utf8.count)\t") ? () : nil
            }
            await wire.close()
            let other = try await fixture.upstream.accept()
            #expect(try await other.message().text == body)
            try await other.send(ScriptedUpstream.answer(#"{"model":"claude-opus-4-5","usage":{"input_tokens":1,"output_tokens":1}}"#))
            #expect(try await client.message(answering: "POST").status == 200)
            await fixture.ledger.flush()
            #expect(try await fixture.store.read { try $0.query("SELECT state FROM usage") }.count == 2)
        }
    }

    @Test("What changes nothing is asked again even then", arguments: ["GET", "HEAD", "OPTIONS"])
    func safe(method: String) async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            let client = try await door.connect()
            try await client.send(door.request("/anthropic/v1/models", method: method, body: nil))
            let first = try await fixture.upstream.accept()
            _ = try await first.message()
            try await first.send("HTTP/1.1 204 No Content\r\n\r\n")
            _ = try await client.message(answering: method)
            try await client.send(door.request("/anthropic/v1/models", method: method, body: nil))
            _ = try await first.message()
            await first.close()
            let second = try await fixture.upstream.accept()
            _ = try await second.message()
            try await second.send("HTTP/1.1 204 No Content\r\n\r\n")
            #expect(try await client.message(answering: method).status == 204)
            // A new one that breaks off is none that was closed.
            try await client.send(door.request("/anthropic/v1/x", method: method, body: nil))
            _ = try await second.message()
            try await second.send("HTTP/1.1 1")
            await second.close()
            #expect(try await client.message(answering: method).status == 502)
            #expect(fixture.upstream.connections == 2)
        }
    }

    // MARK: - What the kernel tells

    /// What a test does, on the event loop of the connection, which takes no notice of anything meanwhile.
    private typealias Act = @Sendable (Idle) throws -> Void

    /// A connection on which one request was made before, in its pool.
    private struct Idle {
        var pool: UpstreamPool
        var upstream: UpstreamHandler
        var endpoint: ProviderEndpoint
        /// Closes the provider's end, and returns when the kernel has it closed.
        var closePeer: () -> Void

        func send() {
            upstream.send(.head(RelayReplacedTests.head))
            upstream.send(.end(nil))
            upstream.flush()
        }
    }

    private static let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/", headers: ["host": "x"])

    /// - Parameters:
    ///   - act: what is done while the connection takes no notice.
    ///   - then: what is done by the provider after that.
    /// - Returns: whether the connection counts as one that was closed before the provider had the second request.
    private func isUnread(_ act: @escaping Act, then: (RawWire) async throws -> Void = { _ in }) async throws -> Bool {
        // Of its own, because it is kept from its work for a moment.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let answer = try await ScriptedUpstream.with { provider in
            let endpoint = try ProviderEndpoint(.anthropic, url: provider.url, dialect: .anthropic, allowsPrivate: true)
            let pool = try await loop.submit {
                NIOLoopBoundBox(
                    UpstreamPool(
                        eventLoop: loop, tls: try NIOSSLContext(configuration: .makeClientConfiguration()),
                        lookups: NameLookups(atOnce: 4), idleCount: 4), eventLoop: loop)
            }.get()
            let made = loop.makePromise(of: NIOLoopBoundBox<UpstreamHandler>.self)
            loop.execute {
                pool.value.connect(to: endpoint.address, isVetted: endpoint.isVetted, for: "test") { result in
                    made.completeWith(result.map { NIOLoopBoundBox($0, eventLoop: loop) })
                }
            }
            let upstream = try await made.futureResult.get()
            loop.execute {
                upstream.value.send(.head(Self.head))
                upstream.value.send(.end(nil))
                upstream.value.flush()
            }
            let wire = try await provider.accept()
            _ = try await wire.message()
            let peer = try wire.channel
            try await loop.submit {
                pool.value.give(upstream.value)
                try act(
                    Idle(pool: pool.value, upstream: upstream.value, endpoint: endpoint) {
                        let closed = DispatchSemaphore(value: 0)
                        peer.close().whenComplete { _ in closed.signal() }
                        closed.wait()
                    })
            }.get()
            try await then(wire)
            await wire.close()
            return try await eventually("the connection's end") {
                try await loop.submit { upstream.value.isOpen ? nil : upstream.value.isUnread }.get()
            }
        }
        try await group.shutdownGracefully()
        return answer
    }

    @Test("Closed before it is taken, it is not taken")
    func closedBefore() async throws {
        _ = try await isUnread { idle in
            idle.closePeer()
            #expect(idle.pool.take(idle.endpoint) == nil)
        }
    }

    @Test("Closed while the request is on its way, it was not read")
    func closedWhile() async throws {
        let isUnread = try await isUnread { idle in
            #expect(idle.pool.take(idle.endpoint) === idle.upstream)
            idle.closePeer()
            idle.send()
        }
        #expect(isUnread)
    }

    @Test("Closed after the request came, it may have been read")
    func closedAfter() async throws {
        let isUnread = try await isUnread { idle in
            #expect(idle.pool.take(idle.endpoint) === idle.upstream)
            idle.send()
        } then: { wire in
            _ = try await wire.message()
        }
        #expect(!isUnread)
    }

    @Test("A new connection is not one that was closed before, whatever becomes of it")
    func new() async throws {
        let isUnread = try await isUnread { idle in
            idle.closePeer()
            idle.send()
        }
        #expect(!isUnread)
    }
}
