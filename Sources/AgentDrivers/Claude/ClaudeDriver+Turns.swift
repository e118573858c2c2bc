import AgentProtocol

// Assigns turns. A person's turn ends with a `result` without `origin`. The program starts turns by itself when a background task has
// ended; their results have an `origin`.
extension ClaudeDriver {
    /// Handles the start of a turn: each has its own `init`.
    mutating func began() -> [DriverAction] {
        if isPersonsTurn { return [] }
        if turns.followUp != nil {
            // Follow-up turns that come directly after each other are shown as one.
            turns.followUp?.end = nil
            return stopFollowUp()
        }
        guard let prompt = tasks.woken ?? turns.lastPrompt else { return [] }
        turns.followUp = ClaudeTurns.FollowUp(prompt: prompt)
        // The person's turn ends after this one begins, so that the agent never counts as idle in between.
        return [.emit(.turnStarted(Turn(prompt: prompt, isFollowUp: true)))] + tellEnd() + stopFollowUp()
    }

    /// Interrupts a follow-up turn that begins while everything is being stopped.
    private mutating func stopFollowUp() -> [DriverAction] {
        guard turns.isStopping, turns.person == nil else { return [] }
        turns.followUp?.isCancelled = true
        return request(["subtype": "interrupt"])
    }

    /// Handles the program's progress with a prompt.
    mutating func followed(_ message: JSONValue) -> [DriverAction] {
        turns.tellsProgress = true
        guard var person = turns.person, person.uuid == message["command_uuid"]?.string, person.end == nil else { return [] }
        switch message["state"]?.string {
        case "started":
            person.stage = .begun
            turns.lastPrompt = person.prompt
            tasks.forgetWoken()
            if turns.followUp?.end == nil, turns.followUp != nil { person.isWithinFollowUp = true }
            turns.person = person
            // A follow-up that has ended is not the one that continues, even if its end was not emitted yet.
            return turns.followUp?.end == nil ? [] : tellEndOfFollowUp()
        case "completed":
            // This comes before any result, so the next result belongs to this prompt.
            turns.person?.isWithinFollowUp = true
        case "cancelled" where person.stage == .written:
            // The program never started on the prompt and sends no result for it.
            turns.person?.end = TurnEnd(prompt: person.prompt, stopReason: "cancelled")
            return tellEnd()
        default: break
        }
        return []
    }

    /// Handles whether the program is idle.
    mutating func changedState(_ state: String?) -> [DriverAction] {
        turns.tellsState = true
        guard state == "idle" else { return [] }
        tasks.forgetUntold()
        // The follow-up's result was lost.
        if let followUp = turns.followUp, followUp.end == nil {
            turns.followUp?.end = TurnEnd(prompt: followUp.prompt, stopReason: "end_turn", isFollowUp: true)
        }
        return tellEnd() + tellEndOfFollowUp()
    }

    mutating func ended(_ message: JSONValue) -> [DriverAction] {
        let result = ClaudeResult(message)
        guard phase == .open else {
            // A program that cannot start says so before it answers anything, and exits.
            return phase == .initializing && result.hasFailed ? giveUp("The agent could not start: \(result.problem)") : [keep(message)]
        }
        let isFollowUp = result.isFollowUp || (turns.followUp != nil && turns.followUp?.end == nil && !isPersonsTurn)
        if !isFollowUp, turns.person?.end != nil || turns.person == nil { return [keep(message)] }
        if let run = result.run { tasks.told(run) }
        var actions = result.usage.map { [.emit(.usage($0))] } ?? [] as [DriverAction]
        if isFollowUp {
            if let followUp = turns.followUp {
                turns.followUp?.end = result.end(of: followUp.prompt, isCancelled: followUp.isCancelled, isFollowUp: true)
            }
            // A result without a turn, as when two tasks end together, is ignored.
            guard turns.followUp != nil || turns.person?.isWithinFollowUp == true else { return [] }
        }
        if !isFollowUp || turns.person?.isWithinFollowUp == true, let person = turns.person {
            turns.person?.end = result.end(of: person.prompt, isCancelled: person.isCancelled, isFollowUp: false)
            // The program runs one turn at a time.
            if !isFollowUp, let followUp = turns.followUp, followUp.end == nil {
                turns.followUp?.end = TurnEnd(prompt: followUp.prompt, stopReason: "end_turn", isFollowUp: true)
            }
        }
        speech.turnEnded()
        // Tasks that ended during the turn may start another at once. The turn's end, which would mean that all work is done, waits until
        // that is known.
        if !turns.tellsState || turns.isStopping || tasks.isAwaited || !tasks.hasUntold { actions += tellEndOfFollowUp() + tellEnd() }
        return actions
    }

    /// Whether the program is working on a person's prompt.
    private var isPersonsTurn: Bool {
        guard let person = turns.person, person.end == nil else { return false }
        return person.stage == .begun || !turns.tellsProgress
    }

    /// Emits the end of the person's turn, if it has ended.
    mutating func tellEnd() -> [DriverAction] {
        guard let end = turns.person?.end else { return [] }
        turns.person = nil
        return [.emit(.turnEnded(end))]
    }

    mutating func tellEndOfFollowUp() -> [DriverAction] {
        guard let end = turns.followUp?.end else { return [] }
        turns.followUp = nil
        return [.emit(.turnEnded(end))]
    }

    // MARK: - Stopping

    /// Interrupts the running turn, drops queued prompts and stops background tasks.
    public mutating func cancelTurn() -> [DriverAction] {
        guard phase == .open, turns.person != nil || turns.followUp != nil || !tasks.isEmpty else { return [] }
        turns.person?.isCancelled = true
        turns.followUp?.isCancelled = true
        turns.isStopping = true
        // Queued prompts would run after the stopped turn. Sub-agents end with the turn, commands do not.
        return request(["subtype": "interrupt", "cancel_queued": true]) + stopTasks()
    }

    /// Stops background tasks, and the program's own turn if no prompt was written since.
    public mutating func stopBackground() -> [DriverAction] {
        guard phase == .open, turns.followUp != nil || !tasks.isEmpty else { return [] }
        // Once a prompt was written, it is unknown whether the program's own turn still runs.
        guard turns.person == nil else { return stopTasks() }
        turns.isStopping = true
        return stopTasks() + (turns.followUp == nil ? [] : stopFollowUp())
    }

    func stop(_ task: String) -> JSONValue { ["subtype": "stop_task", "task_id": .string(task)] }

    private mutating func stopTasks() -> [DriverAction] {
        tasks.toStop(withAmbient: true).flatMap { request(stop($0)) }
    }
}
