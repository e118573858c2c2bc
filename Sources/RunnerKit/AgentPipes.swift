import Foundation
import NIOCore
import NIOPosix
import Processes

/// An agent's program with its three pipes. Reading is paced by the reader; writing never blocks a thread.
struct AgentPipes: Sendable {
    let process: OwnedProcess
    /// Standard output and input.
    let conversation: NIOAsyncChannel<ByteBuffer, ByteBuffer>
    let standardError: NIOAsyncChannel<ByteBuffer, ByteBuffer>

    /// Starts the program.
    ///
    /// - Throws: `ProcessError` when it can't be started.
    static func start(_ command: Command, joining controlGroups: [String]) async throws -> AgentPipes {
        let input = try PipeEnds()
        let output = try PipeEnds()
        let error = try PipeEnds()
        let theirs = [input.reading, output.writing, error.writing]
        let process: OwnedProcess
        do {
            process = try await OwnedProcess.start(
                command,
                descriptors: Descriptors(input: input.reading, output: output.writing, error: error.writing),
                joining: controlGroups)
        } catch let failure {
            for descriptor in theirs + [input.writing, output.reading, error.reading] { close(descriptor) }
            throw failure
        }
        for descriptor in theirs { close(descriptor) }
        return AgentPipes(
            process: process,
            conversation: try await channel { bootstrap, initialise in
                try await bootstrap.takingOwnershipOfDescriptors(
                    input: output.reading, output: input.writing, channelInitializer: initialise)
            },
            standardError: try await channel { bootstrap, initialise in
                try await bootstrap.takingOwnershipOfDescriptor(input: error.reading, channelInitializer: initialise)
            })
    }

    private typealias Initialiser = @Sendable (any Channel) -> EventLoopFuture<NIOAsyncChannel<ByteBuffer, ByteBuffer>>

    private static func channel(
        _ open: (NIOPipeBootstrap, @escaping Initialiser) async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer>
    ) async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
        let bootstrap = NIOPipeBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelOption(.allowRemoteHalfClosure, value: true)
        return try await open(bootstrap) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel(
                    wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
            }
        }
    }
}
