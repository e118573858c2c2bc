/// How long each wait may take, in milliseconds. Each wait has its own timer, and only progress resets it.
public struct Timing: Sendable {
    /// A backstop behind git's own limits (the largest value of git.timeoutSeconds) and the writing of the files.
    public var preparing: Int64 = 18_000_000
    /// From the start of the runner's process to its first report.
    public var booting: Int64 = 30_000
    /// A backstop behind the runner's own timer for the handshake, which ends first.
    public var starting: Int64 = 3_700_000
    /// From the request to end to the end; the runner's own grace period is shorter.
    public var stopping: Int64 = 20_000
    /// From the request to stop a turn to the turn's end; later the agent counts as unable to stop one.
    public var stoppingTurn: Int64 = 10_000
    /// From the request to stop background work until the session no longer waits for it.
    public var stoppingBackground: Int64 = 30_000
    /// How long an agent that starts turns by itself may be idle before its work counts as done.
    public var followingUp: Int64 = 2_000
    /// A longer idle time separates one piece of background work from the next.
    public var pausing: Int64 = 60_000
    /// How long a living runner may be silent before the session is interrupted.
    public var silence: Int64 = 10_000
    /// From the interruption to the salvage; the runner may come back in this time.
    public var grace: Int64 = 30_000
    /// From the start of the salvage until it counts as failed.
    public var salvaging: Int64 = 7_200_000
    /// How long a runner that was just started may be without its lock.
    public var launching: Int64 = 5_000
    /// How long after the end of its session a runner may give a sign-in back.
    public var givingBack: Int64 = 7 * 86_400_000
    /// Between checks of a runner whose end is not waited for.
    public var looking: Int64 = 1_000
    /// Between checks of an agent that reports nothing.
    public var lookingForSilence: Int64 = 10_000
    /// The shortest silence of an agent that settings can be about.
    public var shortestSilence: Int64 = 60_000
    /// Between checks of background work.
    public var lookingAtBackground: Int64 = 5_000
    /// Between looks at the same session, at least.
    public var pausingBetweenLooks: Int64 = 250
    /// Between records that the sessions are supervised.
    public var ticking: Int64 = 10_000
    /// Between looks at all sessions that are not settled, in case a change was not notified.
    public var lookingAtAll: Int64 = 60_000
    /// How many attempts a session gets to start a runner that reports.
    public var launches = 3

    /// Creates the default times.
    public init() {}
}
