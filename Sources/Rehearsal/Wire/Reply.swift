import AgentProtocol
import Foundation

/// The parts of a request that a rehearsal uses.
struct Question: Sendable {
    /// The number of answers in the conversation.
    var answers: Int
    /// The users' text before the first answer.
    var beginning: String
    var offer: ToolOffer
    var isStream: Bool
    /// Whether a stream of chat completions reports its usage.
    var wantsUsage: Bool
    /// The length of the request's body, in bytes.
    var bytes: Int
}

/// An answer, independent of the format.
struct Reply: Sendable {
    var text: String
    var thoughts: String
    var calls: [PlayedCall]
    var offer: ToolOffer
    var usage: Usage
    /// The model's name in answers. The price list has it with a price of zero.
    static let model = "rehearsal"

    /// Token counts that do not overlap.
    struct Usage: Sendable {
        var input: Int
        var cacheRead: Int
        var cacheWrite: Int
        var output: Int
        var thinking: Int

        /// The input including cached tokens, as some formats count it.
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

    /// Splits a text into pieces, as a model streams it.
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
    /// The input as JSON, with keys always in the same order.
    var arguments: String { (try? JSONLine.text(input)) ?? "{}" }
    /// The input for a tool that takes plain text.
    var text: String { input.string ?? arguments }
}

/// An event of a stream.
struct WireEvent: Sendable {
    /// `nil` when the format has no names.
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
