import AgentProtocol

// MARK: - Answers to SAM's requests

extension CodexDriver {
    mutating func answered(_ id: JSONValue, _ message: JSONValue) -> [DriverAction] {
        guard let number = id.wholeNumber, let purpose = sent.removeValue(forKey: number) else { return [] }
        let error = message["error"].map { $0["message"]?.string ?? "it does not say why" }
        let result = message["result"]
        switch purpose {
        case .initialize: return initialized(result, error)
        case .resume: return resumed(result, error)
        case .start: return started(result, error)
        case .turn: return handedOver(result, error)
        case .terminals(let thread, let stopping): return listed(result, of: thread, stopping)
        case .words: return error.map { [Self.notHandedOver($0)] } ?? []
        case .queue(let thread):
            guard let error else { return [] }
            threads.update(thread) { $0.isQueued = false }
            return [Self.notHandedOver(error)]
        case .interrupt(let thread, let turn):
            // A turn can't be interrupted between the answer that names it and its start; it can then be interrupted again.
            if error != nil, threads[thread] != nil { threads.update(thread) { $0.forgetInterrupt(of: turn) } }
            return []
        case .goal(let thread):
            guard let error else {
                threads.endGoal(of: thread)
                return []
            }
            if threads[thread]?.goal != nil { threads.update(thread) { $0.goal?.isEnding = false } }
            return [.emit(.note(Note("The agent could not be stopped from pursuing its goal: \(error.cut(to: 1_000))")))]
        }
    }

    private static func notHandedOver(_ error: String) -> DriverAction {
        .emit(.note(Note("The answer could not be handed over to the agent: \(error.cut(to: 1_000))")))
    }

    private mutating func initialized(_ result: JSONValue?, _ error: String?) -> [DriverAction] {
        if let error { return giveUp("The agent refused to initialize: \(error)") }
        // Like “sam/0.163.0 (Debian …)”: the client's name and Codex's version.
        let version = result?["userAgent"]?.string?.split(separator: "/").dropFirst().first?.prefix { $0 != " " }
        let identity = AgentIdentity(name: "Codex", version: version.map(String.init))
        let initialized = send(["method": "initialized"])
        guard let earlier = conversation.earlier?.conversation else { return initialized + open(identity) }
        phase = .resuming(identity)
        // The earlier session's log has the earlier turns.
        return initialized + request("thread/resume", opening(["threadId": .string(earlier), "excludeTurns": true]), for: .resume)
    }

    private mutating func open(_ identity: AgentIdentity) -> [DriverAction] {
        phase = .opening(identity)
        return request("thread/start", opening([:]), for: .start)
    }

    private func opening(_ own: [String: JSONValue]) -> JSONValue {
        let common: [String: JSONValue] = [
            "cwd": .string(conversation.workingDirectory), "sandbox": "danger-full-access",
            "approvalPolicy": Self.approvalPolicy(conversation.permissions),
        ]
        return .object(common.merging(own) { $1 })
    }

    /// Whether Codex asks before it acts. Even `untrusted` runs commands that only read.
    static func approvalPolicy(_ mode: PermissionMode) -> JSONValue { mode == .everything ? "never" : "untrusted" }

    private mutating func resumed(_ result: JSONValue?, _ error: String?) -> [DriverAction] {
        guard case .resuming(var identity) = phase else { return [] }
        guard error == nil, let thread = result?["thread"]?["id"]?.string else {
            let why = error ?? "its answer names no thread"
            return [.emit(.note(Note("The agent can't resume its earlier conversation, and is told what happened: \(why)")))]
                + open(identity)
        }
        identity.remembers = true
        return ready(identity, thread)
    }

    private mutating func started(_ result: JSONValue?, _ error: String?) -> [DriverAction] {
        guard case .opening(let identity) = phase else { return [] }
        if let error { return giveUp("The agent refused to start a thread: \(error)") }
        guard let thread = result?["thread"]?["id"]?.string else {
            return giveUp("The agent's answer to thread/start names no thread.")
        }
        return ready(identity, thread)
    }

    private mutating func ready(_ identity: AgentIdentity, _ thread: String) -> [DriverAction] {
        phase = .open
        threads.main = thread
        var identity = identity
        identity.conversation = thread
        return [.emit(.handshake(identity))]
    }

    private mutating func giveUp(_ message: String) -> [DriverAction] {
        phase = .over
        return [.giveUp(.handshakeFailed, message)]
    }
}
