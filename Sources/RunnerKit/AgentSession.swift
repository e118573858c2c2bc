import AgentDrivers
import AgentProtocol
import Foundation
import Logging
import Processes
import Sandbox
import Wording

/// One agent's process and its events, in order.
///
/// All methods are synchronous, so that the agent's output, the control plane's commands and time-outs are handled one after another. The
/// actor has a queue of its own because it writes the spool.
actor AgentSession {
    private let executor = QueueExecutor(label: "sam.agent-session")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    let configuration: RunnerConfiguration
    /// The actions that the agent may take without asking. It only becomes stricter.
    private(set) var permissions: PermissionMode
    private let logger: Logger
    var driver: any AgentDriver
    private var spool: Spool
    private var joiner = ChunkJoiner()
    private var lines = LineSplitter()
    private var lastWords = LastWords()
    private var outputBytes = 0
    /// The bytes in ``input`` that were not written to the agent yet.
    private var unread = 0
    /// The most bytes that the last prompt takes in ``input``. The driver may send it later than other messages.
    private var promptSize = 0
    /// A file whose line `oom_kill N` counts the processes that the kernel killed for lack of memory.
    private var memoryEvents: String?

    private var process: OwnedProcess?
    private var verdict: AgentExit?
    private var answeredHandshake = false
    /// The prompt that the agent is answering.
    private var runningTurn: PromptID?
    /// Whether a turn runs that the agent started by itself.
    private var isFollowingUp = false
    /// The background work that the agent reported last.
    private var background = BackgroundWork(tasks: [])
    private var hold = BackgroundHold()
    private var holdClock: Task<Void, Never>?
    private var stopCause: StopCause?
    var wasAskedToStop: Bool { stopCause != nil }
    private var hasEnded = false
    private var lastCommand = 0
    var questions: [String: AskedQuestion] = [:]
    var clocks: [String: Task<Void, Never>] = [:]
    /// Whether the running work was asked to stop and some of it may still run.
    var isCancelling = false
    /// The summary of the session that this one continues, until it was sent with a prompt.
    private var recap: String?
    /// The most open questions: more than a person can handle at once.
    static let questionLimit = 16
    /// The longest text in a person's answer, in bytes.
    static let answerLimit = 32 << 10
    /// The largest question, in bytes of JSON: the session's log keeps events of up to 64 KiB whole, and the answer has to fit in too.
    static let questionSizeLimit = 30 << 10

    /// The longest line whose JSON values are not counted, in bytes.
    static let uncountedLine = 1 << 20
    /// The most JSON values and names in a longer line.
    static let valueLimit = 200_000
    /// The most bytes that the agent may leave unread, in addition to its prompt.
    static let unreadLimit = 8 << 20

    /// The bytes to write to the agent, in order. Finishes when the agent is asked to stop.
    nonisolated let input: AsyncStream<Data>
    private let inputSender: AsyncStream<Data>.Continuation
    /// Yields when there are events to deliver.
    nonisolated let spooled: AsyncStream<Void>
    private let spooledSender: AsyncStream<Void>.Continuation

    /// - Parameter folder: the attempt's folder, for the spool.
    init(configuration: RunnerConfiguration, folder: String, driver: any AgentDriver, logger: Logger) throws {
        self.configuration = configuration
        permissions = configuration.conversation.permissions
        self.driver = driver
        self.logger = logger
        recap = configuration.conversation.earlier?.recap
        spool = try Spool(path: RunnerPlace.spoolPath(in: folder))
        (input, inputSender) = AsyncStream.makeStream(of: Data.self)
        (spooled, spooledSender) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    // MARK: - The agent

    /// Takes the file that counts the processes killed for lack of memory.
    func watchMemory(_ file: String?) { memoryEvents = file }

    func started(_ process: OwnedProcess) {
        self.process = process
        // A stop or an end was requested while the agent was starting, and will not be requested again.
        if verdict != nil || wasAskedToStop { process.signalGroup(SIGKILL) }
        begin()
    }

    func begin() {
        emit(.agentStarted(AgentStart(sandbox: configuration.sandbox.rawValue)))
        perform(driver.begin())
    }

    func notStarted(_ message: String) {
        hasEnded = true
        emit(.agentExited(AgentExit(.notStarted, message)))
    }

    func output(_ bytes: Data) {
        guard verdict == nil else { return }
        outputBytes += bytes.count
        guard outputBytes <= configuration.outputLimit, spool.length <= configuration.outputLimit else {
            return end(.flooded, "The agent wrote more than \(configuration.outputLimit >> 20) MiB, the limit of sessions.outputMebibytes.")
        }
        do {
            for line in try lines.append(bytes) { receive(line) }
        } catch {
            end(.protocolViolation, "The agent wrote a line of more than \(error.limit >> 20) MiB.")
        }
    }

    /// Hands a line to the driver, which decodes it: many small values take some 30 times the memory of their text.
    private func receive(_ line: Data) {
        if line.count > Self.uncountedLine, JSONLine.hasMoreValues(than: Self.valueLimit, in: line) {
            let size = "\(line.count) bytes with more than \(Self.valueLimit) JSON values"
            return emit(.note(Note("The agent wrote a line of \(size), which was left out.")))
        }
        perform(driver.receive(line))
    }

    func errorOutput(_ bytes: Data) {
        lastWords.append(bytes)
        logger.debug("agent: \(String(decoding: bytes, as: UTF8.self))")
    }

    /// Ends an agent that closes its output but keeps running, after 5 s for it to exit.
    func outputEnded() {
        Task {
            try? await Task.sleep(for: .seconds(5))
            guard process != nil, !wasAskedToStop else { return }
            end(.protocolViolation, "The agent closed its output and kept running.")
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
            termination: termination, earlier: verdict, stopped: stopCause,
            answeredHandshake: answeredHandshake, hadRunningTurn: isAtWork, memoryKills: memoryKills(),
            lastWords: lastWords.text)
        process = nil
        hasEnded = true
        dropQuestions { _ in true }
        background = BackgroundWork(tasks: [])
        // Otherwise the log would show its tasks as running forever.
        if let ended = hold.end() { append(joiner.add(.background(ended))) }
        emit(.agentExited(AgentExit(evidence)))
    }

    // MARK: - Time-outs

    func handshakeTimedOut() {
        guard !answeredHandshake, verdict == nil, !wasAskedToStop else { return }
        end(
            .handshakeTimedOut,
            "The agent did not answer its protocol's handshake within \(configuration.handshakeTimeout / 1_000) s.")
    }

    func diskFilled(_ excess: DiskWatch.Excess, limit: Int) {
        let message =
            switch excess {
            case .bytes: "The agent took more than \(limit >> 20) MiB of disk, the limit of sandbox.diskMebibytes."
            case .entries:
                "The agent made more than \(DiskWatch.entries(in: limit)) files and folders, each of which counts as at least \(DiskWatch.entrySize >> 10) KiB of the \(limit >> 20) MiB of sandbox.diskMebibytes."
            }
        end(.diskLimit, message)
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
            // A byte of text takes at most 6 as JSON; images are in base64.
            promptSize = prompt.text.utf8.count * 6 + (prompt.images ?? []).reduce(0) { $0 + $1.data.count / 3 * 4 + 1_024 }
            // A new prompt ends the cancellation: the agent may ask again.
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

    /// The number of the last command received.
    var commandsSeen: Int { lastCommand }

    /// Asks the agent to stop: cancels the turn and closes its input, then sends SIGTERM after the grace period and SIGKILL 2 s later.
    ///
    /// - Parameter cause: the first one counts.
    func stop(_ cause: StopCause = .command) {
        guard !wasAskedToStop else { return }
        stopCause = cause
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

    /// Ends the agent at once because this attempt is over.
    func fence() {
        verdict = verdict ?? AgentExit(.fenced, "Another attempt has taken this one's place.")
        process?.signalGroup(SIGKILL)
    }

    /// The agent's process id; `nil` if it does not run.
    var agentProcess: pid_t? { process?.identifier }

    // MARK: - Delivery

    /// The next events to deliver.
    func batch() -> Spool.Batch? { spool.batch() }

    /// Marks the events up to this number as stored.
    func acknowledge(_ number: Int) { spool.acknowledge(number) }

    /// Ends the event stream: delivery finishes once everything was delivered.
    func seal() {
        append(joiner.flush())
        spooledSender.yield()
        spooledSender.finish()
    }

    // MARK: - Internals

    /// Drops open questions first: the agent would wait for their answers and not stop.
    private func cancelTurn() {
        isCancelling = isAtWork
        dropQuestions { _ in true }
        perform(driver.cancelTurn())
    }

    /// Whether the agent is doing anything that a session waits for.
    var isAtWork: Bool { runningTurn != nil || isFollowingUp || !background.awaited.isEmpty }

    var now: Int64 { Int64(Date().timeIntervalSince1970 * 1_000) }

    func perform(_ actions: [DriverAction]) {
        for action in actions {
            switch action {
            case .send(let data): send(data)
            case .emit(let event): emit(event)
            case .ask(let permission): ask(permission)
            case .inquire(let inquiry): inquire(inquiry)
            case .withdraw(let id): settle(id, by: .turn)
            case .stray(let line): lastWords.append(line + Data("\n".utf8))
            case .giveUp(let reason, let message): end(reason, message)
            }
        }
    }

    private func send(_ data: Data) {
        // After the end of the input, messages are dropped.
        guard case .enqueued = inputSender.yield(data) else { return }
        unread += data.count
        guard unread > Self.unreadLimit + promptSize else { return }
        end(
            .protocolViolation,
            "The agent left more than \(Self.unreadLimit >> 20) MiB unread that SAM wrote to it, mostly answers to its own requests.")
    }

    /// Bytes of ``input`` were written to the agent.
    func written(_ count: Int) { unread -= count }

    func emit(_ event: AgentEvent) {
        switch event {
        case .handshake(let identity):
            answeredHandshake = true
            if identity.remembers == true { recap = nil }
        case .turnStarted(let turn): if turn.isFollowUp == true { isFollowingUp = true } else { runningTurn = turn.prompt }
        case .turnEnded(let end):
            if end.isFollowUp == true { isFollowingUp = false } else { runningTurn = nil }
            if !isAtWork { isCancelling = false }
            // While two turns run, a question may belong to either, so it stays open until both have ended.
            if runningTurn == nil, !isFollowingUp { dropQuestions(where: \.endsWithTurn) }
            // A sub-agent that is not in the background work has ended with the turn.
            if !isAtWork, !hold.isHolding { dropQuestions(where: \.endsWithWork) }
        case .background(let work): return take(work.bounded)
        default: break
        }
        pass(on: event)
        if case .turnStarted = event { flushBackground() }
    }

    /// Handles the agent's background work.
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

    /// Emits the background work that was held back.
    func flushBackground() {
        guard let due = hold.release() else { return }
        pass(on: .background(due))
        // Nothing runs any more that could wait for an answer.
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

    /// Kills the agent for this reason.
    private func end(_ reason: AgentExit.Reason, _ message: String) {
        guard verdict == nil else { return }
        verdict = AgentExit(reason, message)
        inputSender.finish()
        process?.signalGroup(SIGKILL)
    }

    private func memoryKills() -> Int {
        guard let file = memoryEvents,
            let content = try? String(contentsOfFile: file, encoding: .utf8)
        else { return 0 }
        let line = content.split(separator: "\n").first { $0.hasPrefix("oom_kill ") }
        return line.flatMap { Int($0.dropFirst("oom_kill ".count)) } ?? 0
    }
}
