/// One line of git's progress output.
struct GitProgress: Sendable, Hashable {
    /// As in “Receiving objects”.
    var part: String
    var percent: Int?
    var done: Int
    var total: Int?
    /// The amount received and its speed, as in “12.30 MiB | 1.20 MiB/s”.
    var amount: String?

    /// Parses a line, without its end.
    ///
    /// - Returns: `nil` for any other line. The pattern limits what a server can put into it to letters, numbers and a few other
    ///   characters.
    init?(_ line: some StringProtocol) {
        guard line.utf8.count <= 200,
            let match = String(line).wholeMatch(
                of:
                    /(?:remote: )?([A-Z][A-Za-z -]{2,50}): +(?:([0-9]{1,3})% \()?([0-9]{1,15})(?:\/([0-9]{1,15})\))?(?:, ([0-9.]+ [A-Za-z]+(?: \| [0-9.]+ [A-Za-z\/]+)?))?(?:, done\.)?[ \e\[K]*/
            ), let done = Int(match.3)
        else { return nil }
        part = String(match.1)
        percent = match.2.flatMap { Int($0) }.map { min($0, 100) }
        self.done = done
        total = match.4.flatMap { Int($0) }
        amount = match.5.map(String.init)
    }

    /// The progress without the speed, which changes even when nothing arrives.
    var reached: [String] { [part, String(done), amount.map { String($0.prefix { $0 != "|" }) } ?? ""] }

    /// A description for people, as in “receiving objects 45% (450 of 1000), 12.30 MiB | 1.20 MiB/s”.
    var sentence: String {
        let count = total.map { "\(done) of \($0)" } ?? "\(done)"
        let share = percent.map { "\($0)% (\(count))" } ?? count
        return "\(part.prefix(1).lowercased())\(part.dropFirst()) \(share)" + (amount.map { ", \($0)" } ?? "")
    }
}
