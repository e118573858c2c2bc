import AgentProtocol

/// Which sessions are due to be looked at, and when. Sessions that are not in it cost nothing.
struct Schedule: Sendable {
    private var times: [SessionID: Int64] = [:]

    /// The next time at which a session is due, in UTC milliseconds.
    var earliest: Int64? { times.values.min() }

    /// When a session is due, in UTC milliseconds; `nil` when it is not scheduled.
    subscript(session: SessionID) -> Int64? {
        get { times[session] }
        set { times[session] = newValue }
    }

    /// Removes and returns the sessions that are due, the longest overdue first.
    mutating func takeDue(at now: Int64) -> [SessionID] {
        let due = times.filter { $0.value <= now }
        for session in due.keys { times[session] = nil }
        return due.sorted { ($0.value, $0.key.rawValue) < ($1.value, $1.key.rawValue) }.map(\.key)
    }

    /// Shifts all times after the clock was set.
    mutating func move(by milliseconds: Int64) {
        times = times.mapValues { $0 + milliseconds }
    }
}
