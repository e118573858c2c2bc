import AgentProtocol
import Foundation
import Yams

/// The answers that the rehearsal plays, turn by turn.
public struct Script: Sendable, Decodable {
    var turns: [Turn]
    var others: [Conversation]?

    /// A script for conversations with a particular beginning, such as a sub-agent's.
    struct Conversation: Sendable, Decodable {
        /// A text that the beginning contains.
        var when: String
        var turns: [Turn]
    }

    /// Reads the script in a file, or the built-in one when there is no file.
    ///
    /// - Throws: ``RehearsalError`` that says what is wrong in the file.
    public init(file: String) throws(RehearsalError) {
        guard let content = FileManager.default.contents(atPath: file) else {
            self = try Script(yaml: String(decoding: PackageResources.rehearsal_yaml, as: UTF8.self), name: "built-in rehearsal.yaml")
            return
        }
        self = try Script(yaml: String(decoding: content, as: UTF8.self), name: file)
    }

    init(yaml: String, name: String) throws(RehearsalError) {
        do {
            self = try YAMLDecoder().decode(Script.self, from: yaml)
        } catch let error as DecodingError {
            throw RehearsalError("\(name): \(error.sentence)")
        } catch {
            throw RehearsalError("\(name): This is not YAML: \(error)")
        }
        guard !turns.isEmpty, others?.allSatisfy({ !$0.turns.isEmpty }) ?? true else {
            throw RehearsalError("\(name): There is no turn under `turns:`.")
        }
    }

    /// The turn that answers a question.
    func turn(for question: Question) -> Turn {
        let turns = others?.first { question.beginning.contains($0.when) }?.turns ?? self.turns
        return turns[min(question.answers, turns.count - 1)]
    }
}

/// One turn of a script.
struct Turn: Sendable, Decodable {
    var say: String?
    var think: String?
    var call: [Choice]?
    var usage: PlayedUsage?
    var error: PlayedError?
    /// Seconds before the first byte.
    var stall: Double?
    /// Seconds before each event.
    var between: Double?
    /// Breaks the connection off after this many events.
    var cut: Int?

    /// The calls to tools that the client offers.
    func calls(offered: ToolOffer) -> [PlayedCall] {
        (call ?? []).compactMap { choice in
            choice.alternatives.first { call in
                offered.names.contains(call.fullName) || call.unlisted == true || call.namespace != nil && offered.hasMore
            }
        }
    }
}

/// A tool call, or alternatives of which the first possible one is played.
struct Choice: Sendable, Decodable {
    var alternatives: [PlayedCall]

    init(from decoder: any Decoder) throws {
        if let one = try? PlayedCall(from: decoder) {
            alternatives = [one]
        } else {
            alternatives = try [PlayedCall](from: decoder)
        }
    }
}

/// A tool and its input.
struct PlayedCall: Sendable, Decodable {
    var name: String
    /// The tool's namespace, for a tool that the client offers only after a search.
    var namespace: String?
    var input: JSONValue
    /// Whether the tool is called although the client does not list it: some clients offer tools only through a search.
    var unlisted: Bool?
}

extension PlayedCall {
    var fullName: String { namespace.map { SpacedTool(namespace: $0, name: name).fullName } ?? name }
}

/// The token usage that an answer reports.
struct PlayedUsage: Sendable, Decodable {
    var input: Int?
    var output: Int?
    var cacheRead: Int?
    var cacheWrite: Int?
    var thinking: Int?

    private enum CodingKeys: String, CodingKey {
        case input, output, thinking
        case cacheRead = "cache-read"
        case cacheWrite = "cache-write"
    }
}

/// An error that is returned instead of an answer.
struct PlayedError: Sendable, Decodable {
    var status: Int
    var message: String
    /// The value of the `retry-after` header, in seconds.
    var retryAfter: Int?

    private enum CodingKeys: String, CodingKey {
        case status, message
        case retryAfter = "retry-after"
    }
}

/// Why a script is invalid, in a sentence.
public struct RehearsalError: Error, Sendable, CustomStringConvertible {
    /// The sentence.
    public let message: String

    init(_ message: String) { self.message = message }

    /// The message.
    public var description: String { message }
}

extension DecodingError {
    /// Where and why a script can't be decoded.
    fileprivate var sentence: String {
        func place(_ path: [any CodingKey]) -> String {
            path.map { key in key.intValue.map { "[\($0 + 1)]" } ?? ".\(key.stringValue)" }.joined().trimmingPrefix(".").description
        }
        switch self {
        case .keyNotFound(let key, let context): return "`\(place(context.codingPath + [key]))` is missing."
        case .typeMismatch(_, let context), .valueNotFound(_, let context): return "`\(place(context.codingPath))` is of another kind."
        case .dataCorrupted(let context): return "`\(place(context.codingPath))` can't be read. \(context.debugDescription)"
        @unknown default: return "It can't be read."
        }
    }
}
