/// What a gatherer found. It comes from a sandbox over an agent's files, so its reader trusts none of it: refs are fetched with every
/// object checked, and texts are bounded before they are kept.
public struct GatherReport: Sendable, Codable {
    /// Which kind of thing a piece of work was in the workspace.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        case heads, tags, stash, refs, nested, lost
    }

    /// A piece of work and the ref to fetch it by.
    public struct Work: Sendable, Codable {
        public var kind: Kind
        /// What the agent called it.
        public var name: String
        /// Counts from 1: `refs/sam/out/<number>`.
        public var number: Int

        /// Names work.
        public init(kind: Kind, name: String, number: Int) {
            self.kind = kind
            self.name = name
            self.number = number
        }
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

    /// More refs than anybody looks at; what is beyond arrives behind commits that join them.
    public static let refLimit = 400

    /// The ref of a piece of work in the repository that it is fetched from.
    public static func reference(_ number: Int) -> String { "refs/sam/out/\(number)" }
}
