import AgentProtocol
import Foundation
import Sessions
import Workspaces

/// SAM's own tools for a session's agent: a server of the Model Context Protocol, one message at a time.
///
/// https://modelcontextprotocol.io/specification/2025-06-18. It keeps no state between messages; safe to share.
public struct ToolServer: Sendable {
    private let requests: AgentRequests
    private let results: any ResultReader
    private let now: @Sendable () -> Int64

    /// The supported versions, newest first. They do not differ in anything that this server uses.
    static let versions = ["2025-06-18", "2024-11-05"]
    /// How long a call waits for a person, in milliseconds: less than the tool time-outs of the usual clients.
    static let answerTimeout: Int64 = 45_000

    /// Creates a server.
    public init(requests: AgentRequests, results: any ResultReader, now: @escaping @Sendable () -> Int64) {
        self.requests = requests
        self.results = results
        self.now = now
    }

    /// Answers a message.
    ///
    /// - Returns: `nil` when the message needs no answer.
    public func answer(_ message: Data, for session: SessionID) async -> Data? {
        guard let message = RPCMessage(line: message) else {
            return Data(
                RPCMessage.failure(id: nil, error: .invalidRequest("This is not a message of the Model Context Protocol.")).line.dropLast())
        }
        guard case .request(let id, let method, let params) = message else { return nil }
        do throws(RPCError) {
            return Data(RPCMessage.success(id: id, result: try await result(of: method, params, session)).line.dropLast())
        } catch {
            return Data(RPCMessage.failure(id: id, error: error).line.dropLast())
        }
    }

    private func result(of method: String, _ params: JSONValue, _ session: SessionID) async throws(RPCError) -> JSONValue {
        switch method {
        case "initialize":
            let wanted = params["protocolVersion"]?.string
            let version = Self.versions.first { $0 == wanted } ?? Self.versions[0]
            return [
                "protocolVersion": .string(version), "capabilities": ["tools": .object([:])],
                "serverInfo": ["name": "sam", "title": "SAM", "version": "1"],
                "instructions": "The tools of SAM, which runs this session: what project this is, and a way to the people who follow it.",
            ]
        case "ping": return .object([:])
        case "tools/list": return ["tools": .array(Tool.allCases.map(\.description))]
        case "tools/call":
            guard let tool = params["name"]?.string.flatMap(Tool.init) else {
                throw .invalidParams("There is no such tool. There are: \(Tool.allCases.map(\.rawValue).joined(separator: ", ")).")
            }
            return await call(tool, params["arguments"] ?? .null, session)
        default: throw .methodNotFound(method)
        }
    }

    /// Calls a tool. A failed call returns its reason to the agent as a result, not as a protocol error.
    private func call(_ tool: Tool, _ arguments: JSONValue, _ session: SessionID) async -> JSONValue {
        do {
            let text = try await answer(tool, arguments, session)
            return ["content": [["type": "text", "text": .string(text)]], "isError": false]
        } catch {
            let why = (error as? SessionsError)?.message ?? (error as? MissingArgument)?.message ?? "SAM can't do this now."
            return ["content": [["type": "text", "text": .string(why)]], "isError": true]
        }
    }

    private func answer(_ tool: Tool, _ arguments: JSONValue, _ session: SessionID) async throws -> String {
        func text(_ name: String) throws(MissingArgument) -> String {
            guard let text = arguments[name]?.string, !text.allSatisfy(\.isWhitespace) else { throw MissingArgument(name: name) }
            return text
        }
        switch tool {
        case .project:
            return try await ProjectCard(
                session: try await requests.queries.session(session), queries: requests.queries, results: results
            )
            .text()
        case .reportProgress:
            try await requests.progress(try text("text"), in: session)
            return "Told."
        case .askPerson:
            let suggestions = (arguments["suggestions"]?.elements ?? []).compactMap(\.string)
            return try await outcome(of: try await requests.ask(try text("question"), suggestions: suggestions, in: session), session)
        case .waitForAnswer: return try await outcome(of: try text("question"), session)
        }
    }

    private func outcome(of question: String, _ session: SessionID) async throws -> String {
        guard let answer = try await requests.answer(to: question, in: session, until: now() + Self.answerTimeout) else {
            return "There is no answer yet. To keep waiting, call wait_for_answer with the question “\(question)”; or continue without."
        }
        return answer.text ?? "There will be no answer. Continue without one, as carefully as you can."
    }
}

/// A required argument that is missing.
private struct MissingArgument: Error {
    var name: String
    var message: String { "The argument “\(name)” is missing, or empty." }
}
