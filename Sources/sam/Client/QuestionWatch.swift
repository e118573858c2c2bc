/// Decides when to ask the server for open questions, and when to show a question again.
struct QuestionWatch {
    /// The polling interval while nothing changes: a question that was answered elsewhere may produce no event.
    static let interval = Duration.seconds(3)

    private var seen = 0
    private var last: ContinuousClock.Instant?
    private var below = 0
    private var quietLooks = 0
    /// The number of quiet looks after which output counts as finished: a question in the middle of a text would disturb.
    private static let pause = 4

    /// Whether to ask the server now.
    ///
    /// - Parameters:
    ///   - changes: the number of questions that were seen to open or close.
    ///   - isOpen: whether a question is open, as far as is known here.
    mutating func isDue(changes: Int, isOpen: Bool, now: ContinuousClock.Instant) -> Bool {
        let hasChanged = changes != seen
        seen = changes
        guard isOpen, hasChanged || last.map({ now - $0 >= Self.interval }) ?? true else { return false }
        last = now
        return true
    }

    /// Asks the server at the next look.
    mutating func lookAgain() { last = nil }

    /// Whether to show the question again: output followed it and has stopped.
    ///
    /// - Parameter below: the number of outputs that followed it.
    mutating func isCovered(below: Int) -> Bool {
        quietLooks = below > 0 && below == self.below ? quietLooks + 1 : 0
        self.below = below
        guard quietLooks >= Self.pause else { return false }
        quietLooks = 0
        self.below = 0
        return true
    }
}
