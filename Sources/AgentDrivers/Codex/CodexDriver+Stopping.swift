import AgentProtocol

// MARK: - Stopping

extension CodexDriver {
    /// Stops the main thread's turn, everything that waits for it, and all background work.
    mutating func stopEverything() -> [DriverAction] {
        isStopping = true
        turns.cancel()
        let dropped = turns.dropWaiting().flatMap { waiting -> [DriverAction] in
            guard waiting.isFollowUp else { return [.emit(.turnEnded(TurnEnd(prompt: waiting.prompt, stopReason: "cancelled")))] }
            return [.emit(.note(Note("The answer to the agent's question was not handed over: everything was stopped before.")))]
        }
        // A goal would start the next turn as soon as one has ended.
        return dropped + endGoals() + interruptMain() + stopThreads()
    }

    /// Stops everything but a person's turn.
    mutating func stopBeside() -> [DriverAction] {
        var actions = endGoals()
        // A person's prompt would wait for the agent's own turn.
        if let main = threads.main, turns.running?.isFollowUp != false {
            threads.update(main) { $0.isStopping = true }
            actions += interruptMain()
        }
        return actions + stopThreads()
    }

    mutating func interruptMain() -> [DriverAction] {
        guard let main = threads.main, isStopping || threads[main]?.isStopping == true || turns.running?.isCancelled == true else {
            return []
        }
        return turns.ids.flatMap { interrupt($0, of: main) }
    }

    /// Stops every sub-agent, and every command that outlived its turn.
    private mutating func stopThreads() -> [DriverAction] {
        var actions: [DriverAction] = []
        for (id, thread) in threads.others {
            if let turn = thread.turn {
                threads.update(id) { $0.isStopping = true }
                actions += interrupt(turn, of: id)
            } else {
                // A thread that is active without a turn is about to announce one.
                threads.update(id) {
                    $0.isStopping = thread.isActive || thread.isQueued
                    $0.isQueued = false
                }
                if !thread.commands.isEmpty { actions += clean(id) }
            }
        }
        if let main = threads.main, threads[main]?.isQueued == true { threads.update(main) { $0.isQueued = false } }
        guard let main = threads.main, let thread = threads[main], !thread.background.isEmpty else { return actions }
        guard thread.turn != nil else { return actions + clean(main) }
        // The running turn's own commands must not be stopped, so the others are looked up and stopped one by one.
        return actions + list(main, stopping: Set(thread.background.keys))
    }

    /// Interrupts a turn, at most once: Codex would not answer a second request.
    mutating func interrupt(_ turn: String, of thread: String) -> [DriverAction] {
        guard threads.update(thread, { $0.interrupts(turn) }) == true else { return [] }
        return request(
            "turn/interrupt", ["threadId": .string(thread), "turnId": .string(turn)], for: .interrupt(thread: thread, turn: turn))
    }

    /// Ends all goals. Pausing them is not enough: a paused goal can't be replaced by another.
    private mutating func endGoals() -> [DriverAction] {
        threads.withGoal.flatMap { endGoal(of: $0) }
    }

    mutating func endGoal(of thread: String) -> [DriverAction] {
        guard threads[thread]?.goal?.isEnding == false else { return [] }
        threads.update(thread) { $0.goal?.isEnding = true }
        return request("thread/goal/clear", ["threadId": .string(thread)], for: .goal(thread: thread))
    }

    /// Ends all background commands of a thread.
    mutating func clean(_ thread: String) -> [DriverAction] {
        request("thread/backgroundTerminals/clean", ["threadId": .string(thread)])
    }

    mutating func list(_ thread: String, stopping: Set<String> = []) -> [DriverAction] {
        request(
            "thread/backgroundTerminals/list", ["threadId": .string(thread)], for: .terminals(thread: thread, stopping: stopping))
    }

    /// Handles the list of a thread's running commands.
    mutating func listed(_ result: JSONValue?, of thread: String, _ stopping: Set<String>) -> [DriverAction] {
        guard let terminals = result?["data"]?.elements else { return [] }
        var actions: [DriverAction] = []
        for terminal in terminals {
            guard let item = terminal["itemId"]?.string, stopping.contains(item), let process = terminal["processId"]?.string else {
                continue
            }
            actions += request(
                "thread/backgroundTerminals/terminate", ["threadId": .string(thread), "processId": .string(process)])
        }
        // Commands on further pages are unknown, so none counts as ended.
        guard result?["nextCursor"]?.string == nil else { return actions }
        let going = Set(terminals.compactMap { $0["itemId"]?.string })
        let over = threads.update(thread) { thread -> [String] in
            let over = thread.background.keys.filter { !going.contains($0) }.sorted()
            for item in over { thread.commands[item] = nil }
            return over
        }
        return actions + (over ?? []).map { ended($0, of: thread, hasSucceeded: false) }
    }
}
