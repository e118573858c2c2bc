import AgentProtocol
import Foundation

/// The client's side of the Agent Client Protocol, version 1.
///
/// The agent is ready when both `initialize` and `session/new` were answered: a missing key often shows only in the second. Unknown updates
/// are kept (``AgentEvent/other(_:)``), unknown requests are answered with *method not found*; neither ends a session.
public struct ACPDriver: AgentDriver {
    private enum Phase: Hashable {
        case new
        case initializing(id: Int)
        case loading(id: Int, identity: AgentIdentity, conversation: String)
        case opening(id: Int, identity: AgentIdentity)
        case open(session: String)
        case over
    }

    private struct RunningTurn: Hashable {
        var prompt: PromptID
        var requestID: Int
    }

    private let conversation: Conversation
    private var phase = Phase.new
    private var turn: RunningTurn?
    private var lastRequestID = 0
    private var messages = MessageNumbering()
    /// The agent's open permission requests, by the ids that SAM's answers carry.
    private var asked = OpenRequests<RPCIdentifier>()
    private var calls = KnownCalls()
    /// Whether the agent can load an earlier conversation.
    private var canLoad = false
    /// Whether the agent accepts images in a prompt.
    private var takesImages = false
    private var servers: [JSONValue] = []

    /// Creates a driver.
    public init(_ conversation: Conversation) {
        self.conversation = conversation
    }

    /// Sends `initialize`.
    public mutating func begin() -> [DriverAction] {
        let id = nextRequestID()
        phase = .initializing(id: id)
        // SAM offers the agent neither file access nor a terminal: the sandbox has its own.
        let capabilities: JSONValue = .object([
            "fs": .object(["readTextFile": .bool(false), "writeTextFile": .bool(false)]),
            "terminal": .bool(false),
        ])
        return request(
            id, ACP.Method.initialize,
            ACP.InitializeRequest(
                protocolVersion: ACP.version, clientCapabilities: capabilities,
                clientInfo: ACP.Implementation(name: "sam", title: "SAM", version: "0.1.0")))
    }

    /// Sends a prompt. Images are dropped with a note if the agent takes none.
    public mutating func prompt(_ prompt: AgentCommand.Prompt) -> [DriverAction] {
        guard case .open(let session) = phase, turn == nil else { return [] }
        let id = nextRequestID()
        turn = RunningTurn(prompt: prompt.id, requestID: id)
        messages.breakOff()
        let images = prompt.images ?? []
        let left: [DriverAction] =
            images.isEmpty || takesImages
            ? []
            : [
                .emit(
                    .note(
                        Note(
                            "This agent takes no images, so it gets the prompt without \(images.count == 1 ? "its image" : "its \(images.count) images")."
                        )))
            ]
        let blocks = [ACP.ContentBlock.text(prompt.text)] + (takesImages ? images.map(ACP.ContentBlock.image) : [])
        return [.emit(.turnStarted(Turn(prompt: prompt.id)))] + left
            + request(id, ACP.Method.prompt, ACP.PromptRequest(sessionId: session, prompt: blocks))
    }

    /// Asks the agent to cancel the running turn.
    public mutating func cancelTurn() -> [DriverAction] {
        guard case .open(let session) = phase, turn != nil else { return [] }
        return notification(ACP.Method.cancel, ACP.CancelNotification(sessionId: session))
    }

    /// Handles a line of JSON-RPC.
    public mutating func receive(_ line: Data) -> [DriverAction] {
        guard phase != .over else { return [] }
        guard let message = RPCMessage(line: line) else { return [.stray(line)] }
        switch message {
        case .success(let id, let result): return answered(id, .success(result))
        case .failure(let id?, let error): return answered(id, .failure(error))
        case .failure(nil, let error): return [.emit(.note(Note("The agent reported an error: \(error.message)")))]
        case .notification(ACP.Method.update, let params): return updated(params)
        case .notification(ACP.Method.cancelRequest, let params): return withdrawn(params)
        case .notification(let method, let params): return [.emit(.other(OtherUpdate(kind: method, raw: params)))]
        case .request(let id, ACP.Method.requestPermission, let params): return askedPermission(id, params)
        case .request(let id, let method, _):
            return [.send(RPCMessage.failure(id: id, error: .methodNotFound(method)).line)]
        }
    }
}

// MARK: - Answers

extension ACPDriver {
    private mutating func answered(_ id: RPCIdentifier, _ answer: Result<JSONValue, RPCError>) -> [DriverAction] {
        switch phase {
        case .initializing(let expected) where id == .number(expected):
            return initialized(answer)
        case .loading(let expected, let identity, let conversation) where id == .number(expected):
            return loaded(answer, identity, conversation)
        case .opening(let expected, let identity) where id == .number(expected):
            return opened(answer, identity)
        case .open:
            guard let turn, id == .number(turn.requestID) else { return [unexpected(id)] }
            return ended(turn, answer)
        case .new, .initializing, .loading, .opening, .over:
            return [unexpected(id)]
        }
    }

    private mutating func initialized(_ answer: Result<JSONValue, RPCError>) -> [DriverAction] {
        switch answer {
        case .failure(let error):
            return giveUp(.handshakeFailed, "The agent refused to initialize: \(error.message)")
        case .success(let result):
            guard let response = try? result.decoded(as: ACP.InitializeResponse.self) else {
                return giveUp(.handshakeFailed, "The agent's answer to initialize names no protocol version.")
            }
            guard response.protocolVersion == ACP.version else {
                return giveUp(
                    .handshakeFailed,
                    "The agent speaks version \(response.protocolVersion) of its protocol; SAM speaks \(ACP.version).")
            }
            let info = response.agentInfo
            let identity = AgentIdentity(
                name: info?.title ?? info?.name ?? "agent", version: info?.version, protocolVersion: response.protocolVersion)
            takesImages = response.agentCapabilities?["promptCapabilities"]?["image"] == true
            canLoad = response.agentCapabilities?["loadSession"] == true
            servers = servers(overHTTP: response.agentCapabilities?["mcpCapabilities"]?["http"] == true)
            if canLoad, let earlier = conversation.earlier?.conversation { return load(earlier, identity) }
            return open(identity)
        }
    }

    private mutating func load(_ earlier: String, _ identity: AgentIdentity) -> [DriverAction] {
        let id = nextRequestID()
        phase = .loading(id: id, identity: identity, conversation: earlier)
        return request(
            id, ACP.Method.loadSession,
            ACP.LoadSessionRequest(sessionId: earlier, cwd: conversation.workingDirectory, mcpServers: servers))
    }

    private mutating func open(_ identity: AgentIdentity) -> [DriverAction] {
        let id = nextRequestID()
        phase = .opening(id: id, identity: identity)
        return request(
            id, ACP.Method.newSession, ACP.NewSessionRequest(cwd: conversation.workingDirectory, mcpServers: servers))
    }

    /// Handles the answer to `session/load`. If loading failed, opens a new conversation.
    private mutating func loaded(
        _ answer: Result<JSONValue, RPCError>, _ identity: AgentIdentity, _ earlier: String
    ) -> [DriverAction] {
        switch answer {
        case .failure(let error):
            return [.emit(.note(Note("The agent can't load its earlier conversation, and is told what happened: \(error.message)")))]
                + open(identity)
        case .success:
            phase = .open(session: earlier)
            messages.breakOff()
            var identity = identity
            identity.conversation = earlier
            identity.remembers = true
            return [.emit(.handshake(identity))]
        }
    }

    /// SAM's tools as an MCP server: over HTTP where the agent supports it, else through a program over stdio, which every agent supports.
    private func servers(overHTTP: Bool) -> [JSONValue] {
        guard let tools = conversation.tools else { return [] }
        if overHTTP {
            let header: JSONValue = ["name": "Authorization", "value": .string("Bearer \(tools.token)")]
            return [["type": "http", "name": "sam", "url": .string(tools.url), "headers": [header]]]
        }
        guard let program = tools.program.first else { return [] }
        let environment: JSONValue = [
            ["name": "SAM_LEASE", "value": .string(tools.token)], ["name": "SAM_TOOLS", "value": .string(tools.url)],
        ]
        return [
            [
                "name": "sam", "command": .string(program), "args": .array(tools.program.dropFirst().map(JSONValue.string)),
                "env": environment,
            ]
        ]
    }

    private mutating func opened(_ answer: Result<JSONValue, RPCError>, _ identity: AgentIdentity) -> [DriverAction] {
        switch answer {
        case .failure(let error) where error.code == RPCError.authenticationRequiredCode:
            return giveUp(.handshakeFailed, "The agent has no credential to work with: \(error.message)")
        case .failure(let error):
            return giveUp(.handshakeFailed, "The agent refused to open a session: \(error.message)")
        case .success(let result):
            guard let response = try? result.decoded(as: ACP.NewSessionResponse.self) else {
                return giveUp(.handshakeFailed, "The agent's answer to session/new names no session.")
            }
            phase = .open(session: response.sessionId)
            var identity = identity
            identity.conversation = canLoad ? response.sessionId : nil
            return [.emit(.handshake(identity))]
        }
    }

    private mutating func ended(_ turn: RunningTurn, _ answer: Result<JSONValue, RPCError>) -> [DriverAction] {
        self.turn = nil
        calls.forget()
        messages.breakOff()
        switch answer {
        case .failure(let error):
            return [.emit(.turnEnded(TurnEnd(prompt: turn.prompt, stopReason: "error", error: error.message)))]
        case .success(let result):
            let reason = result["stopReason"]?.string ?? "end_turn"
            return [.emit(.turnEnded(TurnEnd(prompt: turn.prompt, stopReason: reason)))]
        }
    }

    private func unexpected(_ id: RPCIdentifier) -> DriverAction {
        .emit(.note(Note("The agent answered request \(id.label), which SAM never made. The answer is ignored.")))
    }

    private mutating func giveUp(_ reason: AgentExit.Reason, _ message: String) -> [DriverAction] {
        phase = .over
        return [.giveUp(reason, message)]
    }
}

// MARK: - The agent's updates and requests

extension ACPDriver {
    private mutating func updated(_ params: JSONValue) -> [DriverAction] {
        // While a conversation loads, the agent replays it; the earlier session's log has that already.
        if case .loading = phase { return [] }
        guard let raw = params["update"], let update = try? raw.decoded(as: ACP.Update.self) else {
            return [.emit(.other(OtherUpdate(kind: "malformed", raw: params)))]
        }
        switch update.sessionUpdate {
        case ACP.Update.messageChunk: return chunk(update, .agent, raw)
        case ACP.Update.thoughtChunk: return chunk(update, .thought, raw)
        case ACP.Update.userChunk: return []  // an echo of the prompt, which SAM shows already
        case ACP.Update.toolCall, ACP.Update.toolCallUpdate:
            guard let id = update.toolCallId else { break }
            calls.tell(id, raw)
            messages.breakOff()
            return [
                .emit(
                    .toolCall(
                        ToolCall(
                            id: id, title: update.title, kind: update.kind, status: update.status,
                            locations: update.locations, content: update.content)))
            ]
        case ACP.Update.usage:
            let cost = raw["cost"]?["currency"] == "USD" ? raw["cost"]?["amount"]?.anyNumber : nil
            return [.emit(.usage(AgentUsage(context: raw["used"]?.wholeNumber, window: raw["size"]?.wholeNumber, dollars: cost)))]
        case ACP.Update.plan:
            return [.emit(.plan(Plan(entries: update.entries ?? [])))]
        default: break
        }
        return [.emit(.other(OtherUpdate(kind: update.sessionUpdate, raw: raw)))]
    }

    private mutating func chunk(_ update: ACP.Update, _ role: MessageChunk.Role, _ raw: JSONValue) -> [DriverAction] {
        guard let text = update.content?["text"]?.string else {
            return [.emit(.other(OtherUpdate(kind: update.sessionUpdate, raw: raw)))]
        }
        let id = messages.identify(update.messageId, role)
        return [.emit(.message(MessageChunk(id: id, role: role, text: text)))]
    }

    private mutating func askedPermission(_ id: RPCIdentifier, _ params: JSONValue) -> [DriverAction] {
        struct Option: Decodable {
            var optionId: String
            var name: String?
            var kind: String?
        }
        let options = (try? params["options"]?.decoded(as: [Option].self)) ?? []
        let permission = calls.question(
            asked.add(id), about: params["toolCall"] ?? .null,
            options: options.compactMap { option in
                // Options of unknown kinds are left out, because it is unclear what they would allow.
                Self.kind(option.kind).map { Permission.Option(id: option.optionId, name: option.name ?? option.optionId, kind: $0) }
            })
        return [.ask(permission)]
    }

    private static func kind(_ word: String?) -> Permission.Option.Kind? {
        switch word {
        case "allow_once": .allowOnce
        case "allow_always": .allowAlways
        case "reject_once", "reject_always": .refuse
        default: nil
        }
    }

    /// Answers a permission request. The protocol carries no text with an answer, so any text is dropped with a note.
    public mutating func answer(_ permission: String, with option: Permission.Option?, saying text: String?) -> [DriverAction] {
        guard let id = asked.take(permission) else { return [] }
        let outcome: JSONValue =
            option.map { ["outcome": "selected", "optionId": .string($0.id)] } ?? ["outcome": "cancelled"]
        let answer = DriverAction.send(RPCMessage.success(id: id, result: ["outcome": outcome]).line)
        guard text != nil else { return [answer] }
        return [answer, .emit(.note(Note("This agent takes no words with an answer. Write them to it as a prompt.")))]
    }

    private mutating func withdrawn(_ params: JSONValue) -> [DriverAction] {
        guard let id = RPCIdentifier(params["requestId"]) else { return [] }
        // Also answers the withdrawn request, exactly once.
        return asked.remove { $0 == id }.flatMap { open -> [DriverAction] in
            [.withdraw(open), .send(RPCMessage.failure(id: id, error: RPCError(code: -32800, message: "Cancelled.")).line)]
        }
    }
}

// MARK: - Writing

extension ACPDriver {
    private mutating func nextRequestID() -> Int {
        lastRequestID += 1
        return lastRequestID
    }

    private func request(_ id: Int, _ method: String, _ params: some Encodable) -> [DriverAction] {
        guard let params = try? JSONValue(encoding: params) else { return [] }
        return [.send(RPCMessage.request(id: .number(id), method: method, params: params).line)]
    }

    private func notification(_ method: String, _ params: some Encodable) -> [DriverAction] {
        guard let params = try? JSONValue(encoding: params) else { return [] }
        return [.send(RPCMessage.notification(method: method, params: params).line)]
    }
}

extension RPCIdentifier {
    fileprivate var label: String {
        switch self {
        case .number(let number): "\(number)"
        case .text(let text): "“\(text.prefix(40))”"
        }
    }
}
