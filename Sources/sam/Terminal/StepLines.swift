import Workspaces

/// Decides what is printed about a step that takes longer. Pure.
struct StepLines {
    /// The current step, once it has taken longer than a second.
    private(set) var current: String?
    private var name: String?
    private var since: Int64 = 0
    private var lastLine: Int64?

    /// The time until a step is shown, and between two lines about it where there is no status line, in milliseconds.
    private static let moment: Int64 = 1_000
    private static let pause: Int64 = 10_000

    /// Updates the progress.
    ///
    /// - Parameter now: UTC milliseconds.
    /// - Returns: a line to print, if one is due.
    mutating func take(_ step: WorkspaceProgress?, at now: Int64) -> String? {
        guard let step else {
            self = StepLines()
            return nil
        }
        if step.step != name {
            name = step.step
            since = now
            lastLine = nil
        }
        let text = step.sentence
        current = now - since >= Self.moment ? text : nil
        guard current != nil, lastLine.map({ now - $0 >= Self.pause }) ?? true else { return nil }
        lastLine = now
        return text
    }

    /// The text to append to the session's state.
    var suffix: String { current.map { ", \($0)" } ?? "" }
}
