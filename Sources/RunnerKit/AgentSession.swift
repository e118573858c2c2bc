import AgentDrivers
import AgentProtocol
import Foundation
import Logging
import Processes
import Wording

/// One agent's program and everything that happens to it, in order.
///
/// All methods are synchronous, so nothing interleaves: what the agent writes, what the control plane asks and
/// what the clock says are taken one after another. It runs on a queue of its own because it writes the spool.
actor AgentSession {
    private let executor = QueueExecutor(label: "sam.agent-session")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    let configuration: RunnerConfiguration
    /// What the agent may do without asking. It grows stricter only.
    private(set) var permissions: PermissionMode
    private let logger: Logger
    var driver: any AgentDriver
    private var spool: Spool
    private var joiner = ChunkJoiner()
    private var lines = LineSplitter()
    private var lastWords = LastWords()
    private var outputBytes = 0

    private var process: OwnedProcess?
    private var verdict: AgentExit?
    private var answeredHandshake = false
    /// The prompt that the agent answers.
    private var runningTurn: PromptID?
    /// Whether a turn runs that the agent began by itself.
    private var isFollowingUp = false
    /// What runs beside the turns, as the agent says.
    private var background = BackgroundWork(tasks: [])
    private var hold = BackgroundHold()
    private var holdClock: Task<Void, Never>?
    var wasAskedToStop = false
    private var lastCommand = 0
    var questions: [String: AskedQuestion] = [:]
    var clocks: [String: Task<Void, Never>] = [:]
    /// What runs was asked to stop, and some of it may still run.
    var isCancelling = false
    /// What is still to be said of the session that this one goes on with.
    private var recap: String?
    /// More than a person can have before them.
    static let questionLimit = 16
    /// The most that a text of a person's answer has, in bytes.
    static let answerLimit = 32 << 10
    /// The most that a question has, in bytes of JSON: a session's log holds events of 64 KiB whole, and its answer has to fit in too.
    static let questionSizeLimit = 30 << 10

    /// What is to be written to the agent, in order. Ends when the agent is asked to stop.
    nonisolated let input: AsyncStream<Data>
    private let inputSender: AsyncStream<Data>.Continuation
    /// Ticks when there is something to deliver.
    nonisolated let spooled: AsyncStream<Void>
    private let spooledSender: AsyncStream<Void>.Continuation

    init(configuration: RunnerConfiguration, driver: any AgentDriver, logger: Logger) throws {
        self.configuration = configuration
        permissions = configuration.conversation.permissions
        self.driver = driver
        self.logger = logger
        recap = configuration.conversation.earlier?.recap
        spool = try Spool(path: RunnerConfiguration.spoolPath(in: configuration.folder))
        (input, inputSender) = AsyncStream.makeStream(of: Data.self)
        (spooled, spooledSender) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    // MARK: - The agent

    func started(_ process: OwnedProcess) {
        self.process = process
        // Its end was asked for while it was being started, and nobody will ask again.
        if verdict != nil || wasAskedToStop { process.signalGroup(SIGKILL) }
        begin()
    }

    func begin() {
        emit(.agentStarted(AgentStart(sandbox: configuration.sandbox)))
        perform(driver.begin())
    }

    func notStarted(_ message: String) {
        emit(.agentExited(AgentExit(.notStarted, message)))
    }

    func output(_ bytes: Data) {
        guard verdict == nil else { return }
        outputBytes += bytes.count
        guard outputBytes <= configuration.outputLimit, spool.length <= configuration.outputLimit else {
            return end(.flooded, "The agent wrote more than \(configuration.outputLimit >> 20) MiB, the limit of sessions.outputMebibytes.")
        }
        do {
            for line in try lines.append(bytes) { perform(driver.receive(line)) }
        } catch {
            end(.protocolViolation, "The agent wrote a line of more than \(error.limit >> 20) MiB.")
        }
    }

    func errorOutput(_ bytes: Data) {
        lastWords.append(bytes)
        logger.debug("agent: \(String(decoding: bytes, as: UTF8.self))")
    }

    /// An agent that closes its output and lives on has hung up. One that is about to end gets the time to.
    func outputEnded() {
        Task {
            try? await Task.sleep(for: .seconds(5))
            guard process != nil, !wasAskedToStop else { return }
            end(.protocolViolation, "The agent closed its output and went on.")
        }
    }

    func ended(_ termination: Termination) {
        if !lines.remainder.isEmpty {
            lastWords.append(lines.remainder)
            if verdict == nil, !wasAskedToStop {
                emit(.note(Note("The agent ended in the middle of a line of \(lines.remainder.count.of("byte")), which is lost.")))
            }
        }
        let evidence = ExitEvidence(
            termination: termination, earlier: verdict, wasAskedToStop: wasAskedToStop,
            answeredHandshake: answeredHandshake, hadRunningTurn: isAtWork, memoryKills: memoryKills(),
            lastWords: lastWords.text)
        process = nil
        dropQuestions { _ in true }
        background = BackgroundWork(tasks: [])
        // Otherwise the log would show its tasks as running for ever.
        if let ended = hold.end() { append(joiner.add(.background(ended))) }
        emit(.agentExited(AgentExit(evidence)))
    }

    // MARK: - The clock

    func handshakeTimedOut() {
        guard !answeredHandshake, verdict == nil, !wasAskedToStop else { return }
        end(
            .handshakeTimedOut,
            "The agent did not answer its protocol's handshake within \(configuration.handshakeTimeout / 1_000) s.")
    }

    func diskFilled(limit: Int) {
        end(
            .diskLimit,
            "The agent took more than \(limit >> 20) MiB of disk, the limit of sandbox.diskMebibytes.")
    }

    func flushChunks() {
        append(joiner.flush())
    }

    // MARK: - The control plane

    func receive(_ command: NumberedCommand) {
        guard command.n > lastCommand else { return }
        lastCommand = command.n
        switch command.command {
        case .prompt(var prompt):
            if let recap { prompt.text = "\(recap)\n\n\(prompt.text)" }
            recap = nil
            // A new prompt ends the cancellation: from here on the agent may ask again.
            isCancelling = false
            perform(driver.prompt(prompt))
        case .cancelTurn: cancelTurn()
        case .answer(let answer):
            guard case .permission(let permission)? = questions[answer.permission],
                let option = permission.options.first(where: { $0.id == answer.option })
            else { return }
            let text = answer.text.flatMap { $0.allSatisfy(\.isWhitespace) ? nil : $0.cut(to: Self.answerLimit) }
            settle(answer.permission, with: option, saying: text, by: .person)
        case .reply(let reply):
            guard case .inquiry(let inquiry)? = questions[reply.inquiry], let answers = inquiry.valid(reply.answers) else { return }
            settle(reply.inquiry, answers: answers, by: .person)
        case .stopBackground: perform(driver.stopBackground())
        case .permissions(let mode):
            guard mode < permissions else { return }
            permissions = mode
            driver.tighten(to: mode)
        case .stop: stop()
        }
    }

    /// The number after which the next commands are wanted.
    var commandsSeen: Int { lastCommand }

    /// Asks the agent to stop: the running turn first, then the conversation. Force is the caller's, after a grace.
    func stop() {
        guard !wasAskedToStop else { return }
        wasAskedToStop = true
        cancelTurn()
        inputSender.finish()
        let grace = configuration.stopGrace
        Task {
            try? await Task.sleep(for: .milliseconds(grace))
            force(SIGTERM)
            try? await Task.sleep(for: .seconds(2))
            force(SIGKILL)
        }
    }

    private func force(_ signal: CInt) {
        process?.signalGroup(signal)
    }

    /// This attempt is over. The agent is ended at once, and nothing more is told.
    func fence() {
        verdict = verdict ?? AgentExit(.fenced, "Another attempt has taken this one's place.")
        process?.signalGroup(SIGKILL)
    }

    /// The agent's process; `nil` while there is none.
    var agentProcess: pid_t? { process?.identifier }

    // MARK: - Delivery

    /// The next events to deliver.
    func batch() -> Spool.Batch? { spool.batch() }

    /// Everything up to this number is stored.
    func acknowledge(_ number: Int) { spool.acknowledge(number) }

    /// Nothing more will happen: the delivery ends when it has delivered what there is.
    func seal() {
        append(joiner.flush())
        spooledSender.yield()
        spooledSender.finish()
    }

    // MARK: - Inner workings

    /// What it asks has to be answered before it is asked to stop, or it waits for that.
    private func cancelTurn() {
        isCancelling = isAtWork
        dropQuestions { _ in true }
        perform(driver.cancelTurn())
    }

    /// Whether the agent does anything that is waited for.
    var isAtWork: Bool { runningTurn != nil || isFollowingUp || !background.awaited.isEmpty }

    var now: Int64 { Int64(Date().timeIntervalSince1970 * 1_000) }

    func perform(_ actions: [DriverAction]) {
        for action in actions {
            switch action {
            case .send(let data): inputSender.yield(data)
            case .emit(let event): emit(event)
            case .ask(let permission): ask(permission)
            case .inquire(let inquiry): inquire(inquiry)
            case .withdraw(let id): settle(id, by: .turn)
            case .stray(let line): lastWords.append(line + Data("\n".utf8))
            case .giveUp(let reason, let message): end(reason, message)
            }
        }
    }

    func emit(_ event: AgentEvent) {
        switch event {
        case .handshake(let identity):
            answeredHandshake = true
            if identity.remembers == true { recap = nil }
        case .turnStarted(let turn): if turn.isFollowUp == true { isFollowingUp = true } else { runningTurn = turn.prompt }
        case .turnEnded(let end):
            if end.isFollowUp == true { isFollowingUp = false } else { runningTurn = nil }
            if !isAtWork { isCancelling = false }
            // While two turns run, a question may belong to either, so it stands until both have ended.
            if runningTurn == nil, !isFollowingUp { dropQuestions(where: \.endsWithTurn) }
            // A sub-agent that is not among the background work has ended with the turn.
            if !isAtWork, !hold.isHolding { dropQuestions(where: \.endsWithWork) }
        case .background(let work): return take(work.bounded)
        default: break
        }
        pass(on: event)
        if case .turnStarted = event { flushBackground() }
    }

    /// Takes what runs beside the turns.
    private func take(_ work: BackgroundWork) {
        background = work
        if !isAtWork { isCancelling = false }
        let wasHolding = hold.isHolding
        if let due = hold.add(work) { pass(on: .background(due)) }
        guard hold.isHolding != wasHolding else { return }
        holdClock?.cancel()
        guard hold.isHolding else { return }
        holdClock = Task {
            guard (try? await Task.sleep(for: BackgroundHold.grace)) != nil else { return }
            flushBackground()
        }
    }

    /// Tells what was held back.
    func flushBackground() {
        guard let due = hold.release() else { return }
        pass(on: .background(due))
        // Nothing is left that could wait for an answer.
        if !isAtWork { dropQuestions(where: \.endsWithWork) }
    }

    private func pass(on event: AgentEvent) {
        let wasHolding = joiner.isHolding
        append(joiner.add(event))
        if joiner.isHolding, !wasHolding {
            Task {
                try? await Task.sleep(for: .milliseconds(40))
                flushChunks()
            }
        }
    }

    private func append(_ events: [AgentEvent]) {
        for event in events {
            do {
                try spool.append(event, at: now)
            } catch {
                logger.error("An event could not be kept: \(error)")
                end(.spoolFull, "The session's events can't be kept on disk: \((error as? Spool.Refused)?.message ?? reason(of: error))")
            }
        }
        if !events.isEmpty { spooledSender.yield() }
    }

    /// Ends the agent by force, for a reason.
    private func end(_ reason: AgentExit.Reason, _ message: String) {
        guard verdict == nil else { return }
        verdict = AgentExit(reason, message)
        inputSender.finish()
        process?.signalGroup(SIGKILL)
    }

    private func memoryKills() -> Int {
        guard let file = configuration.memoryEvents,
            let content = try? String(contentsOfFile: file, encoding: .utf8)
        else { return 0 }
        let line = content.split(separator: "\n").first { $0.hasPrefix("oom_kill ") }
        return line.flatMap { Int($0.dropFirst("oom_kill ".count)) } ?? 0
    }
}
