import AgentProtocol
import Logging
import Wording

/// Carries out the background work of sessions: one piece after another for each session, different sessions at the same time.
///
/// All of it is recorded before it is requested, and can be repeated.
actor SessionWork {
    private let steps: WorkSteps
    private let signals: SessionSignals
    private let logger: Logger
    /// The last piece of work of each session.
    private(set) var tasks: [SessionID: Task<Void, Never>] = [:]
    /// How many pieces of work were started for a session.
    private var numbers: [SessionID: Int] = [:]
    /// The tasks that prepare sessions' workspaces.
    private var preparations: [SessionID: Task<Void, Never>] = [:]

    init(steps: WorkSteps) {
        self.steps = steps
        signals = steps.signals
        logger = steps.logger
    }

    /// Works until the task is cancelled. Then what is unfinished is abandoned; its record stays.
    func run() async {
        for await item in signals.work { begin(item) }
        for task in tasks.values { task.cancel() }
    }

    private func begin(_ item: WorkItem) {
        let session = item.session
        switch item.piece {
        case .prepare: preparations[session] = inBackground(session) { [steps] in try await steps.prepare(session) }
        case .abandonPreparation: preparations[session]?.cancel()
        case .launch(let attempt): inBackground(session) { [steps] in try await steps.launch(session, attempt) }
        case .recordDeath(let record):
            inBackground(session) { [steps, signals] in
                defer { signals.update { $0.deathRecorded(of: session) } }
                try await steps.recordDeath(of: record)
            }
        case .salvage: inBackground(session) { [steps] in try await steps.salvage(session) }
        case .cleanUp(let keepingWorkspace):
            inBackground(session) { [steps] in try await steps.cleanUp(session, keepingWorkspace: keepingWorkspace) }
        }
    }

    /// Runs a piece of work for a session after the work that runs for it already.
    @discardableResult
    private func inBackground(_ session: SessionID, _ body: @escaping @Sendable () async throws -> Void) -> Task<Void, Never> {
        let previous = tasks[session]
        let number = numbers[session, default: 0] + 1
        numbers[session] = number
        let task = Task {
            await previous?.value
            do {
                try await body()
            } catch is CancellationError {
                // It was abandoned, or the server stops; the record stays.
            } catch {
                logger.error("\(session.rawValue): \(logWords(of: error))")
                // Waits a moment before the work is tried again.
                try? await Task.sleep(for: .seconds(1))
            }
            ended(session, number)
        }
        tasks[session] = task
        return task
    }

    private func ended(_ session: SessionID, _ number: Int) {
        if numbers[session] == number {
            tasks[session] = nil
            numbers[session] = nil
            preparations[session] = nil
        }
        signals.workEnded(for: session)
    }
}
