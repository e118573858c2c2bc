import Foundation
import NIOCore
import NIOPosix
import Processes

/// An agent's process with its three pipes. Reads apply back pressure; writes never block a thread.
struct AgentPipes: Sendable {
    let process: OwnedProcess
    /// Standard output and input.
    let conversation: NIOAsyncChannel<ByteBuffer, ByteBuffer>
    let standardError: NIOAsyncChannel<ByteBuffer, ByteBuffer>

    /// Starts the program.
    ///
    /// - Throws: `ProcessError` if it can't be started.
    static func start(_ command: Command, joining controlGroups: [String]) async throws -> AgentPipes {
        var open: [PipeEnds] = []
        let process: OwnedProcess
        do {
            for _ in 0..<3 { open.append(try PipeEnds()) }
            process = try await OwnedProcess.start(
                command,
                descriptors: Descriptors(input: open[0].reading, output: open[1].writing, error: open[2].writing),
                joining: controlGroups)
        } catch {
            for pipe in open { pipe.close() }
            throw error
        }
        let (input, output, error) = (open[0], open[1], open[2])
        for descriptor in [input.reading, output.writing, error.writing] { close(descriptor) }
        var isErrorTaken = false
        do {
            // A channel that could not be set up has closed its descriptors.
            let conversation = try await channel { bootstrap, initialise in
                try await bootstrap.takingOwnershipOfDescriptors(
                    input: output.reading, output: input.writing, channelInitializer: initialise)
            }
            isErrorTaken = true
            do {
                let standardError = try await channel { bootstrap, initialise in
                    try await bootstrap.takingOwnershipOfDescriptor(input: error.reading, channelInitializer: initialise)
                }
                return AgentPipes(process: process, conversation: conversation, standardError: standardError)
            } catch {
                try? await conversation.executeThenClose { _, _ in }
                throw error
            }
        } catch let failure {
            process.signalGroup(SIGKILL)
            if !isErrorTaken { close(error.reading) }
            throw failure
        }
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
