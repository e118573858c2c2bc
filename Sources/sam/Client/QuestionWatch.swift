/// When a terminal that asks questions asks the server what is open, and when it shows its question again.
struct QuestionWatch {
    /// How often the server is asked while nothing is seen to change: a question that was answered elsewhere can lack an event.
    static let interval = Duration.seconds(3)

    private var seen = 0
    private var last: ContinuousClock.Instant?
    private var below = 0
    private var quietLooks = 0
    /// How many looks without anything new end a piece of output: a question between the parts of a text would only disturb.
    private static let pause = 4

    /// Whether to ask the server now.
    ///
    /// - Parameters:
    ///   - changes: how many questions were seen to open or close.
    ///   - isOpen: whether any question is open, as far as is known here.
    mutating func isDue(changes: Int, isOpen: Bool, now: ContinuousClock.Instant) -> Bool {
        let hasChanged = changes != seen
        seen = changes
        guard isOpen, hasChanged || last.map({ now - $0 >= Self.interval }) ?? true else { return false }
        last = now
        return true
    }

    /// Asks the server at the next look.
    mutating func lookAgain() { last = nil }

    /// Whether the question is to be shown again: something was written below it, and nothing more for a few looks.
    ///
    /// - Parameter below: how often something was written below it.
    mutating func isCovered(below: Int) -> Bool {
        quietLooks = below > 0 && below == self.below ? quietLooks + 1 : 0
        self.below = below
        guard quietLooks >= Self.pause else { return false }
        quietLooks = 0
        self.below = 0
        return true
    }
}
