import Workspaces

/// What is told of a step that takes longer than a moment. Pure.
struct StepLines {
    /// What is being done, once it has taken longer than a second.
    private(set) var current: String?
    private var name: String?
    private var since: Int64 = 0
    private var lastLine: Int64?

    /// Milliseconds until a step is worth a word, and between two lines about it where none is drawn again.
    private static let moment: Int64 = 1_000
    private static let pause: Int64 = 10_000

    /// Takes how far it has come.
    ///
    /// - Parameter now: UTC milliseconds.
    /// - Returns: a line about it, where it is time for one.
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

    /// What stands behind the session's own state.
    var suffix: String { current.map { ", \($0)" } ?? "" }
}
