import Credentials
import Wording

/// A file that an entry brings into its agent's home, with placeholders as in the agent's variables.
public struct HomeFile: Sendable, Hashable {
    /// The content with any provider that ``perProvider`` does not name; `nil` for none.
    public var content: String?
    /// What it holds with a provider.
    public var perProvider: [Provider: String]

    /// Describes a file.
    public init(content: String? = nil, perProvider: [Provider: String] = [:]) {
        self.content = content
        self.perProvider = perProvider
    }

    /// More than an agent has settings in.
    static let countLimit = 16
    /// In bytes, before placeholders are replaced.
    static let sizeLimit = 64 << 10
    /// In bytes; file systems take names of 255, and a draft's is a little longer.
    private static let pathLimit = 512
    private static let nameLimit = 200

    /// Why a path can't be one in an agent's home; `nil` for one that can.
    static func mistake(in path: String) -> String? {
        let names = path.split(separator: "/", omittingEmptySubsequences: false)
        if path.isEmpty { return "it is empty" }
        if path.hasPrefix("/") { return "it is absolute" }
        if path.utf8.count > pathLimit || names.contains(where: { $0.utf8.count > nameLimit }) { return "it is too long" }
        if names.contains(where: { ["", ".", ".."].contains($0) }) { return "it has a step that is no name" }
        if VisibleText(path).text != path { return "it holds a control character" }
        return nil
    }
}
