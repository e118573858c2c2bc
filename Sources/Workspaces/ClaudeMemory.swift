import AgentProtocol
import Foundation
import Processes

/// Where Claude Code keeps what was said in a conversation: a file of JSON lines in its home, named by the conversation's id.
///
/// It ends at once when it is asked to go on with one that it can't read, so that is looked at before.
struct ClaudeMemory {
    /// The agent's home on the host, which an agent may have shaped.
    var home: String
    /// The folder in which the agent worked, as it saw it.
    var workingDirectory: String

    /// The first prompt can hold images.
    private static let sizeLimit = 16 << 20

    /// The name of an id that may stand in an argument and a path; `nil` for any other text.
    static func name(of id: String?) -> String? {
        id.flatMap { UUID(uuidString: $0) }?.uuidString.lowercased()
    }

    /// Whether there is anything of this conversation to go on with.
    func holds(_ id: String) -> Bool {
        let folder = String(workingDirectory.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" })
        let file = ".claude/projects/\(folder)/\(id).jsonl"
        guard let content = try? UntrustedFolder(path: home).read(file, limit: Self.sizeLimit) else { return false }
        return content.split(separator: UInt8(ascii: "\n")).contains { line in
            // A line that a limit cut can't be read.
            guard let entry: JSONValue = try? JSONLine.decode(from: Data(line)) else { return false }
            return ["user", "assistant"].contains(entry["type"]?.string) && entry["sessionId"]?.string == id
        }
    }
}
