import AgentProtocol

// Time during which the server was away, and changes of the clock.
extension SessionReducer {
    /// The server's own time limits do not run while it is away. The agent keeps running, and the time of its background work counts.
    mutating func resumed(_ away: Int64) {
        if let wait = state.deadline?.wait { state.deadline?.at = now + wait }
        if let asked = state.turn?.stopAsked { state.turn?.stopAsked = asked + away }
        if let asked = state.background?.stop?.at { state.background?.stop?.at = asked + away }
        if let since = state.background?.idleSince { state.background?.idleSince = since + away }
        if let since = state.idleSince { state.idleSince = since + away }
        moveQuestions(by: away)
    }

    /// Shifts all times after the clock was set. Waits keep the time they had left, and no start lies in the future.
    mutating func clockMoved(by milliseconds: Int64) {
        if let deadline = state.deadline {
            let moved = min(deadline.at + milliseconds, now + deadline.wait)
            // A deadline that was already stored with the new clock stays as it is.
            state.deadline?.at = moved < now && deadline.at <= now + deadline.wait ? deadline.at : moved
        }
        func moved(_ time: Int64) -> Int64 { min(time + milliseconds, now) }
        if let asked = state.turn?.stopAsked { state.turn?.stopAsked = moved(asked) }
        state.idleSince = state.idleSince.map(moved)
        state.reportTimes = state.reportTimes?.map(moved)
        if var background = state.background {
            if let asked = background.stop?.at { background.stop?.at = moved(asked) }
            background.since = background.since.map(moved)
            background.idleSince = background.idleSince.map(moved)
            for place in background.tasks.indices { background.tasks[place].since = moved(background.tasks[place].since) }
            state.background = background
        }
        moveQuestions(by: milliseconds)
    }

    /// Shifts the text questions. The runner keeps the time of the others.
    private mutating func moveQuestions(by milliseconds: Int64) {
        for place in state.questions.indices where state.questions[place].kind == .text {
            state.questions[place].until = state.questions[place].until.map { $0 + milliseconds }
        }
    }
}
