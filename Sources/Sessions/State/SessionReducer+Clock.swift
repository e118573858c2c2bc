import AgentProtocol

// Time that is not the session's own.
extension SessionReducer {
    /// The server's own time limits do not run while it is away. The agent runs on meanwhile, and so does the time of its background work.
    mutating func resumed(_ away: Int64) {
        if let wait = state.deadline?.wait { state.deadline?.at = now + wait }
        if let asked = state.turn?.stopAsked { state.turn?.stopAsked = asked + away }
        if let asked = state.background?.stop?.at { state.background?.stop?.at = asked + away }
        if let since = state.background?.idleSince { state.background?.idleSince = since + away }
        if let since = state.idleSince { state.idleSince = since + away }
        moveQuestions(by: away)
    }

    /// The clock was set. What is waited for has as much time left as before, and nothing began later than now.
    mutating func clockMoved(by milliseconds: Int64) {
        if let deadline = state.deadline {
            let moved = min(deadline.at + milliseconds, now + deadline.wait)
            // One that was stored by the new clock already is right as it is.
            state.deadline?.at = moved < now && deadline.at <= now + deadline.wait ? deadline.at : moved
        }
        func moved(_ time: Int64) -> Int64 { min(time + milliseconds, now) }
        if let asked = state.turn?.stopAsked { state.turn?.stopAsked = moved(asked) }
        state.idleSince = state.idleSince.map(moved)
        if var background = state.background {
            if let asked = background.stop?.at { background.stop?.at = moved(asked) }
            background.since = background.since.map(moved)
            background.idleSince = background.idleSince.map(moved)
            for place in background.tasks.indices { background.tasks[place].since = moved(background.tasks[place].since) }
            state.background = background
        }
        moveQuestions(by: milliseconds)
    }

    /// The runner keeps the time of the others.
    private mutating func moveQuestions(by milliseconds: Int64) {
        for place in state.questions.indices where state.questions[place].kind == .text {
            state.questions[place].until = state.questions[place].until.map { $0 + milliseconds }
        }
    }
}
