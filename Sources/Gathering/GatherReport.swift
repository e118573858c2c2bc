/// The findings of a gatherer. They come from a sandbox over an agent's files, so the reader trusts none of them: refs are fetched with
/// every object checked, and texts are cut before they are stored.
public struct GatherReport: Sendable, Codable {
    /// What a piece of work was in the workspace.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// A branch, a tag, a stash entry, another ref, part of a nested repository, or a commit that no ref reaches.
        case heads, tags, stash, refs, nested, lost
        /// A commit that joins the refs beyond ``refLimit``.
        case joined
    }

    /// A piece of work and the ref to fetch it by.
    public struct Work: Sendable, Codable {
        /// What it was in the workspace.
        public var kind: Kind
        /// The agent's name for it, in bytes, which need not be valid text.
        public var name: [UInt8]
        /// Counts from 1: `refs/sam/out/<number>`.
        public var number: Int
        /// Whether its history is shallow.
        public var isShallow: Bool

        /// Creates a piece of work.
        public init(kind: Kind, name: [UInt8], number: Int, isShallow: Bool = false) {
            self.kind = kind
            self.name = name
            self.number = number
            self.isShallow = isShallow
        }

        /// The name for people.
        public var shown: String { String(decoding: name, as: UTF8.self) }
    }

    /// Files in one folder that are not brought out.
    public struct Ignored: Sendable, Codable {
        /// The folder, relative to the workspace; empty for its top.
        public var folder: String
        /// The number of files.
        public var files: Int
        /// Whether the agent keeps them there for itself.
        public var areLeftBehind: Bool
    }

    /// The number of the ref with the session's own work; `nil` when there is none.
    public var main: Int?
    /// All other work.
    public var works: [Work] = []
    /// Notes for people, a sentence each.
    public var notes: [String] = []
    /// Files that are not brought out.
    public var ignored: [Ignored] = []
    /// Work that could not be brought out, a sentence each.
    public var remaining: [String] = []

    /// Creates an empty report.
    public init() {}

    /// The same report with at most 100 notes and 100 remaining sentences, so that it stays small enough to be read.
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

    /// The most refs that are brought out one by one; the rest are joined in commits.
    public static let refLimit = 400
    /// The most joining commits, for refs and for commits that no ref reaches.
    public static let joinLimit = 20

    /// The ref of a piece of work in the repository from which it is fetched.
    public static func reference(_ number: Int) -> String { "refs/sam/out/\(number)" }
}
