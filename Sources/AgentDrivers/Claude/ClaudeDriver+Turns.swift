import AgentProtocol

// Which turn is whose. A person's ends with the `result` that has no `origin`; the program begins turns by itself when something that
// it had running in the background has ended, and their results have one.
extension ClaudeDriver {
    /// A turn begins: each has its own `init`.
    mutating func began() -> [DriverAction] {
        if isPersonsTurn { return [] }
        if turns.followUp != nil {
            // One follows the other at once, which is shown as one turn.
            turns.followUp?.end = nil
            return stopFollowUp()
        }
        guard let prompt = tasks.woken ?? turns.lastPrompt else { return [] }
        turns.followUp = ClaudeTurns.FollowUp(prompt: prompt)
        // The person's turn ends after this one begins, so that the agent is not taken for idle in between.
        return [.emit(.turnStarted(Turn(prompt: prompt, isFollowUp: true)))] + tellEnd() + stopFollowUp()
    }

    /// A turn that begins while everything is to be stopped is stopped.
    private mutating func stopFollowUp() -> [DriverAction] {
        guard turns.isStopping, turns.person == nil else { return [] }
        turns.followUp?.isCancelled = true
        return request(["subtype": "interrupt"])
    }

    /// How far the program is with a prompt.
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
            // A turn that has ended is not the one that goes on, although its end was not emitted yet.
            return turns.followUp?.end == nil ? [] : tellEndOfFollowUp()
        case "completed":
            // It comes before any result, so the next result is this prompt's.
            turns.person?.isWithinFollowUp = true
        case "cancelled" where person.stage == .written:
            // The program never began with it and has no result for it.
            turns.person?.end = TurnEnd(prompt: person.prompt, stopReason: "cancelled")
            return tellEnd()
        default: break
        }
        return []
    }

    /// The program is idle, or is not any more.
    mutating func changedState(_ state: String?) -> [DriverAction] {
        turns.tellsState = true
        guard state == "idle" else { return [] }
        tasks.forgetUntold()
        // Its result was lost.
        if let followUp = turns.followUp, followUp.end == nil {
            turns.followUp?.end = TurnEnd(prompt: followUp.prompt, stopReason: "end_turn", isFollowUp: true)
        }
        return tellEnd() + tellEndOfFollowUp()
    }

    mutating func ended(_ message: JSONValue) -> [DriverAction] {
        let result = ClaudeResult(message)
        guard phase == .open else {
            // It says so before it answers anything, and ends.
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
            // A result without a turn, as of two tasks that end together, says nothing.
            guard turns.followUp != nil || turns.person?.isWithinFollowUp == true else { return [] }
        }
        if !isFollowUp || turns.person?.isWithinFollowUp == true, let person = turns.person {
            turns.person?.end = result.end(of: person.prompt, isCancelled: person.isCancelled, isFollowUp: false)
            // The program does one thing at a time.
            if !isFollowUp, let followUp = turns.followUp, followUp.end == nil {
                turns.followUp?.end = TurnEnd(prompt: followUp.prompt, stopReason: "end_turn", isFollowUp: true)
            }
        }
        speech.turnEnded()
        // What ended during the turn may start another at once. Until that is known, the turn's end would say that all is done.
        if !turns.tellsState || turns.isStopping || tasks.isAwaited || !tasks.hasUntold { actions += tellEndOfFollowUp() + tellEnd() }
        return actions
    }

    /// Whether the program has begun with a person's prompt.
    private var isPersonsTurn: Bool {
        guard let person = turns.person, person.end == nil else { return false }
        return person.stage == .begun || !turns.tellsProgress
    }

    /// Tells that the person's turn has ended, when it has.
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

    public mutating func cancelTurn() -> [DriverAction] {
        guard phase == .open, turns.person != nil || turns.followUp != nil || !tasks.isEmpty else { return [] }
        turns.person?.isCancelled = true
        turns.followUp?.isCancelled = true
        turns.isStopping = true
        // A prompt that waits would run after the turn that is stopped. Sub-agents end with the turn, commands do not.
        return request(["subtype": "interrupt", "cancel_queued": true]) + stopTasks()
    }

    public mutating func stopBackground() -> [DriverAction] {
        guard phase == .open, turns.followUp != nil || !tasks.isEmpty else { return [] }
        // Once a prompt was written it is unknown whether the turn of the program's own still runs.
        guard turns.person == nil else { return stopTasks() }
        turns.isStopping = true
        return stopTasks() + (turns.followUp == nil ? [] : stopFollowUp())
    }

    func stop(_ task: String) -> JSONValue { ["subtype": "stop_task", "task_id": .string(task)] }

    private mutating func stopTasks() -> [DriverAction] {
        tasks.toStop(withAmbient: true).flatMap { request(stop($0)) }
    }
}
