import AgentProtocol
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// Forwards MCP messages, one per line, between standard input and output and SAM's tools on the session's socket.
public struct ToolBridge: Sendable {
    private let url: String
    private let token: String

    /// Longer than any tool takes.
    private static let limit = TimeAmount.seconds(120)

    /// Creates a bridge.
    public init(url: String, token: String) {
        self.url = url
        self.token = token
    }

    /// Forwards messages until the agent closes its end. Each has a task of its own, so that a question to a person blocks no other.
    ///
    /// - Throws: if the pipes break.
    public func run() async throws {
        let client = HTTPClient(eventLoopGroupProvider: .singleton)
        let (input, output) = try await Self.pipes()
        try await output.executeThenClose { _, outbound in
            try await input.executeThenClose { inbound, _ in
                try await withThrowingDiscardingTaskGroup { group in
                    var lines = LineSplitter(limit: 1 << 20)
                    for try await buffer in inbound {
                        for line in try lines.append(buffer.readableBytesView) where !line.isEmpty {
                            group.addTask {
                                guard let answer = await ask(line, client) else { return }
                                try await outbound.write(ByteBuffer(bytes: answer + Data("\n".utf8)))
                            }
                        }
                    }
                }
            }
        }
        try? await client.shutdown()
    }

    private func ask(_ message: Data, _ client: HTTPClient) async -> Data? {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers = ["content-type": "application/json", "authorization": "Bearer \(token)"]
        request.body = .bytes(ByteBuffer(bytes: message))
        guard let response = try? await client.execute(request, timeout: Self.limit),
            let body = try? await response.body.collect(upTo: 4 << 20), body.readableBytes > 0
        else {
            // The agent waits for an answer with its id, so it gets an error.
            guard case .request(let id, _, _)? = RPCMessage(line: message) else { return nil }
            return Data(RPCMessage.failure(id: id, error: .internalError("SAM's tools can't be reached.")).line.dropLast())
        }
        return Data(body.readableBytesView)
    }

    private typealias Channel = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    private static func pipes() async throws -> (Channel, Channel) {
        let bootstrap = NIOPipeBootstrap(group: .singletonMultiThreadedEventLoopGroup)
        let input = try await bootstrap.takingOwnershipOfDescriptor(input: dup(STDIN_FILENO)) { channel in
            channel.eventLoop.makeCompletedFuture { try Channel(wrappingChannelSynchronously: channel) }
        }
        let output = try await bootstrap.takingOwnershipOfDescriptor(output: dup(STDOUT_FILENO)) { channel in
            channel.eventLoop.makeCompletedFuture { try Channel(wrappingChannelSynchronously: channel) }
        }
        return (input, output)
    }
}
