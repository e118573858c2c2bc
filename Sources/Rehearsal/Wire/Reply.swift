import AgentProtocol
import Foundation

/// What a client asked, as far as a rehearsal goes by it.
struct Question: Sendable {
    /// How many answers the conversation has.
    var answers: Int
    /// What stands before the first of them, as far as a user wrote it.
    var beginning: String
    var offer: ToolOffer
    var isStream: Bool
    /// Whether a stream of chat completions is to tell its usage.
    var wantsUsage: Bool
    /// The length of the request's body, in bytes.
    var bytes: Int
}

/// What is answered, whatever the format.
struct Reply: Sendable {
    var text: String
    var thoughts: String
    var calls: [PlayedCall]
    var offer: ToolOffer
    var usage: Usage
    /// The model's name in answers. It is on the list of prices, with nothing.
    static let model = "rehearsal"

    /// Tokens, apart from each other.
    struct Usage: Sendable {
        var input: Int
        var cacheRead: Int
        var cacheWrite: Int
        var output: Int
        var thinking: Int

        /// As those count who count what is cached as a part of the input.
        var prompt: Int { input + cacheRead + cacheWrite }
    }

    init(_ turn: Turn, _ question: Question) {
        text = turn.say ?? ""
        thoughts = turn.think ?? ""
        calls = turn.calls(offered: question.offer)
        offer = question.offer
        let told = turn.usage
        let written = text.utf8.count + thoughts.utf8.count + calls.reduce(0) { $0 + $1.arguments.utf8.count }
        usage = Usage(
            input: told?.input ?? question.bytes / 4 + 1, cacheRead: told?.cacheRead ?? 0, cacheWrite: told?.cacheWrite ?? 0,
            output: told?.output ?? written / 4 + 1, thinking: told?.thinking ?? thoughts.utf8.count / 4)
    }

    /// The text in pieces, the way a model sends it.
    static func pieces(of text: String) -> [String] {
        var pieces: [String] = []
        var rest = text[...]
        while !rest.isEmpty {
            let end = rest.dropFirst(8).firstIndex(of: " ").map { rest.index(after: $0) } ?? rest.endIndex
            pieces.append(String(rest[..<end]))
            rest = rest[end...]
        }
        return pieces
    }
}

extension PlayedCall {
    /// The input as JSON, in one order always.
    var arguments: String { (try? JSONLine.text(input)) ?? "{}" }
    /// The input for a tool that takes a text.
    var text: String { input.string ?? arguments }
}

/// An event of a stream.
struct WireEvent: Sendable {
    /// `nil` where the format knows none.
    var name: String?
    var data: Content

    enum Content: Sendable {
        case json(JSONValue)
        case text(String)
    }

    init(_ name: String?, _ json: JSONValue) {
        self.name = name
        data = .json(json)
    }

    init(text: String) {
        data = .text(text)
    }

    var line: String {
        let content: String =
            switch data {
            case .json(let value): (try? JSONLine.text(value)) ?? "{}"
            case .text(let text): text
            }
        return (name.map { "event: \($0)\n" } ?? "") + "data: \(content)\n\n"
    }
}
