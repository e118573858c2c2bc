import AgentProtocol

// MARK: - Stopping

extension CodexDriver {
    /// Stops the main thread's turn, what waits for it, and everything beside.
    mutating func stopEverything() -> [DriverAction] {
        isStopping = true
        turns.cancel()
        let dropped = turns.dropWaiting().flatMap { waiting -> [DriverAction] in
            guard waiting.isFollowUp else { return [.emit(.turnEnded(TurnEnd(prompt: waiting.prompt, stopReason: "cancelled")))] }
            return [.emit(.note(Note("The answer to the agent's question was not handed over: everything was stopped before.")))]
        }
        // A goal would begin the next turn as soon as one has ended.
        return dropped + endGoals() + interruptMain() + stopThreads()
    }

    /// Stops what runs beside a person's turn.
    mutating func stopBeside() -> [DriverAction] {
        var actions = endGoals()
        // The person's prompt waits for what the agent does by itself.
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

    /// Stops every sub-agent, and every command that goes on without a turn.
    private mutating func stopThreads() -> [DriverAction] {
        var actions: [DriverAction] = []
        for (id, thread) in threads.others {
            if let turn = thread.turn {
                threads.update(id) { $0.isStopping = true }
                actions += interrupt(turn, of: id)
            } else {
                // Active without a turn: that is about to be told.
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
        // Those of the running turn are not to be stopped with it.
        return actions + list(main, stopping: Set(thread.background.keys))
    }

    /// Once a turn: a second request would not be answered.
    mutating func interrupt(_ turn: String, of thread: String) -> [DriverAction] {
        guard threads.update(thread, { $0.interrupts(turn) }) == true else { return [] }
        return request(
            "turn/interrupt", ["threadId": .string(thread), "turnId": .string(turn)], for: .interrupt(thread: thread, turn: turn))
    }

    /// Ends what Codex pursues by itself. Only paused it could not be replaced by another goal.
    private mutating func endGoals() -> [DriverAction] {
        threads.withGoal.flatMap { endGoal(of: $0) }
    }

    mutating func endGoal(of thread: String) -> [DriverAction] {
        guard threads[thread]?.goal?.isEnding == false else { return [] }
        threads.update(thread) { $0.goal?.isEnding = true }
        return request("thread/goal/clear", ["threadId": .string(thread)], for: .goal(thread: thread))
    }

    /// Ends all commands of a thread's.
    mutating func clean(_ thread: String) -> [DriverAction] {
        request("thread/backgroundTerminals/clean", ["threadId": .string(thread)])
    }

    mutating func list(_ thread: String, stopping: Set<String> = []) -> [DriverAction] {
        request(
            "thread/backgroundTerminals/list", ["threadId": .string(thread)], for: .terminals(thread: thread, stopping: stopping))
    }

    /// Which commands of a thread's go on.
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
        // What stands on further pages is not known.
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
