import AgentProtocol
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// Carries messages of the Model Context Protocol between an agent's pipes, a line each, and SAM's tools on the session's socket.
public struct ToolBridge: Sendable {
    private let url: String
    private let token: String

    /// Longer than a tool takes.
    private static let limit = TimeAmount.seconds(120)

    /// Names the tools.
    public init(url: String, token: String) {
        self.url = url
        self.token = token
    }

    /// Carries messages until the agent closes its end. Each is on a task of its own: a question to a person holds up no other.
    ///
    /// - Throws: when the pipes break.
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
            // Who asked waits for an answer by its id, and gets one.
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
