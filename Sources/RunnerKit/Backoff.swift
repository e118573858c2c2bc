/// How long to wait before the next try: twice as long each time, up to a limit, never exactly the same.
struct Backoff: Sendable {
    private let first: Duration
    private let longest: Duration
    private var next: Duration

    init(first: Duration = .milliseconds(50), longest: Duration = .seconds(2)) {
        self.first = first
        self.longest = longest
        next = first
    }

    /// The next wait, with a jitter so that many runners do not come back at the same moment.
    mutating func wait() -> Duration {
        let wait = next * Double.random(in: 0.7...1.3)
        next = min(next * 2, longest)
        return wait
    }

    /// It worked: begin anew.
    mutating func reset() {
        next = first
    }
}
