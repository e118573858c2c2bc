import Credentials
import Wording

/// A file that is written into an agent's home, with the same placeholders as in the agent's environment.
public struct HomeFile: Sendable, Hashable {
    /// The content for providers that ``perProvider`` lacks; `nil` for no file.
    public var content: String?
    /// The content for a provider.
    public var perProvider: [Provider: String]

    /// Creates a description of a file.
    public init(content: String? = nil, perProvider: [Provider: String] = [:]) {
        self.content = content
        self.perProvider = perProvider
    }

    /// The most files of an entry.
    static let countLimit = 16
    /// The largest content, in bytes, before placeholders are replaced.
    static let sizeLimit = 64 << 10
    /// In bytes. File systems limit names to 255, and a draft's name is a little longer.
    private static let pathLimit = 512
    private static let nameLimit = 200

    /// The reason why a path is not allowed in an agent's home; `nil` if it is allowed.
    static func mistake(in path: String) -> String? {
        let names = path.split(separator: "/", omittingEmptySubsequences: false)
        if path.isEmpty { return "it is empty" }
        if path.hasPrefix("/") { return "it is absolute" }
        if path.utf8.count > pathLimit || names.contains(where: { $0.utf8.count > nameLimit }) { return "it is too long" }
        if names.contains(where: { ["", ".", ".."].contains($0) }) { return "it has a step that is not a name" }
        if VisibleText(path).text != path { return "it holds a control character" }
        return nil
    }
}
