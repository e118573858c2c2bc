import Synchronization

/// Reads the standard error of a running git as it arrives: its progress, and its complaints.
final class GitProgressReader: Sendable {
    private struct State {
        var line: [UInt8] = []
        var last: GitProgress?
        var rest: [String] = []
    }

    /// Lines are cut at this many bytes; progress is shorter. Only the newest complaints are kept.
    private static let lineLimit = 4_096
    private static let restLimit = 200

    private let step: String
    private let report: WorkspaceProgress.Report
    private let state = Mutex(State())

    init(_ step: String, _ report: @escaping WorkspaceProgress.Report) {
        self.step = step
        self.report = report
    }

    /// Reads a piece of output.
    ///
    /// - Returns: whether it has anything new.
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
                    if !Self.isSummary(line) { state.rest.append(line) }
                    // Drops the oldest, because the reason for a failure comes last.
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

    /// Whether git sums up its work: the list of fetched refs, which can be long, and the server's count of objects, which arrives
    /// or not depending on which side stops first.
    private static func isSummary(_ line: String) -> Bool {
        ["From ", " * ", " + ", " - ", "   "].contains(where: line.hasPrefix)
            || line.prefixMatch(of: #/(?:remote: )?Total [0-9]+ \(delta [0-9]+\), reused [0-9]+ /#) != nil
    }

    /// The last progress, as a sentence.
    var lastWords: String { state.withLock { $0.last.map { "It had come to: \($0.sentence)." } ?? "" } }

    /// All kept lines that are not progress.
    var complaints: String {
        state.withLock { ($0.rest + [String(decoding: $0.line, as: UTF8.self)]).joined(separator: "\n") }
    }
}
