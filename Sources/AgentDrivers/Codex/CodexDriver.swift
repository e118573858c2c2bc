import AgentProtocol
import Foundation

/// Codex's app-server: JSON-RPC without its version, a line a message (schemas by `codex app-server generate-json-schema`, observed in
/// Codex 0.163.0).
///
/// Ready means that a thread was started. SAM's own sandbox stands around Codex, so that it needs none of its own.
public struct CodexDriver: AgentDriver {
    private enum Phase: Hashable {
        case new, initializing
        case opening(AgentIdentity)
        case open(thread: String)
        case over
    }

    private struct Asked: Hashable {
        var id: JSONValue
        /// Whether a tool server asks through Codex, which wants another form of answer.
        var isOfToolServer = false
    }

    private struct RunningTurn: Hashable {
        var prompt: PromptID
        var request: Int
        /// Its id at Codex; `nil` until it was told.
        var id: String?
        /// It is to be stopped as soon as it has an id.
        var isCancelled = false
        /// What went wrong for good, for a turn whose end does not say.
        var lastError: String?
    }

    private let conversation: Conversation
    private var phase = Phase.new
    private var turn: RunningTurn?
    private var lastRequest = 2
    /// Messages of which pieces were told.
    private var told: Set<String> = []
    /// What it asks to be allowed, by the ids that its answers carry.
    private var asked = OpenRequests<Asked>()
    /// Where the files are that the running turn's calls change.
    private var places: [String: [ACP.Location]] = [:]

    private static let initialize = 1
    private static let start = 2

    /// Makes a driver.
    public init(_ conversation: Conversation) {
        self.conversation = conversation
    }

    /// Whether it asks at all. Even `untrusted` lets it run what only looks.
    private var approvalPolicy: JSONValue { conversation.permissions == .everything ? "never" : "untrusted" }

    public mutating func begin() -> [DriverAction] {
        phase = .initializing
        return request(Self.initialize, "initialize", ["clientInfo": ["name": "sam", "title": "SAM", "version": "1"]])
    }

    public mutating func prompt(_ prompt: AgentCommand.Prompt) -> [DriverAction] {
        guard case .open(let thread) = phase, turn == nil else { return [] }
        lastRequest += 1
        turn = RunningTurn(prompt: prompt.id, request: lastRequest)
        let input: JSONValue = [["type": "text", "text": .string(prompt.text)]]
        return [.emit(.turnStarted(Turn(prompt: prompt.id)))]
            + request(lastRequest, "turn/start", ["threadId": .string(thread), "input": input])
    }

    public mutating func cancelTurn() -> [DriverAction] {
        guard turn != nil else { return [] }
        turn?.isCancelled = true
        return interrupt()
    }

    private mutating func interrupt() -> [DriverAction] {
        guard case .open(let thread) = phase, let turn, turn.isCancelled, let id = turn.id else { return [] }
        lastRequest += 1
        return request(lastRequest, "turn/interrupt", ["threadId": .string(thread), "turnId": .string(id)])
    }

    public mutating func receive(_ line: Data) -> [DriverAction] {
        guard phase != .over else { return [] }
        guard let message: JSONValue = try? JSONLine.decode(from: line), case .object = message else { return [.stray(line)] }
        switch (message["id"], message["method"]?.string) {
        case (let id?, let method?): return asked(id, method, message["params"] ?? .null)
        case (nil, let method?): return told(method, message["params"] ?? .null)
        case (let id?, nil): return answered(id, message)
        case (nil, nil): return [.stray(line)]
        }
    }
}

// MARK: - Answers and requests

extension CodexDriver {
    private mutating func answered(_ id: JSONValue, _ message: JSONValue) -> [DriverAction] {
        let error = message["error"].map { $0["message"]?.string ?? "it does not say why" }
        let result = message["result"]
        switch phase {
        case .initializing where id == .integer(Self.initialize):
            if let error { return giveUp("The agent refused to initialize: \(error)") }
            // Like “sam/0.163.0 (Debian …)”: who asks, and Codex's version.
            let version = result?["userAgent"]?.string?.split(separator: "/").dropFirst().first?.prefix { $0 != " " }
            phase = .opening(AgentIdentity(name: "Codex", version: version.map(String.init)))
            return send(["method": "initialized"])
                + request(
                    Self.start, "thread/start",
                    [
                        "cwd": .string(conversation.workingDirectory), "approvalPolicy": approvalPolicy, "sandbox": "danger-full-access",
                    ])
        case .opening(let identity) where id == .integer(Self.start):
            if let error { return giveUp("The agent refused to start a thread: \(error)") }
            guard let thread = result?["thread"]?["id"]?.string else {
                return giveUp("The agent's answer to thread/start names no thread.")
            }
            phase = .open(thread: thread)
            return [.emit(.handshake(identity))]
        case .open:
            guard let turn, id == .integer(turn.request) else { return [] }
            if let error {
                self.turn = nil
                return [.emit(.turnEnded(TurnEnd(prompt: turn.prompt, stopReason: "error", error: error)))]
            }
            return began(result?["turn"])
        case .new, .initializing, .opening, .over: return []
        }
    }

    private mutating func giveUp(_ message: String) -> [DriverAction] {
        phase = .over
        return [.giveUp(.handshakeFailed, message)]
    }

    private mutating func asked(_ id: JSONValue, _ method: String, _ params: JSONValue) -> [DriverAction] {
        let call = params["itemId"]?.string
        let places = call.flatMap { self.places[$0] }
        let (title, kind): (String, String)
        switch method {
        case "item/commandExecution/requestApproval":
            (title, kind) = ((params["command"] ?? params["reason"])?.string ?? "a command", "execute")
        case "item/fileChange/requestApproval":
            (title, kind) = ("Change " + (places ?? []).map(\.path).joined(separator: ", "), "edit")
        case "mcpServer/elicitation/request": return askedByToolServer(id, params)
        default:
            return send(["id": id, "error": ["code": -32601, "message": .string("SAM does not know \(method).")]])
        }
        return [
            .ask(
                Permission(
                    id: asked.add(Asked(id: id)), toolCall: call, title: title, kind: kind, locations: kind == "edit" ? places : nil,
                    options: [
                        Permission.Option(id: "accept", name: "Allow", kind: .allowOnce),
                        Permission.Option(id: "acceptForSession", name: "Allow from now on", kind: .allowAlways),
                        Permission.Option(id: "decline", name: "Refuse", kind: .refuse),
                    ]))
        ]
    }

    /// A tool server's question that yes or no answers, as whether a tool may be used. A form to fill in nobody can see here.
    private mutating func askedByToolServer(_ id: JSONValue, _ params: JSONValue) -> [DriverAction] {
        let server = params["serverName"]?.string ?? "A tool server"
        let title = "\(server): \(params["message"]?.string ?? "something that it does not say")"
        guard params["requestedSchema"]?["required"]?.elements?.isEmpty ?? true, params["url"] == nil else {
            return send(["id": id, "result": ["action": "decline"]]) + [
                .emit(.note(Note("Declined, as it wants a form filled in: \(title)")))
            ]
        }
        return [
            .ask(
                Permission(
                    id: asked.add(Asked(id: id, isOfToolServer: true)), title: title, kind: "other",
                    options: [
                        Permission.Option(id: "accept", name: "Allow", kind: .allowOnce),
                        Permission.Option(id: "decline", name: "Refuse", kind: .refuse),
                    ]))
        ]
    }

    public mutating func answer(_ permission: String, with option: Permission.Option?, saying text: String?) -> [DriverAction] {
        guard let asked = asked.take(permission) else { return [] }
        let word = JSONValue.string(option?.id ?? "cancel")
        guard asked.isOfToolServer else { return send(["id": asked.id, "result": ["decision": word]]) }
        return send(["id": asked.id, "result": word == "accept" ? ["action": word, "content": .object([:])] : ["action": word]])
    }
}

// MARK: - What it says and does

extension CodexDriver {
    /// What Codex tells besides, of which a person sees the outcome.
    private static let quiet: Set<String> = [
        "thread/started", "thread/status/changed", "account/rateLimits/updated",
        "remoteControl/status/changed",
        "item/commandExecution/outputDelta", "item/fileChange/outputDelta", "item/fileChange/patchUpdated", "turn/diff/updated",
        "item/reasoning/summaryPartAdded", "thread/settings/updated", "mcpServer/startupStatus/updated",
    ]

    private mutating func told(_ method: String, _ params: JSONValue) -> [DriverAction] {
        switch method {
        case "turn/started": return began(params["turn"])
        case "turn/completed": return ended(params["turn"])
        case "item/agentMessage/delta": return chunk(params, .agent)
        case "item/reasoning/textDelta", "item/reasoning/summaryTextDelta": return chunk(params, .thought)
        case "item/started": return started(params["item"])
        case "serverRequest/resolved":
            return asked.remove { $0.id == params["requestId"] }.map { .withdraw($0) }
        case "item/completed": return completed(params["item"] ?? .null)
        case "thread/tokenUsage/updated":
            let usage = params["tokenUsage"]
            let (total, last) = (usage?["total"], usage?["last"])
            return [
                .emit(
                    .usage(
                        AgentUsage(
                            input: total?["inputTokens"]?.wholeNumber, output: total?["outputTokens"]?.wholeNumber,
                            context: last?["totalTokens"]?.wholeNumber, window: usage?["modelContextWindow"]?.wholeNumber)))
            ]
        case "turn/plan/updated":
            let steps = (params["plan"]?.elements ?? []).compactMap { step -> ACP.PlanEntry? in
                guard let text = step["step"]?.string else { return nil }
                return ACP.PlanEntry(content: text, status: CodexItem.word(step["status"]?.string) ?? "pending")
            }
            return [.emit(.plan(Plan(entries: steps)))]
        case "error":
            let why = params["error"]?["message"]?.string ?? "It does not say what."
            if params["willRetry"] == true { return [.emit(.note(Note("The agent tries again: \(why)")))] }
            turn?.lastError = why
            return []
        case "warning": return [.emit(.note(Note(params["message"]?.string ?? "The agent warns, and does not say of what.")))]
        case _ where Self.quiet.contains(method): return []
        default: return [.emit(.other(OtherUpdate(kind: method, raw: params)))]
        }
    }

    private mutating func began(_ started: JSONValue?) -> [DriverAction] {
        guard turn != nil, turn?.id == nil, let id = started?["id"]?.string else { return [] }
        turn?.id = id
        return interrupt()
    }

    private mutating func started(_ item: JSONValue?) -> [DriverAction] {
        guard let call = CodexItem(item)?.call(isOver: false) else { return [] }
        places[call.id] = call.locations
        return [.emit(.toolCall(call))]
    }

    private mutating func chunk(_ params: JSONValue, _ role: MessageChunk.Role) -> [DriverAction] {
        guard let id = params["itemId"]?.string, let text = params["delta"]?.string, !text.isEmpty else { return [] }
        told.insert(id)
        return [.emit(.message(MessageChunk(id: id, role: role, text: text)))]
    }

    private mutating func completed(_ item: JSONValue) -> [DriverAction] {
        guard let known = CodexItem(item) else { return [.emit(.other(OtherUpdate(kind: "item", raw: item)))] }
        if let call = known.call(isOver: true) { return [.emit(.toolCall(call))] }
        guard let (role, text) = known.text, !told.contains(known.id), !text.isEmpty else { return [] }
        return [.emit(.message(MessageChunk(id: known.id, role: role, text: text)))]
    }

    private mutating func ended(_ finished: JSONValue?) -> [DriverAction] {
        guard let turn, turn.id == nil || finished?["id"]?.string == turn.id else { return [] }
        self.turn = nil
        told = []
        places = [:]
        let end =
            switch finished?["status"]?.string {
            case "completed": TurnEnd(prompt: turn.prompt, stopReason: "end_turn")
            case "interrupted": TurnEnd(prompt: turn.prompt, stopReason: "cancelled")
            default:
                TurnEnd(
                    prompt: turn.prompt, stopReason: "error",
                    error: finished?["error"]?["message"]?.string ?? turn.lastError ?? "It does not say why.")
            }
        return [.emit(.turnEnded(end))]
    }
}

// MARK: - Writing

extension CodexDriver {
    private func request(_ id: Int, _ method: String, _ params: JSONValue) -> [DriverAction] {
        send(["id": .integer(id), "method": .string(method), "params": params])
    }

    private func send(_ message: JSONValue) -> [DriverAction] {
        guard let data = try? JSONLine.encode(message) else { return [] }
        return [.send(data + Data("\n".utf8))]
    }
}
