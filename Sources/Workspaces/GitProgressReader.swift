import Synchronization

/// Reads what a git that runs writes to standard error, as it comes: its progress, and what it complains about.
final class GitProgressReader: Sendable {
    private struct State {
        var line: [UInt8] = []
        var last: GitProgress?
        var rest: [String] = []
    }

    /// Longer lines are no progress, and more of them than a sentence needs are not kept.
    private static let lineLimit = 4_096
    private static let restLimit = 200

    private let step: String
    private let report: WorkspaceProgress.Report
    private let state = Mutex(State())

    init(_ step: String, _ report: @escaping WorkspaceProgress.Report) {
        self.step = step
        self.report = report
    }

    /// Takes a piece.
    ///
    /// - Returns: whether it tells anything that was not told before.
    func take(_ bytes: [UInt8]) -> Bool {
        let (news, newest) = state.withLock { state in
            var news = false
            var newest: GitProgress?
            for byte in bytes {
                guard byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\n") else {
                    if state.line.count < Self.lineLimit { state.line.append(byte) }
                    continue
                }
                let line = String(decoding: state.line, as: UTF8.self)
                state.line = []
                guard let progress = GitProgress(line) else {
                    if line.contains(where: { !$0.isWhitespace }) { news = true }
                    // The list of refs that came can be long, and is no complaint.
                    if !["From ", " * ", " + ", " - ", "   "].contains(where: line.hasPrefix) { state.rest.append(line) }
                    // What ended it stands last.
                    if state.rest.count > Self.restLimit { state.rest.removeFirst() }
                    continue
                }
                if progress.reached != state.last?.reached { news = true }
                if progress != state.last { newest = progress }
                state.last = progress
            }
            return (news, newest)
        }
        if let newest { report(WorkspaceProgress(step, percent: newest.percent, detail: newest.sentence)) }
        return news
    }

    /// How far it had come, as a sentence.
    var lastWords: String { state.withLock { $0.last.map { "It had come to: \($0.sentence)." } ?? "" } }

    /// Everything that was no progress.
    var complaints: String {
        state.withLock { ($0.rest + [String(decoding: $0.line, as: UTF8.self)]).joined(separator: "\n") }
    }
}
