import AgentProtocol

// What people request of a session, and what its agent asks and reports.
extension SessionReducer {
    mutating func prompt(_ id: PromptID) {
        guard !state.phase.isEnd, state.phase != .finishing else { return }
        state.pending.append(id)
        log.append(.prompt(id, .kept))
        advance()
    }

    mutating func withdrawn(_ id: PromptID) {
        guard let place = state.pending.firstIndex(of: id) else { return }
        state.pending.remove(at: place)
        log.append(.prompt(id, .withdrawn))
        advance()
    }

    /// Withdraws a prompt without delivering the next: the input that would have delivered this one follows.
    mutating func authorShutOut(_ id: PromptID, _ note: String) {
        guard let place = state.pending.firstIndex(of: id) else { return }
        state.pending.remove(at: place)
        log.append(.prompt(id, .withdrawn))
        log.append(.note(note))
    }

    /// Accepts a question's first answer. The runner logs how the question ended, since it may have closed it before the answer arrives.
    mutating func answered(_ answer: AgentCommand.Answer) {
        guard let place = state.questions.firstIndex(where: { $0.id == answer.permission }),
            state.questions[place].options.contains(where: { $0.id == answer.option })
        else { return }
        state.questions.remove(at: place)
        effects.append(.send(.answer(answer)))
    }

    /// Accepts the first answer to an inquiry, as ``answered(_:)`` does.
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

    /// Logs it and acts once per turn, and once more to end the session.
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
        guard state.takesProgress(text), state.progressRefusal(at: now) == nil else { return }
        state.reportTimes = state.recentReports(at: now) + [now]
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
        log.append(.note("The agent continues its turn although it was asked to stop. Ending its session stops it."))
    }

    /// The agent applies the mode from its next question on.
    mutating func tightened(_ mode: PermissionMode, _ note: String) {
        guard state.phase.hasRunner else { return }
        log.append(.note(note))
        effects.append(.send(.permissions(mode)))
    }

    mutating func finishRequested() {
        guard !state.phase.isEnd, state.phase != .finishing else { return }
        state.ending = .whenIdle
        advance()
    }

    mutating func starterShutOut() {
        // A finishing session ends anyway, with its work on the branch.
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
            // The session ends anyway; only the phase changes.
            if state.salvage == .none { enter(.cancelled, wait: timing.stopping, for: "the agent to end") }
        case .interrupted:
            guard state.salvage == .none else { return }
            enter(.cancelled)
            loseCurrentPrompt()
            salvage()
        case .completed, .failed, .cancelled: break
        }
    }

    /// Salvages the workspace again; the agent has ended long before.
    mutating func salvageRequested() {
        guard state.isSettled, state.keepsWorkspace else { return }
        state.earlierResult = state.result
        state.salvage = .none
        state.isCleanedUp = false
        log.append(.note("The work is to be brought out of the workspace again."))
        salvage()
    }

    /// Asks the agent to end. It is killed if it does not end in time.
    mutating func stop(_ phase: Phase) {
        enter(phase, wait: timing.stopping, for: "the agent to end")
        effects.append(.send(.stop))
    }
}

extension SessionState {
    /// Whether a progress report says something new about a turn.
    func takesProgress(_ text: String) -> Bool { phase == .working && turn?.progress != text }

    /// Why no further progress is logged now, in a sentence for the agent; `nil` when it is.
    func progressRefusal(at now: Int64) -> String? {
        let (inMinute, inTurn) = (SessionReducer.progressLimitPerMinute, SessionReducer.progressLimit)
        if recentReports(at: now).count >= inMinute {
            return "Not told: progress was reported \(inMinute) times in the last minute, the most there can be. Report it at larger steps."
        }
        if turn?.reports ?? 0 >= inTurn {
            return "Not told: progress was reported \(inTurn) times in this turn, the most there can be."
        }
        return nil
    }

    /// When progress was logged within a minute of this time.
    func recentReports(at now: Int64) -> [Int64] { (reportTimes ?? []).filter { abs(now - $0) < 60_000 } }
}
