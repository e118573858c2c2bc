import AgentProtocol

// MARK: - Messages and items

extension CodexDriver {
    /// Notifications that are ignored, because a person sees their outcome elsewhere.
    private static let quiet: Set<String> = [
        "thread/started", "thread/settings/updated", "thread/readState/changed", "thread/name/updated", "thread/queue/changed",
        "thread/prediction/updated",
        "account/rateLimits/updated", "account/updated", "remoteControl/status/changed", "skills/changed",
        "item/commandExecution/outputDelta", "item/commandExecution/terminalInteraction", "item/fileChange/outputDelta",
        "item/fileChange/patchUpdated", "item/mcpToolCall/progress", "item/reasoning/summaryPartAdded", "turn/diff/updated",
        "mcpServer/startupStatus/updated",
    ]

    mutating func told(_ method: String, _ params: JSONValue) -> [DriverAction] {
        // Notifications without a thread are about the main one, or about none.
        let thread = params["threadId"]?.string ?? threads.main ?? ""
        guard thread.utf8.count <= CodexThreads.idLimit else { return [keep(method, params)] }
        switch method {
        case "thread/status/changed": return changed(params["status"], of: thread)
        case "thread/closed", "thread/deleted": return gone(thread)
        case "thread/goal/updated": return pursues(params["goal"], in: thread)
        case "thread/goal/cleared":
            threads.endGoal(of: thread)
            return []
        case "turn/started": return began(params, in: thread)
        case "turn/completed": return ended(params, in: thread)
        case "item/agentMessage/delta", "item/plan/delta": return chunk(params, .agent, in: thread)
        case "item/reasoning/textDelta", "item/reasoning/summaryTextDelta": return chunk(params, .thought, in: thread)
        case "item/started": return started(params, in: thread)
        case "item/completed": return completed(params, in: thread)
        case "serverRequest/resolved":
            return asked.remove { $0.request == params["requestId"] }.map { .withdraw($0) }
        case "thread/tokenUsage/updated": return used(params["tokenUsage"], in: thread)
        case "turn/plan/updated":
            guard threads.isMain(thread) else { return [keep(method, params)] }
            let steps = (params["plan"]?.elements ?? []).compactMap { step -> ACP.PlanEntry? in
                guard let text = step["step"]?.string else { return nil }
                return ACP.PlanEntry(content: text, status: CodexItem.word(step["status"]?.string) ?? "pending")
            }
            return [.emit(.plan(Plan(entries: steps)))]
        case "error":
            let why = params["error"].flatMap { CodexFault($0) }?.text ?? "It does not say what."
            if params["willRetry"] == true { return [.emit(.note(Note("The agent tries again: \(why)")))] }
            threads.update(thread) { $0.lastError = why.cut(to: 2_000) }
            return []
        case "warning", "guardianWarning": return warn(params["message"]?.string ?? "The agent warns, and does not say of what.")
        case "configWarning", "deprecationNotice":
            let words = [params["summary"]?.string, params["details"]?.string].compactMap(\.self).joined(separator: " ")
            return warn(words.isEmpty ? "The agent warns of its settings, and does not say why." : words)
        case _ where Self.quiet.contains(method): return []
        default: return [keep(method, params)]
        }
    }

    /// An id; `nil` if it is too long to keep.
    static func id(_ value: JSONValue?) -> String? {
        value?.string.flatMap { $0.utf8.count <= CodexThreads.idLimit ? $0 : nil }
    }

    func keep(_ kind: String, _ raw: JSONValue) -> DriverAction { .emit(.other(OtherUpdate(kind: kind, raw: raw))) }

    /// Emits a warning once: every thread repeats it.
    private mutating func warn(_ words: String) -> [DriverAction] {
        if warnings.count >= 100 { warnings = [] }
        return warnings.insert(words.cut(to: 1_000)).inserted ? [.emit(.note(Note(words)))] : []
    }

    // MARK: - Threads

    private mutating func changed(_ status: JSONValue?, of thread: String) -> [DriverAction] {
        let type = status?["type"]?.string
        guard type != "notLoaded" else { return gone(thread) }
        // A thread's first status can come before its start. An idle thread needs no entry yet.
        if type == "active" || threads[thread] != nil { threads.update(thread) { $0.isActive = type == "active" } }
        return []
    }

    /// Handles a goal. Only an active one starts turns: one that is paused, blocked, over its budget or complete does not.
    private mutating func pursues(_ goal: JSONValue?, in thread: String) -> [DriverAction] {
        guard goal?["status"] == "active" else {
            threads.endGoal(of: thread)
            return []
        }
        threads.pursues(goal?["objective"]?.string ?? "it does not say which", in: thread)
        return isStopping ? endGoal(of: thread) : []
    }

    /// Handles a thread that Codex has unloaded, which runs nothing.
    private mutating func gone(_ thread: String) -> [DriverAction] {
        guard !threads.isMain(thread), let known = threads.forget(thread) else { return [] }
        // The thread is removed by now, so its parent comes from `known`.
        return (known.calls.keys.sorted() + known.commands.keys.sorted()).map { call in
            .emit(.toolCall(ToolCall(id: threads.name(call, in: thread), status: "failed", parent: known.parent)))
        }
    }

    private mutating func used(_ usage: JSONValue?, in thread: String) -> [DriverAction] {
        let (total, last) = (usage?["total"], usage?["last"])
        threads.update(thread) { thread in
            thread.input = total?["inputTokens"]?.wholeNumber
            thread.output = total?["outputTokens"]?.wholeNumber
        }
        // The usage of all agents together, and how full the main agent's context window is.
        let (input, output) = threads.used
        let isMain = threads.isMain(thread)
        return [
            .emit(
                .usage(
                    AgentUsage(
                        input: input, output: output, context: isMain ? last?["totalTokens"]?.wholeNumber : nil,
                        window: isMain ? usage?["modelContextWindow"]?.wholeNumber : nil)))
        ]
    }

    // MARK: - Items

    private mutating func chunk(_ params: JSONValue, _ role: MessageChunk.Role, in thread: String) -> [DriverAction] {
        guard let id = Self.id(params["itemId"]), let text = params["delta"]?.string, !text.isEmpty else { return [] }
        threads.update(thread) { $0.tells(id) }
        return [message(id, role, text, in: thread)]
    }

    private func message(_ id: String, _ role: MessageChunk.Role, _ text: String, in thread: String) -> DriverAction {
        .emit(.message(MessageChunk(id: threads.name(id, in: thread), role: role, text: text, parent: threads.parent(of: thread))))
    }

    private mutating func started(_ params: JSONValue, in thread: String) -> [DriverAction] {
        guard let item = CodexItem(params["item"]), let call = item.call(isOver: false) else { return [] }
        spawned(by: item, in: thread)
        let turn = Self.id(params["turnId"])
        if item.isCommand {
            threads.began(item.id, call.title ?? "a command", in: thread, turn: turn)
        } else {
            threads.began(item.id, at: call.locations ?? [], in: thread, turn: turn)
        }
        return [tell(call, in: thread)]
    }

    private mutating func completed(_ params: JSONValue, in thread: String) -> [DriverAction] {
        guard let item = CodexItem(params["item"]) else { return [keep("item", params["item"] ?? .null)] }
        if let questions = item.questions { return wondered(questions, turn: params["turnId"]?.string, in: thread) }
        spawned(by: item, in: thread)
        let wasTold = threads.update(thread) { thread in
            thread.calls[item.id] = nil
            thread.commands[item.id] = nil
            return thread.endMessage(item.id)
        }
        if let call = item.call(isOver: true) { return [tell(call, in: thread)] }
        if let note = item.note { return threads.isMain(thread) ? [.emit(.note(Note(note)))] : [] }
        guard let (role, text) = item.text else {
            return item.isQuiet ? [] : [keep("item.\(item.type.cut(to: 100))", params["item"] ?? .null)]
        }
        guard wasTold != true, !text.isEmpty else { return [] }
        return [message(item.id, role, text, in: thread)]
    }

    private mutating func spawned(by item: CodexItem, in thread: String) {
        guard let (others, title) = item.spawned else { return }
        threads.spawned(others, by: item.id, of: thread, title: title)
    }

    private func tell(_ call: ToolCall, in thread: String) -> DriverAction {
        var call = call
        call.id = threads.name(call.id, in: thread)
        call.parent = threads.parent(of: thread)
        return .emit(.toolCall(call))
    }
}
