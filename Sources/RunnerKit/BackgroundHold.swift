import AgentProtocol

/// Delays the event that an agent's last background task has ended.
///
/// An agent often starts a turn by itself after a task has ended. If the end were reported at once, the session would be idle in between,
/// and a session that ends when idle would end before that turn.
struct BackgroundHold: Sendable {
    /// The delay. Such turns were observed to start 20 to 150 ms after the task's end; on a busy machine it may take ten times as long.
    static let grace = Duration.seconds(2)

    /// The tasks that were reported last.
    private(set) var told = BackgroundWork(tasks: [])
    private var held: BackgroundWork?

    var isHolding: Bool { held != nil }

    /// Adds the current tasks.
    ///
    /// - Returns: the tasks to report now; `nil` if there is nothing to report.
    mutating func add(_ work: BackgroundWork) -> BackgroundWork? {
        guard work.awaited.isEmpty, !told.awaited.isEmpty else {
            held = nil
            return tell(work)
        }
        held = work
        return nil
    }

    /// Ends the delay and returns the tasks to report now.
    mutating func release() -> BackgroundWork? {
        guard let work = held else { return nil }
        held = nil
        return tell(work)
    }

    /// The agent has ended, and its tasks with it.
    mutating func end() -> BackgroundWork? {
        held = nil
        return tell(BackgroundWork(tasks: []))
    }

    private mutating func tell(_ work: BackgroundWork) -> BackgroundWork? {
        guard work != told else { return nil }
        told = work
        return work
    }
}
