import AgentProtocol
import Foundation
import Processes

/// Where Claude Code stores a conversation: a file of JSON lines in its home, named by the conversation's id.
///
/// Claude Code exits at once when it is to continue a conversation that it can't read, so the file is checked before.
struct ClaudeMemory {
    /// The agent's home on the host, whose content an agent may have crafted.
    var home: String
    /// The folder in which the agent worked, as it saw it.
    var workingDirectory: String

    /// Large, because the first prompt can have images.
    private static let sizeLimit = 16 << 20

    /// An id in the form that is safe in an argument and a path; `nil` for any other text.
    static func name(of id: String?) -> String? {
        id.flatMap { UUID(uuidString: $0) }?.uuidString.lowercased()
    }

    /// Whether the home has messages of this conversation.
    func holds(_ id: String) -> Bool {
        let folder = String(workingDirectory.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" })
        let file = ".claude/projects/\(folder)/\(id).jsonl"
        guard let content = try? UntrustedFolder(path: home).read(file, limit: Self.sizeLimit) else { return false }
        return content.split(separator: UInt8(ascii: "\n")).contains { line in
            // A line that the limit cut can't be parsed.
            guard let entry: JSONValue = try? JSONLine.decode(from: Data(line)) else { return false }
            return ["user", "assistant"].contains(entry["type"]?.string) && entry["sessionId"]?.string == id
        }
    }
}
