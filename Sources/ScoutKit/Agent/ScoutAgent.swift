import AgentProtocol
import Foundation
import Synchronization

/// SAM's explorer as an agent of the Agent Client Protocol, version 1: reads and writes lines.
///
/// It works with any client of that protocol. Each prompt is answered by an exploration of the session's folder, in which only
/// `.sam/brief.md` is written.
public actor ScoutAgent {
    private struct Session {
        var root: String
        var running: Task<Void, Never>?
        var cancelled: CancelFlag
    }

    private let version: String
    private let send: @Sendable (Data) -> Void
    private var sessions: [String: Session] = [:]

    /// Creates an agent.
    ///
    /// - Parameters:
    ///   - version: this program's version.
    ///   - send: writes one message, newline included, to the client. Called from any thread.
    public init(version: String, send: @escaping @Sendable (Data) -> Void) {
        self.version = version
        self.send = send
    }

    /// Handles one line from the client.
    public func receive(_ line: Data) {
        guard let message = RPCMessage(line: line) else {
            send(RPCMessage.failure(id: nil, error: RPCError(code: -32700, message: "This line is no JSON-RPC message.")).line)
            return
        }
        switch message {
        case .request(let id, let method, let params): answer(id, method, params)
        case .notification(ACP.Method.cancel, let params): cancel(params)
        case .notification, .success, .failure: break
        }
    }

    /// Waits until no turn is running.
    public func finish() async {
        for session in sessions.values { await session.running?.value }
    }

    private func answer(_ id: RPCIdentifier, _ method: String, _ params: JSONValue) {
        switch method {
        case ACP.Method.initialize:
            reply(
                id,
                ACP.InitializeResponse(
                    protocolVersion: ACP.version,
                    agentCapabilities: .object(["loadSession": .bool(false), "promptCapabilities": .object([:])]),
                    agentInfo: ACP.Implementation(name: "sam-scout", title: "Scout", version: version),
                    authMethods: .array([])))
        case ACP.Method.newSession: open(id, params)
        case ACP.Method.prompt: prompt(id, params)
        default: refuse(id, .methodNotFound(method))
        }
    }

    private func open(_ id: RPCIdentifier, _ params: JSONValue) {
        guard let request = try? params.decoded(as: ACP.NewSessionRequest.self) else {
            return refuse(id, .invalidParams("session/new takes cwd and mcpServers."))
        }
        var isFolder: ObjCBool = false
        guard request.cwd.hasPrefix("/"), FileManager.default.fileExists(atPath: request.cwd, isDirectory: &isFolder),
            isFolder.boolValue
        else { return refuse(id, .invalidParams("cwd is the absolute path of a folder.")) }
        let session = "scout-\(sessions.count + 1)"
        sessions[session] = Session(root: request.cwd, running: nil, cancelled: CancelFlag())
        reply(id, ACP.NewSessionResponse(sessionId: session))
    }

    private func prompt(_ id: RPCIdentifier, _ params: JSONValue) {
        guard let request = try? params.decoded(as: ACP.PromptRequest.self) else {
            return refuse(id, .invalidParams("session/prompt takes sessionId and prompt."))
        }
        guard let session = sessions[request.sessionId] else {
            return refuse(id, .invalidParams("There is no session \(request.sessionId)."))
        }
        guard session.running == nil else { return refuse(id, .internalError("A turn is already running.")) }
        let cancelled = CancelFlag()
        let text = request.prompt.compactMap(\.text).joined(separator: "\n").trimmingCharacters(in: .whitespacesAndNewlines)
        let turn = Turn(session: request.sessionId, root: session.root, send: send)
        sessions[request.sessionId]?.cancelled = cancelled
        sessions[request.sessionId]?.running = Task {
            let outcome = await turn.run(request: text.isEmpty ? nil : text, isCancelled: { cancelled.isSet })
            sessions[request.sessionId]?.running = nil
            switch outcome {
            case .success(let stopReason): reply(id, ACP.PromptResponse(stopReason: stopReason))
            case .failure(let error): refuse(id, error)
            }
        }
    }

    private func cancel(_ params: JSONValue) {
        guard let notification = try? params.decoded(as: ACP.CancelNotification.self) else { return }
        sessions[notification.sessionId]?.cancelled.set()
    }

    private func reply(_ id: RPCIdentifier, _ result: some Encodable) {
        guard let result = try? JSONValue(encoding: result) else { return }
        send(RPCMessage.success(id: id, result: result).line)
    }

    private func refuse(_ id: RPCIdentifier, _ error: RPCError) {
        send(RPCMessage.failure(id: id, error: error).line)
    }
}

/// Whether a turn was cancelled. Thread-safe: the thread that reads the files checks it.
final class CancelFlag: Sendable {
    private let flag = Atomic(false)

    var isSet: Bool { flag.load(ordering: .relaxed) }

    func set() { flag.store(true, ordering: .relaxed) }
}
