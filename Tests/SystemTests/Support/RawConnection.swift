import Foundation
import NIOCore
import NIOPosix

/// Bytes to a Unix socket and whatever comes back, for requests that no client would send.
enum RawConnection {
    /// Sends, ends its side, and reads until the other side ends or a while has passed.
    static func exchange(_ bytes: Data, with socket: String) async throws -> String {
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(unixDomainSocketPath: socket) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
                }
            }
        let limit = Task {
            try await Task.sleep(for: .seconds(5))
            try await channel.channel.close()
        }
        defer { limit.cancel() }
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(bytes: bytes))
            outbound.finish()
            var answer = ""
            do {
                for try await buffer in inbound { answer += String(buffer: buffer) }
            } catch {
                // A connection that is broken off has said what it had to say.
            }
            return answer
        }
    }
}
