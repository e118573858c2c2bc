import AgentProtocol

// MARK: - The main thread's turns

extension CodexDriver {
    /// Hands over the next waiting input, if no turn runs.
    mutating func handOver() -> [DriverAction] {
        guard let main = threads.main, let next = turns.next() else { return [] }
        let begun: [DriverAction] = next.isFollowUp ? [.emit(.turnStarted(Turn(prompt: next.prompt, isFollowUp: true)))] : []
        var start: [String: JSONValue] = ["threadId": .string(main), "input": next.input]
        // The policy applies to this turn and those after it.
        if asksFromNow { start["approvalPolicy"] = Self.approvalPolicy(conversation.permissions) }
        asksFromNow = false
        return begun + request("turn/start", .object(start), for: .turn)
    }

    /// Stores the new mode. The next turn tells Codex to ask, if it did not before.
    public mutating func tighten(to mode: PermissionMode) {
        asksFromNow = asksFromNow || conversation.permissions == .everything && mode != .everything
        conversation.permissions = mode
    }

    mutating func handedOver(_ result: JSONValue?, _ error: String?) -> [DriverAction] {
        if error == nil, let id = Self.id(result?["turn"]?["id"]) {
            let events = turns.accepted(id)
            if let main = threads.main, turns.running?.id == id, turns.own == nil { threads.update(main) { $0.turn = id } }
            return tell(events) + interruptMain()
        }
        return tell(turns.refused(error ?? "Its answer to turn/start names no turn."))
    }

    private mutating func tell(_ events: [CodexTurns.Event]) -> [DriverAction] {
        var actions: [DriverAction] = []
        for event in events {
            let told: AgentEvent?
            switch event {
            case .began(let own):
                told = own.prompt.map { .turnStarted(Turn(prompt: $0, isFollowUp: true)) }
            case .ended(let own, let ending):
                told = own.prompt.map {
                    .turnEnded(TurnEnd(prompt: $0, stopReason: ending.reason, error: ending.error, isFollowUp: true))
                }
            case .answered(let handed, let ending):
                told = .turnEnded(
                    TurnEnd(
                        prompt: handed.prompt, stopReason: ending.reason, error: ending.error, isFollowUp: handed.isFollowUp ? true : nil))
            }
            // Background work is emitted before a turn's end: a session ends when nothing runs.
            actions += tellBackground() + (told.map { [.emit($0)] } ?? [])
        }
        return actions + handOver()
    }

    /// Handles the start of a turn in any thread.
    mutating func began(_ params: JSONValue, in thread: String) -> [DriverAction] {
        guard let turn = Self.id(params["turn"]?["id"]) else { return [keep("turn/started", params)] }
        threads.update(thread) { thread in
            thread.turn = turn
            thread.isQueued = false
            thread.goal?.isHeld = false
        }
        guard threads.isMain(thread) else {
            return isStopping || threads[thread]?.isStopping == true ? interrupt(turn, of: thread) : []
        }
        return tell(turns.began(turn, root: params["turn"]?["rootTurnId"]?.string)) + interruptMain()
    }

    /// Handles the end of a turn in any thread.
    mutating func ended(_ params: JSONValue, in thread: String) -> [DriverAction] {
        guard let finished = params["turn"], let turn = finished["id"]?.string else { return [keep("turn/completed", params)] }
        let isMain = threads.isMain(thread)
        guard isMain ? turns.ids.contains(turn) : threads[thread]?.turn == turn else { return [] }
        let status = finished["status"]?.string
        let fault = finished["error"].flatMap { CodexFault($0) }?.text ?? threads[thread]?.lastError
        if status == "interrupted" { threads.update(thread) { $0.goal?.isHeld = true } }
        let actions = close(turn, of: thread, hasSucceeded: status == "completed")
        guard isMain else {
            guard status == "failed" else { return actions }
            let name = threads[thread]?.title ?? "without a name"
            return actions + [.emit(.note(Note("A sub-agent (\(name.cut(to: 100))) failed: \(fault ?? "It does not say why.")")))]
        }
        let ending =
            switch status {
            case "completed": CodexTurns.Ending(reason: "end_turn")
            case "interrupted": CodexTurns.Ending(reason: "cancelled")
            default: CodexTurns.Ending(reason: "error", error: fault ?? "It does not say why.")
            }
        return actions + tell(turns.ended(turn, ending))
    }

    /// Closes the turn's open calls: an interrupted turn's items never end. Commands may keep running.
    private mutating func close(_ turn: String, of thread: String, hasSucceeded: Bool) -> [DriverAction] {
        let asking = Set(asked.requests.compactMap { $0.thread == thread ? $0.item : nil })
        let (closed, runsOn, isStopping) =
            threads.update(thread) { thread -> ([String], Bool, Bool) in
                if thread.turn == nil || thread.turn == turn {
                    thread.turn = nil
                    thread.isActive = false
                    thread.forgetMessages()
                    thread.lastError = nil
                }
                thread.forgetInterrupt(of: turn)
                let calls = thread.calls.filter { $0.value.turn == nil || $0.value.turn == turn }.keys.sorted()
                // Commands that still wait for a permission never started.
                let never = thread.commands.filter { $0.value.turn == turn && asking.contains($0.key) }.keys.sorted()
                for call in calls { thread.calls[call] = nil }
                for command in never { thread.commands[command] = nil }
                defer { thread.isStopping = false }
                return (calls + never, !thread.commands.isEmpty, thread.isStopping)
            } ?? ([], false, false)
        let ends = closed.map { ended($0, of: thread, hasSucceeded: hasSucceeded) }
        guard runsOn else { return ends }
        // Commands that never started or have ended would be waited for forever, so the rest is listed or cleaned up.
        return ends + (self.isStopping || isStopping ? clean(thread) : list(thread))
    }

    /// Emits the end of a call of which nothing more is known.
    func ended(_ call: String, of thread: String, hasSucceeded: Bool) -> DriverAction {
        .emit(
            .toolCall(
                ToolCall(
                    id: threads.name(call, in: thread), status: hasSucceeded ? "completed" : "failed", parent: threads.parent(of: thread))))
    }
}
