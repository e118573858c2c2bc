import AgentDrivers
import AgentProtocol
import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import NIOPosix
import Processes
import Wording

/// The small process that owns one agent: it starts the sandbox, keeps what happens, and talks to the control plane.
///
/// It stands outside the sandbox, so that the agent can't read its token, its memory or its spool. It goes on
/// when the control plane is away, and when it dies the kernel takes its agent with it.
public struct Runner: Sendable {
    /// How long a runner whose agent has ended waits for the control plane before it leaves its spool to be found.
    private static let patience = Duration.seconds(600)

    private let configuration: RunnerConfiguration
    private let logger: Logger

    /// Makes a runner.
    public init(configuration: RunnerConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// Runs the agent to its end and delivers everything.
    ///
    /// - Throws: when the runner itself can't work: its folder can't be written.
    public func run() async throws {
        var httpConfiguration = HTTPClient.Configuration()
        httpConfiguration.connectionPool.retryConnectionEstablishment = false
        httpConfiguration.timeout.connect = .seconds(5)
        let client = HTTPClient(eventLoopGroup: .singletonMultiThreadedEventLoopGroup, configuration: httpConfiguration)
        let link = ControlLink(client: client, socket: configuration.controlSocket, token: configuration.token)
        let session = try AgentSession(
            configuration: configuration, driver: configuration.wireProtocol.driver(for: configuration.conversation),
            logger: logger)

        do throws(ControlLink.Failure) {
            // An attempt that was overtaken before it began must not start its agent at all.
            try await link.beat(nil)
        } catch {
            if case .fenced = error { return try await client.shutdown() }
        }
        let keeper = configuration.signIn.map { SignInKeeper($0, session: configuration.session, link: link, logger: logger) }
        let following = Task { await follow(session, link) }
        let beating = Task { await beat(session, link) }
        let delivering = Task { await deliver(session, link) }
        await own(session, keeper)
        // The agent is gone. What is left is to deliver what it did.
        await session.seal()
        let impatience = Task {
            try await Task.sleep(for: Self.patience)
            delivering.cancel()
        }
        await delivering.value
        for task in [following, beating] { task.cancel() }
        impatience.cancel()
        try? await client.shutdown()
    }

    // MARK: - The agent

    private func own(_ session: AgentSession, _ keeper: SignInKeeper?) async {
        let pipes: AgentPipes
        do {
            try await keeper?.place()
            pipes = try await AgentPipes.start(configuration.command, joining: configuration.controlGroups)
        } catch {
            return await session.notStarted(reason(of: error))
        }
        await session.started(pipes.process)
        let clock = Task {
            try await Task.sleep(for: .milliseconds(configuration.handshakeTimeout))
            await session.handshakeTimedOut()
        }
        let watching = Task {
            guard let disk = configuration.disk, await DiskWatch(disk).isFilled() else { return }
            await session.diskFilled(limit: disk.limit)
        }
        let keeping = Task { await keeper?.watch() }
        let reading = Task {
            async let conversing: Void = converse(pipes, session)
            async let listening: Void = listen(pipes, session)
            _ = await (conversing, listening)
        }
        let termination = await pipes.process.termination()
        // What it wrote last is still in the pipes. A descendant that holds them open gets a moment, no more.
        let moment = Task {
            try await Task.sleep(for: .seconds(1))
            reading.cancel()
        }
        await reading.value
        moment.cancel()
        clock.cancel()
        watching.cancel()
        keeping.cancel()
        await keeping.value
        // Before its end is told: what follows that ends this process too.
        await keeper?.giveBack()
        await session.ended(termination)
    }

    private func converse(_ pipes: AgentPipes, _ session: AgentSession) async {
        do {
            try await pipes.conversation.executeThenClose { inbound, outbound in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        for await data in session.input { try await outbound.write(ByteBuffer(bytes: data)) }
                        outbound.finish()
                    }
                    for try await buffer in inbound { await session.output(Data(buffer.readableBytesView)) }
                    group.cancelAll()
                }
            }
        } catch {
            logger.debug("The conversation's pipes closed: \(error)")
        }
        await session.outputEnded()
    }

    private func listen(_ pipes: AgentPipes, _ session: AgentSession) async {
        try? await pipes.standardError.executeThenClose { inbound, _ in
            for try await buffer in inbound { await session.errorOutput(Data(buffer.readableBytesView)) }
        }
    }

    // MARK: - The control plane

    private func deliver(_ session: AgentSession, _ link: ControlLink) async {
        var backoff = Backoff()
        for await _ in session.spooled {
            while let batch = await session.batch(), !Task.isCancelled {
                do throws(ControlLink.Failure) {
                    let acknowledged = try await link.deliver(batch.events)
                    await session.acknowledge(acknowledged)
                    if acknowledged >= batch.last { backoff.reset() } else { try? await Task.sleep(for: backoff.wait()) }
                } catch {
                    guard await canGoOn(session, after: error) else { return }
                    try? await Task.sleep(for: backoff.wait())
                }
            }
        }
    }

    private func follow(_ session: AgentSession, _ link: ControlLink) async {
        var backoff = Backoff()
        while !Task.isCancelled {
            do throws(ControlLink.Failure) {
                try await link.followCommands(after: await session.commandsSeen) { command in
                    backoff.reset()
                    await session.receive(command)
                }
            } catch {
                guard await canGoOn(session, after: error) else { return }
            }
            try? await Task.sleep(for: backoff.wait())
        }
    }

    /// On a task of its own, never behind the delivery of a large batch.
    private func beat(_ session: AgentSession, _ link: ControlLink) async {
        var agent: pid_t?
        while !Task.isCancelled {
            // Not asked again: a session that is busy for a moment must not hold up the sign that its runner lives.
            if agent == nil { agent = await session.agentProcess }
            let heartbeat = agent.map { Heartbeat(cpuMilliseconds: ProcessTree(of: $0).cpuMilliseconds) }
            do throws(ControlLink.Failure) {
                try await link.beat(heartbeat)
            } catch {
                guard await canGoOn(session, after: error) else { return }
            }
            try? await Task.sleep(for: .seconds(2))
        }
    }

    private func canGoOn(_ session: AgentSession, after failure: ControlLink.Failure) async -> Bool {
        switch failure {
        case .fenced:
            await session.fence()
            return false
        case .unavailable(let reason):
            logger.debug("The control plane can't be reached: \(reason)")
            return true
        case .refused(let status):
            logger.warning("The control plane answered \(status).")
            return true
        }
    }
}
