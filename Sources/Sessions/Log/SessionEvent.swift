import AgentProtocol
import Foundation
import Store

/// One event of a session's log.
public struct SessionEvent: Sendable, Hashable, Codable {
    /// Counts from 1 without gaps, in the order in which events were stored.
    public var seq: Int
    /// When it happened, in UTC milliseconds.
    public var at: Int64
    /// The kind of event, which decides the payload's shape.
    public var kind: String
    /// The event's data. ``SessionQueries/payload(_:seq:)`` returns the full payload where this one is cut.
    public var payload: JSONValue

    /// Payloads longer than this, in bytes, are cut in the log and stored whole beside it.
    static let payloadLimit = 64 << 10

    /// The condition for kinds that have an index. A statement has to contain it word for word, in addition to the kind, for the database
    /// to use the index.
    static let isIndexed = "kind IN ('inquiry', 'permission', 'prompt', 'question', 'state')"
}

/// A part of a session's log.
public struct LogPage: Sendable, Hashable {
    /// The events, in order.
    public var events: [SessionEvent]
    /// Whether there are later events.
    public var hasMore: Bool
    /// Whether the session has settled with the last of these events, or earlier: nothing will follow.
    public var isEnd: Bool
}

extension SessionEvent {
    /// Reads an event. An unreadable payload is reported, so that later events can still be read.
    init(_ row: Row, of session: SessionID, _ transaction: any Transaction) throws {
        seq = try row.integer("seq")
        at = Int64(try row.integer("at"))
        kind = try row.text("kind")
        do {
            payload = try JSONLine.decode(from: try row.text("payload"))
        } catch {
            transaction.report(row, of: "session_events", id: { SessionEvent.name(try $0.integer("seq"), session) }, error)
            // Shown like an event of a kind that this version does not know.
            payload = .object(["kind": .string("unreadable"), "raw": .object(["kind": .string(kind)])])
            kind = "other"
        }
    }

    /// An event's name, unique among all sessions.
    static func name(_ seq: Int, _ session: SessionID) -> String { "\(session.rawValue)/\(seq)" }
}

/// An event to be logged: a kind and its payload as JSON.
struct LogRecord: Sendable, Hashable {
    var kind: String
    var payload: String
    /// The full payload when it is longer than the log's limit.
    var whole: String?

    init(kind: String, json: String) {
        self.kind = kind
        guard json.utf8.count > SessionEvent.payloadLimit else {
            payload = json
            return
        }
        whole = json
        let cut = JSONValue.object([
            "cut": .bool(true), "bytes": .integer(json.utf8.count),
            "beginning": .string(String(decoding: json.utf8.prefix(4_096), as: UTF8.self)),
        ])
        payload = (try? JSONLine.text(cut)) ?? "{\"cut\":true}"
    }

    init(_ event: AgentEvent) throws {
        self = try .single(member: JSONValue(encoding: event))
    }

    /// - Parameter content: returns a prompt's text and the number of its images.
    init(_ entry: LogEntry, content: (PromptID) throws -> (text: String, images: Int)?) throws {
        switch entry {
        case .state(let change):
            self.init(kind: "state", json: try JSONLine.text(change))
        case .prompt(let id, let state):
            // The text is logged with the state `kept` only: when the prompt is written, and when it is edited.
            var fields: [String: JSONValue] = ["id": .string(id.rawValue), "state": .string(state.rawValue)]
            if state == .kept, let content = try content(id) {
                fields["text"] = .string(content.text)
                if content.images > 0 { fields["images"] = .integer(content.images) }
            }
            self.init(kind: "prompt", json: try JSONLine.text(JSONValue.object(fields)))
        case .credential(let pin): self.init(kind: "credential", json: try JSONLine.text(pin))
        case .workspace(let workspace): self.init(kind: "workspace", json: try JSONLine.text(workspace))
        case .result(let result): self.init(kind: "result", json: try JSONLine.text(result))
        case .question(let question): self.init(kind: "question", json: try JSONLine.text(question))
        case .permission(let permission): self.init(kind: "permission", json: try JSONLine.text(permission))
        case .inquiry(let inquiry): self.init(kind: "inquiry", json: try JSONLine.text(inquiry))
        case .progress(let text): self.init(kind: "progress", json: try JSONLine.text(Note(text)))
        case .note(let text): self.init(kind: "note", json: try JSONLine.text(Note(text)))
        }
    }

    /// An enum encodes as an object with one member: its case's name, with an object around its value.
    private static func single(member json: JSONValue) throws -> LogRecord {
        guard case .object(let members) = json, let (kind, wrapped) = members.first, members.count == 1 else {
            throw SessionsError(.invalid, "The event has no single kind.")
        }
        return LogRecord(kind: kind, json: try JSONLine.text(wrapped["_0"] ?? wrapped))
    }
}
