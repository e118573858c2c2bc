import AgentProtocol

/// When a session's agent was last seen to do something. All times are in UTC milliseconds.
struct Pulse: Sendable {
    private(set) var lastEvent: Int64
    private(set) var lastBusy: Int64
    /// The last time that somebody looked whether it is silent for too long.
    var lastLook: Int64 = 0
    /// The last time that somebody looked whether something runs beside its turns for too long.
    var lastBackgroundLook: Int64 = 0
    /// The last sign that it does something.
    var lastSign: Int64 { max(lastEvent, lastBusy) }
    private var sample: (cpu: Int64, at: Int64)?

    /// An agent that waits uses a little, too: timers, and the answering of pings.
    private static let idlePercent: Int64 = 5

    /// Begins now: what was before is not known.
    init(now: Int64) {
        lastEvent = now
        lastBusy = now
    }

    /// The clock was set.
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
            // What has ended took its time along, so the sum can fall.
            let used = heartbeat.cpuMilliseconds - sample.cpu
            // And what happened while nothing was heard, nobody knows.
            if used < 0 || now - sample.at > Evidence.patience || used * 100 > (now - sample.at) * Self.idlePercent { lastBusy = now }
        }
        sample = (heartbeat.cpuMilliseconds, now)
    }
}
