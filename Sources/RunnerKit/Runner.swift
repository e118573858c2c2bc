import AgentDrivers
import AgentProtocol
import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import NIOPosix
import Processes
import Sandbox
import Wording

/// The process that owns one agent: it starts the sandbox, saves the agent's events, and talks to the control plane.
///
/// It runs outside the sandbox, so that the agent can't read its token, memory or spool. It continues while the control plane is
/// unavailable; when it dies, the kernel kills its agent.
public struct Runner: Sendable {
    /// The time limit for delivery after the agent's end. After it, the spool stays for the control plane to find.
    private static let deliveryTimeout = Duration.seconds(600)
    /// How long a runner none of whose requests succeeds continues: a day, so that a server can be away for a night. Then it
    /// stops its agent. The time in which the machine sleeps does not count.
    public static let silenceLimit = Duration.seconds(24 * 3_600)
    /// How long a runner that was asked to end may take to stop its agent and deliver its events. Then it exits, and the kernel kills what is
    /// left of the agent; the spool stays for the control plane to find.
    public static let terminationLimit = Duration.seconds(30)

    private let configuration: RunnerConfiguration
    private let token: String
    private let place: RunnerPlace
    private let logger: Logger
    private let refusals = RefusalLog()

    /// Creates a runner.
    ///
    /// - Parameter configuration: what to run (``AgentProtocol/RunnerStart/configurationToRun(_:clock:)``).
    public init(_ start: RunnerStart, running configuration: RunnerConfiguration, logger: Logger) {
        self.configuration = configuration
        token = start.token
        place = start.place
        self.logger = logger
    }

    /// Runs the agent to its end and delivers all events.
    ///
    /// - Parameters:
    ///   - terminations: yields when the runner is asked to end, as by SIGTERM: it stops its agent, delivers what is in the spool, and
    ///     returns within ``terminationLimit``.
    ///   - clock: measures the time limits.
    /// - Throws: if the runner can't work, as when its folder is not writable.
    public func run(
        terminations: some AsyncSequence<Void, Never> & Sendable, clock: some Clock<Duration> = SuspendingClock()
    ) async throws {
        let client = HTTPClient(
            eventLoopGroup: .singletonMultiThreadedEventLoopGroup, configuration: try ControlLink.configuration(for: place))
        do {
            try await run(client, terminations, clock)
        } catch {
            try? await client.shutdown()
            throw error
        }
        try? await client.shutdown()
    }

    private func run(
        _ client: HTTPClient, _ terminations: some AsyncSequence<Void, Never> & Sendable, _ clock: some Clock<Duration>
    ) async throws {
        let answers = AnswerWatch(clock: clock, limit: Self.silenceLimit)
        let link = try ControlLink(client: client, place: place, token: token) { answers.answered() }
        let session = try AgentSession(
            configuration: configuration, folder: place.folder,
            driver: configuration.agent.wireProtocol.driver(for: configuration.conversation), logger: logger)

        do throws(ControlLink.Failure) {
            // An attempt that was replaced before it began must not start its agent.
            try await link.beat(nil)
        } catch {
            if case .fenced = error { return }
        }
        let socket = try await remoteSocket()
        let carrying = Task { try await socket?.run() }
        defer { carrying.cancel() }
        let keeper = configuration.signIn.map {
            SignInKeeper($0, home: place.home, session: configuration.session, link: link, logger: logger)
        }
        let (ended, ending) = AsyncStream.makeStream(of: Void.self)
        let following = Task { await follow(session, link) }
        let beating = Task { await beat(session, link) }
        let delivering = Task { await deliver(session, link) }
        let working = Task {
            await own(session, keeper)
            // The agent has ended; the remaining events are delivered.
            await session.seal()
            let deadline = Task {
                try await clock.sleep(for: Self.deliveryTimeout)
                delivering.cancel()
            }
            await delivering.value
            deadline.cancel()
            ending.finish()
        }
        let listening = Task {
            try await answers.untilSilent()
            let reason =
                "No request of the runner to SAM succeeded for \(Self.silenceLimit.components.seconds / 3_600) h, so it stopped its agent."
            logger.warning("\(reason)")
            await session.stop(.runner(reason))
        }
        let terminating = Task {
            for await _ in terminations {
                logger.notice("Asked to end: the agent is stopped, and what is in the spool is delivered.")
                await session.stop(.runner("The runner was asked to end (SIGTERM), so it stopped its agent."))
                try await clock.sleep(for: Self.terminationLimit)
                logger.warning(
                    "The runner exits after \(Self.terminationLimit.components.seconds) s. What it could not deliver is in its spool.")
                return ending.finish()
            }
        }
        for await _ in ended {}
        for task in [working, following, beating, delivering] { task.cancel() }
        for task in [listening, terminating] { task.cancel() }
    }

    /// The session's socket, where the control plane is on another machine; on its own machine it makes it itself.
    private func remoteSocket() async throws -> RemoteSocket? {
        guard let server = place.server else { return nil }
        guard let address = RemoteSocket.Server(server.address) else { throw RunnerPlace.InvalidServer(address: server.address) }
        return try await RemoteSocket(
            path: RunnerPlace.gatewaySocketPath(in: place.sockets), to: address, token: token, trustRoots: server.trustRoots)
    }

    // MARK: - The agent

    private func own(_ session: AgentSession, _ keeper: SignInKeeper?) async {
        let pipes: AgentPipes
        do {
            try await keeper?.place()
            try await Blocking.run { try configuration.placeFiles(in: place.home) }
            let launch = AgentLaunch(configuration, at: place)
            let group = try await Blocking.run { try launch.makeGroups() }
            await session.watchMemory(group.memoryEvents)
            pipes = try await AgentPipes.start(await Blocking.run { launch.command() }, joining: group.joins)
        } catch {
            return await session.notStarted(reason(of: error))
        }
        await session.started(pipes.process)
        let clock = Task {
            try await Task.sleep(for: .milliseconds(configuration.handshakeTimeout))
            await session.handshakeTimedOut()
        }
        let watching = Task {
            let limit = configuration.limits.disk
            guard let excess = await DiskWatch(folders: [place.workspace, place.home], limit: limit).excess() else { return }
            await session.diskFilled(excess, limit: limit)
        }
        let keeping = Task { await keeper?.watch() }
        let reading = Task {
            async let conversing: Void = converse(pipes, session)
            async let listening: Void = listen(pipes, session)
            _ = await (conversing, listening)
        }
        let termination = await pipes.process.termination()
        // The last output is still in the pipes. A descendant that keeps them open delays the end by 1 s at most.
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
        // Before the end is reported, because this process is ended in response.
        await keeper?.giveBack()
        await session.ended(termination)
    }

    private func converse(_ pipes: AgentPipes, _ session: AgentSession) async {
        do {
            try await pipes.conversation.executeThenClose { inbound, outbound in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        for await data in session.input {
                            try await outbound.write(ByteBuffer(bytes: data))
                            await session.written(data.count)
                        }
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
                    guard await canContinue(session, after: error) else { return }
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
                guard await canContinue(session, after: error) else { return }
            }
            try? await Task.sleep(for: backoff.wait())
        }
    }

    /// Sends heartbeats in a task of its own, so that the delivery of a large batch can't delay them.
    private func beat(_ session: AgentSession, _ link: ControlLink) async {
        var agent: pid_t?
        while !Task.isCancelled {
            // Asked once: a busy session must not delay heartbeats.
            if agent == nil { agent = await session.agentProcess }
            let heartbeat = agent.map { Heartbeat(cpuMilliseconds: ProcessTree(of: $0).cpuMilliseconds) }
            do throws(ControlLink.Failure) {
                try await link.beat(heartbeat)
            } catch {
                guard await canContinue(session, after: error) else { return }
            }
            try? await Task.sleep(for: .seconds(2))
        }
    }

    private func canContinue(_ session: AgentSession, after failure: ControlLink.Failure) async -> Bool {
        switch failure {
        case .fenced:
            await session.fence()
            return false
        case .unavailable(let reason):
            logger.debug("The control plane can't be reached: \(reason)")
            return true
        case .refused(let status):
            if refusals.isNew(status) { logger.warning("The control plane answered \(status). Further answers like it are not logged.") }
            return true
        }
    }
}
