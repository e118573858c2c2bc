import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import TestSupport
import Testing

/// A provider whose every byte is a test's to send: it listens, keeps what it is sent, and says nothing by itself.
///
/// A test takes a connection, reads the request, and answers in pieces, early, late, cut or not at all. Where the answer does
/// not matter, ``answering(_:)`` gives the same one to everybody.
final class ScriptedUpstream: Sendable {
    typealias Script = @Sendable (RawMessage) async throws -> [UInt8]?

    private struct State {
        var wires: [RawWire] = []
        var taken = 0
        var requests: [RawMessage] = []
        var script: Script?
    }

    private let state = Mutex(State())
    private let listener: any Channel

    private init(_ listener: any Channel) { self.listener = listener }

    /// Listens on loopback for as long as the closure runs.
    ///
    /// - Parameter certificate: paths of a certificate and its key; `nil` for plain text.
    static func with<Result>(
        certificate: (chain: String, key: String)? = nil, _ body: (ScriptedUpstream) async throws -> Result
    ) async throws -> Result {
        let context = try certificate.map { certificate in
            try NIOSSLContext(
                configuration: .makeServerConfiguration(
                    certificateChain: try NIOSSLCertificate.fromPEMFile(certificate.chain).map { .certificate($0) },
                    privateKey: .privateKey(try NIOSSLPrivateKey(file: certificate.key, format: .pem))))
        }
        let arrivals = Mutex<ScriptedUpstream?>(nil)
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 2_048)
            .childChannelOption(.allowRemoteHalfClosure, value: context == nil)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let wire = RawWire()
                    if let context { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context)) }
                    try channel.pipeline.syncOperations.addHandler(wire)
                    arrivals.withLock { $0 }?.arrived(wire)
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let upstream = ScriptedUpstream(listener)
        arrivals.withLock { $0 = upstream }
        do {
            let result = try await body(upstream)
            await upstream.stop()
            return result
        } catch {
            await upstream.stop()
            throw error
        }
    }

    private func stop() async {
        try? await listener.close()
        for wire in state.withLock({ $0.wires }) { await wire.close() }
    }

    /// Stops listening, so that who connects is refused.
    func stopListening() async throws { try await listener.close() }

    var port: Int { listener.localAddress?.port ?? 0 }
    var url: String { "http://127.0.0.1:\(port)" }

    // MARK: - One connection at a time

    /// How many connections were made.
    var connections: Int { state.withLock { $0.wires.count } }

    private func arrived(_ wire: RawWire) {
        let script = state.withLock { state in
            state.wires.append(wire)
            return state.script
        }
        guard let script else { return }
        Task {
            // A connection that is kept for later may be idle for as long as it stands.
            while let request = try? await wire.message(within: nil) {
                state.withLock { $0.requests.append(request) }
                guard let answer = try await script(request) else { break }
                try await wire.send(answer)
            }
            await wire.close()
        }
    }

    /// The next connection that was not taken.
    ///
    /// - Parameter client: the connection that causes it. Once that has ended, nothing is waited for.
    func accept(for client: RawWire? = nil) async throws -> RawWire {
        let wire: RawWire? = try await eventually("a connection to the provider") {
            // Looked at first: what the client caused is there by the time that it has ended.
            let hasEnded = client?.current.hasEnded == true
            let next: RawWire? = state.withLock { state in
                guard state.taken < state.wires.count else { return nil }
                defer { state.taken += 1 }
                return state.wires[state.taken]
            }
            return next.map { .some($0) } ?? (hasEnded ? .some(nil) : nil)
        }
        guard let wire else { throw Stuck(description: "The client's connection ended before one to the provider began.") }
        return wire
    }

    // MARK: - Answering by itself

    /// Every request on a connection that is made from now on is answered by the script; `nil` closes.
    func answering(_ script: @escaping Script) { state.withLock { $0.script = script } }

    /// Every request on a connection that is made from now on is answered like this.
    func answering(_ answer: String) { answering { _ in Array(answer.utf8) } }

    /// What was answered by a script.
    var requests: [RawMessage] { state.withLock { $0.requests } }
}

extension ScriptedUpstream {
    /// An answer with its length told.
    static func answer(
        _ body: String, status: String = "200 OK", type: String = "application/json", _ headers: [RawHeader] = []
    ) -> String {
        let lines = ["HTTP/1.1 \(status)", "Content-Type: \(type)"] + headers.map { "\($0.name): \($0.value)" }
        return lines.joined(separator: "\r\n") + "\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body
    }

    /// For an answer after which the connection is not used again, so that the next request is on one of its own.
    static let closing = RawHeader("Connection", "close")

    /// The head of a stream of events, in chunks.
    static let streamHead =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\(closing)\r\n\r\n"

    /// A chunk as it goes over the wire.
    static func chunk(_ bytes: [UInt8]) -> [UInt8] {
        Array((String(bytes.count, radix: 16) + "\r\n").utf8) + bytes + [0x0d, 0x0a]
    }

    static func chunk(_ text: String) -> [UInt8] { chunk(Array(text.utf8)) }

    static let lastChunk = "0\r\n\r\n"
}
