/// Finds the known word that is nearest to an unknown one, for suggestions.
public enum Nearest {
    /// The nearest word, if it is near enough.
    ///
    /// - Returns: `nil` if no word is near enough or two are equally near.
    public static func word(to typed: String, among words: some Sequence<String>) -> String? {
        let wanted = Array(typed.lowercased().unicodeScalars.prefix(longest))
        guard !wanted.isEmpty else { return nil }
        // At most a third of the letters and at most three may differ.
        let limit = min(3, max(1, wanted.count / 3))
        var best: (word: String, distance: Int)?
        var isTie = false
        for word in Set(words) {
            let candidate = Array(word.lowercased().unicodeScalars.prefix(longest))
            guard abs(candidate.count - wanted.count) <= limit else { continue }
            let distance = distance(wanted, candidate)
            guard distance <= limit, distance <= best?.distance ?? limit else { continue }
            isTie = distance == best?.distance
            best = (word, distance)
        }
        return isTie ? nil : best?.word
    }

    /// A suggestion to append to a sentence, “ Did you mean “…”?”; empty if no word is near enough.
    public static func hint(for typed: String, among words: some Sequence<String>) -> String {
        word(to: typed, among: words).map { " Did you mean “\($0)”?" } ?? ""
    }

    /// The number of letters that are compared.
    private static let longest = 80

    /// The number of insertions, deletions, replacements and swaps of neighbouring letters.
    static func distance(_ one: [Unicode.Scalar], _ other: [Unicode.Scalar]) -> Int {
        var before: [Int] = []
        var above = Array(0...other.count)
        for i in one.indices {
            var row = [i + 1]
            for j in other.indices {
                var cost = min(above[j + 1] + 1, row[j] + 1, above[j] + (one[i] == other[j] ? 0 : 1))
                if i > 0, j > 0, one[i] == other[j - 1], one[i - 1] == other[j] { cost = min(cost, before[j - 1] + 1) }
                row.append(cost)
            }
            before = above
            above = row
        }
        return above[other.count]
    }
}
