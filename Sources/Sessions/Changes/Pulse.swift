import AgentProtocol

/// When a session's agent last showed activity. All times are in UTC milliseconds.
struct Pulse: Sendable {
    private(set) var lastEvent: Int64
    private(set) var lastBusy: Int64
    /// When it was last checked for being silent too long.
    var lastLook: Int64 = 0
    /// When it was last checked for background work that runs too long.
    var lastBackgroundLook: Int64 = 0
    /// The last sign of activity.
    var lastSign: Int64 { max(lastEvent, lastBusy) }
    private var sample: (cpu: Int64, at: Int64)?

    /// CPU share up to which an agent counts as waiting: timers and answers to pings use a little, too.
    private static let idlePercent: Int64 = 5

    /// Starts now; nothing is known of earlier activity.
    init(now: Int64) {
        lastEvent = now
        lastBusy = now
    }

    /// Shifts all times after the clock was set.
    mutating func move(by milliseconds: Int64) {
        lastEvent += milliseconds
        lastBusy += milliseconds
        lastLook += milliseconds
        lastBackgroundLook += milliseconds
        sample?.at += milliseconds
    }

    mutating func told(now: Int64) { lastEvent = now }

    mutating func beat(_ heartbeat: Heartbeat, now: Int64) {
        if let sample, now > sample.at {
            // The CPU time of exited processes drops out of the sum, so the sum can fall.
            let used = heartbeat.cpuMilliseconds - sample.cpu
            // A longer gap without heartbeats counts as busy, because nothing is known about it.
            if used < 0 || now - sample.at > Evidence.reportPause || used * 100 > (now - sample.at) * Self.idlePercent { lastBusy = now }
        }
        sample = (heartbeat.cpuMilliseconds, now)
    }
}
