import AgentProtocol

// What people want of a session, and what its agent asks and tells them.
extension SessionReducer {
    mutating func prompt(_ id: PromptID) {
        guard !state.phase.isEnd, state.phase != .finishing else { return }
        state.pending.append(id)
        log.append(.prompt(id, .kept))
        goOn()
    }

    mutating func withdrawn(_ id: PromptID) {
        guard let place = state.pending.firstIndex(of: id) else { return }
        state.pending.remove(at: place)
        log.append(.prompt(id, .withdrawn))
        goOn()
    }

    /// Takes a question's first answer. The runner logs how the question ended, since it may have closed it before the answer reaches it.
    mutating func answered(_ answer: AgentCommand.Answer) {
        guard let place = state.questions.firstIndex(where: { $0.id == answer.permission }),
            state.questions[place].options.contains(where: { $0.id == answer.option })
        else { return }
        state.questions.remove(at: place)
        effects.append(.send(.answer(answer)))
    }

    /// Takes the first answer to an inquiry, as ``answered(_:)`` does.
    mutating func inquiryAnswered(_ reply: AgentCommand.Reply) {
        guard let place = state.questions.firstIndex(where: { $0.id == reply.inquiry && $0.kind == .inquiry }) else { return }
        state.questions.remove(at: place)
        effects.append(.send(.reply(reply)))
    }

    mutating func asked(_ question: OpenQuestion) {
        guard state.phase == .working, state.questions.count(where: { $0.kind == .text }) < Self.questionLimit
        else { return }
        state.questions.append(question)
        log.append(.question(QuestionEntry(question)))
    }

    mutating func settle(_ id: String, _ answer: QuestionAnswer) {
        guard let place = state.questions.firstIndex(where: { $0.id == id && $0.kind == .text }) else { return }
        log.append(.question(QuestionEntry(state.questions.remove(at: place), answer: answer)))
    }

    /// Notes it and acts once a turn, and once more to end the session.
    mutating func stuck(_ prompt: PromptID, _ sentence: String, _ act: StuckAct) {
        var turn = state.turn ?? SessionState.TurnNotes()
        guard state.phase == .working, state.current == prompt, !turn.isStuck || act == .cancelSession else { return }
        turn.isStuck = true
        state.turn = turn
        log.append(.note("The agent seems to be stuck: \(sentence)."))
        switch act {
        case .tell: break
        case .cancelTurn: turnCancelRequested()
        case .cancelSession: cancelRequested()
        }
    }

    mutating func progressed(_ text: String) {
        var turn = state.turn ?? SessionState.TurnNotes()
        guard state.phase == .working, turn.progress != text, turn.reports < Self.progressLimit else { return }
        turn.progress = text
        turn.reports += 1
        state.turn = turn
        log.append(.progress(text))
    }

    mutating func turnCancelRequested() {
        guard state.phase.isRunning, state.current != nil || state.background?.isRunning == true else { return }
        if var background = state.background, background.isRunning, background.stop == nil {
            background.stop = BackgroundState.Stop(at: now, tasks: background.awaited.map(\.id), followUp: background.followUp)
            state.background = background
        }
        var turn = state.turn ?? SessionState.TurnNotes()
        turn.stopAsked = turn.stopAsked ?? now
        state.turn = turn
        log.append(.note("The agent was asked to stop what it does."))
        effects.append(.send(.cancelTurn))
    }

    mutating func turnGoesOn(_ prompt: PromptID) {
        guard state.current == prompt, state.turn?.stopAsked != nil, state.turn?.ignoresStop != true else { return }
        state.turn?.ignoresStop = true
        log.append(.note("The agent goes on with its turn although it was asked to stop. What stops it is the end of its session."))
    }

    /// The agent hears of it with its next question.
    mutating func tightened(_ mode: PermissionMode, _ note: String) {
        guard state.phase.hasRunner else { return }
        log.append(.note(note))
        effects.append(.send(.permissions(mode)))
    }

    mutating func finishRequested() {
        guard !state.phase.isEnd, state.phase != .finishing else { return }
        state.ending = .whenIdle
        goOn()
    }

    mutating func starterShutOut() {
        // What is finishing ends anyway, with its work on the branch.
        guard !state.phase.isEnd, state.phase != .finishing else { return }
        log.append(.note("Who asked for this session may not run sessions of its project any more, so it ends."))
        cancelRequested()
    }

    mutating func cancelRequested() {
        switch state.phase {
        case .queued:
            enter(.cancelled)
            settleWithoutWork()
        case .preparing:
            enter(.cancelled)
            effects.append(.abandonPreparation)
            settleWithoutWork()
        case .booting, .starting, .ready, .working:
            stop(.cancelled)
        case .finishing:
            // What is under way brings the session to its end anyway; only its name changes.
            if state.salvage == .none { enter(.cancelled, wait: timing.stopping, for: "the agent to end") }
        case .interrupted:
            guard state.salvage == .none else { return }
            enter(.cancelled)
            loseCurrentPrompt()
            salvage()
        case .completed, .failed, .cancelled: break
        }
    }

    /// The agent is long gone; only what stands in its workspace is looked at again.
    mutating func salvageRequested() {
        guard state.isSettled, state.keepsWorkspace else { return }
        state.earlierResult = state.result
        state.salvage = .none
        state.isCleanedUp = false
        log.append(.note("The work is to be brought out of the workspace again."))
        salvage()
    }

    /// Asks the agent to end. It gets a while, then it is killed.
    mutating func stop(_ phase: Phase) {
        enter(phase, wait: timing.stopping, for: "the agent to end")
        effects.append(.send(.stop))
    }
}
