import AgentProtocol

/// Holds back the news that nothing runs beside an agent's turns any more, for a grace.
///
/// An agent often begins a turn by itself over the end of a task. Told at once, the end would make its session idle for the moment
/// in between, and a session that ends when it is idle would end without that turn.
struct BackgroundHold: Sendable {
    /// How long the news is held back. Such a turn was seen to start 20 to 150 ms after the end of its task; on a busy machine that
    /// may take ten times as long.
    static let grace = Duration.seconds(2)

    /// The tasks that were told last.
    private(set) var told = BackgroundWork(tasks: [])
    private var held: BackgroundWork?

    var isHolding: Bool { held != nil }

    /// Takes what runs now.
    ///
    /// - Returns: what is to be told at once; `nil` when nothing is.
    mutating func add(_ work: BackgroundWork) -> BackgroundWork? {
        guard work.awaited.isEmpty, !told.awaited.isEmpty else {
            held = nil
            return tell(work)
        }
        held = work
        return nil
    }

    /// What was held back and is to be told now.
    mutating func release() -> BackgroundWork? {
        guard let work = held else { return nil }
        held = nil
        return tell(work)
    }

    /// The agent is gone, and its tasks with it.
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
