/// What a gatherer found. It comes from a sandbox over an agent's files, so its reader trusts none of it: refs are fetched with every
/// object checked, and texts are bounded before they are kept.
public struct GatherReport: Sendable, Codable {
    /// Which kind of thing a piece of work was in the workspace.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        case heads, tags, stash, refs, nested, lost
        /// A commit that joins what is more than ``refLimit``.
        case joined
    }

    /// A piece of work and the ref to fetch it by.
    public struct Work: Sendable, Codable {
        public var kind: Kind
        /// What the agent called it: bytes, which need not be text.
        public var name: [UInt8]
        /// Counts from 1: `refs/sam/out/<number>`.
        public var number: Int
        /// Whether its history ends early, as in a shallow clone.
        public var isShallow: Bool

        /// Names work.
        public init(kind: Kind, name: [UInt8], number: Int, isShallow: Bool = false) {
            self.kind = kind
            self.name = name
            self.number = number
            self.isShallow = isShallow
        }

        /// Its name for people.
        public var shown: String { String(decoding: name, as: UTF8.self) }
    }

    /// Files that stay behind in one folder.
    public struct Ignored: Sendable, Codable {
        public var folder: String
        public var files: Int
        public var areLeftBehind: Bool
    }

    /// The number of the ref with the session's own work; `nil` when it has none.
    public var main: Int?
    public var works: [Work] = []
    /// Sentences for a person.
    public var notes: [String] = []
    public var ignored: [Ignored] = []
    /// What could not be brought out, a sentence each.
    public var remaining: [String] = []

    /// An empty report.
    public init() {}

    /// The same with at most 100 notes and 100 remaining sentences, so that the report stays small enough to be read.
    var bounded: GatherReport {
        var bounded = self
        bounded.notes = Self.bounded(notes)
        bounded.remaining = Self.bounded(remaining)
        return bounded
    }

    private static func bounded(_ sentences: [String]) -> [String] {
        let first = sentences.prefix(99).map { String($0.prefix(500)) }
        return sentences.count > first.count ? first + ["And \(sentences.count - first.count) more like these."] : first
    }

    /// The most refs that are brought out one by one; commits join the rest.
    public static let refLimit = 400
    /// The most of those commits, for refs and for commits that no ref reaches.
    public static let joinLimit = 20

    /// The ref of a piece of work in the repository that it is fetched from.
    public static func reference(_ number: Int) -> String { "refs/sam/out/\(number)" }
}
