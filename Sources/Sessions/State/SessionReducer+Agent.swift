import AgentProtocol

// What a runner reports of its agent.
extension SessionReducer {
    mutating func agent(_ event: AgentEvent) {
        guard !state.runnerIsGone else { return }
        if case .agentExited = event { state.hasWholeLog = true }
        runnerReturned()
        switch event {
        case .agentStarted:
            guard state.phase == .booting else { return }
            enter(.starting, wait: timing.starting, for: "the agent's answer to the handshake")
        case .handshake(let identity):
            guard state.phase == .starting else { return }
            // Longer ids are dropped: no real id is that long, and it would be stored with every state.
            state.conversation = identity.conversation.flatMap { $0.utf8.count <= 256 ? $0 : nil }
            enter(.ready)
            advance()
        case .turnStarted(let turn) where turn.isFollowUp == true: followUpStarted(turn)
        case .turnEnded(let end) where end.isFollowUp == true: followUpEnded(end)
        case .turnStarted(let turn):
            guard state.current == turn.prompt else { return }
            state.isAnswering = true
            log.append(.prompt(turn.prompt, .answering))
            settle()
        case .turnEnded(let end):
            guard state.current == end.prompt else { return }
            state.current = nil
            state.isAnswering = false
            state.turnError = end.error
            state.followUpError = nil
            state.turn = nil
            log.append(.prompt(end.prompt, .done))
            // Background work may have asked. A cancelled turn stops that work, too.
            if end.stopReason == "cancelled" { dropQuestions() }
            settle()
        case .permission(let permission):
            state.questions.removeAll { $0.id == permission.id }
            if permission.answer == nil { state.questions.append(OpenQuestion(permission)) }
            advance()
        case .inquiry(let inquiry):
            state.questions.removeAll { $0.id == inquiry.id }
            if inquiry.answer == nil { state.questions.append(OpenQuestion(inquiry)) }
            if inquiry.toolCall == nil { state.goesOnByItself = true }
            state.idleSince = nil
            advance()
        case .background(let work): background(work)
        case .agentExited(let exit): exited(exit)
        case .message, .toolCall, .plan, .usage, .note, .other: break
        }
    }

    /// Delivers the next prompt to a free agent, or ends the session.
    mutating func advance() {
        guard state.phase.isRunning, state.current == nil else { return }
        if state.pending.isEmpty {
            endWhenIdle()
        } else {
            let next = state.pending.removeFirst()
            state.current = next
            // Notes from while only background work ran are not about this prompt.
            state.turn = nil
            state.idleSince = nil
            state.background?.since = nil
            state.background?.isOverdue = false
            log.append(.prompt(next, .delivered))
            effects.append(.deliver(next))
        }
    }

    /// Ends an idle session, if it is to end when idle.
    private mutating func endWhenIdle() {
        // An inquiry can stay open for longer than a turn, and its answer continues the work.
        guard state.ending == .whenIdle, state.phase == .ready, !state.questions.contains(where: { $0.kind == .inquiry }) else {
            state.idleSince = nil
            return
        }
        // An agent that starts turns by itself gets a moment to start one.
        guard state.goesOnByItself == true || state.background != nil else { return stop(.finishing) }
        if let since = state.idleSince, now - since >= timing.followingUp { return stop(.finishing) }
        state.idleSince = state.idleSince ?? now
    }

    private mutating func exited(_ exit: AgentExit) {
        loseRunner()
        loseCurrentPrompt()
        switch state.phase {
        case .booting, .starting, .ready, .working, .interrupted:
            if exit.reason == .finished, !state.pending.isEmpty {
                fail(SessionState.Failure(code: "endedEarly", message: "The agent ended by itself while prompts were waiting for it."))
            } else if exit.reason == .finished {
                enter(.finishing)
            } else {
                fail(SessionState.Failure(code: exit.reason.rawValue, message: exit.message, lastWords: exit.lastWords))
            }
        case .queued, .preparing, .finishing, .completed, .failed, .cancelled: break
        }
        if exit.reason == .notStarted { settleWithoutWork() } else { salvage() }
    }
}
