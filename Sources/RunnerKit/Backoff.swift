/// The delay before the next try: doubles each time up to a limit, with jitter.
struct Backoff: Sendable {
    private let first: Duration
    private let longest: Duration
    private var next: Duration

    init(first: Duration = .milliseconds(50), longest: Duration = .seconds(2)) {
        self.first = first
        self.longest = longest
        next = first
    }

    /// The next delay. The jitter spreads the retries of many runners.
    mutating func wait() -> Duration {
        let wait = next * Double.random(in: 0.7...1.3)
        next = min(next * 2, longest)
        return wait
    }

    /// Starts over after a success.
    mutating func reset() {
        next = first
    }
}
