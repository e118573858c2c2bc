/// How long each wait may take, in milliseconds. Each wait has its own clock, and nothing but progress resets it.
public struct Timing: Sendable {
    /// A backstop behind git's own limits (the longest that git.timeoutSeconds can be) and the writing of the files.
    public var preparing: Int64 = 18_000_000
    /// From the start of the runner's process to its first word.
    public var booting: Int64 = 30_000
    /// A backstop behind the runner's own clock for the handshake, which ends first.
    public var starting: Int64 = 3_700_000
    /// From being asked to end to having ended; the runner's own grace is shorter.
    public var stopping: Int64 = 20_000
    /// From being asked to stop a turn to the turn's end, after which an agent is taken for one that can't.
    public var stoppingTurn: Int64 = 10_000
    /// From asking what runs beside the turns to stop until the session waits for it no longer.
    public var stoppingBackground: Int64 = 30_000
    /// How long an agent that begins turns by itself may be idle before its session takes that for the end of its work.
    public var followingUp: Int64 = 2_000
    /// An idle moment that is longer separates one piece of background work from the next.
    public var pausing: Int64 = 60_000
    /// Silence of a runner that lives, until the session is interrupted.
    public var silence: Int64 = 10_000
    /// From the interruption to the salvage, in which the runner may come back.
    public var grace: Int64 = 30_000
    public var salvaging: Int64 = 7_200_000
    /// How long a runner that was just started may be without its lock.
    public var launching: Int64 = 5_000
    /// How long after the end of its session a runner may give a sign-in back.
    public var givingBack: Int64 = 7 * 86_400_000
    /// From one look at a runner to the next where its end is not told.
    public var looking: Int64 = 1_000
    /// From one look at an agent that says nothing to the next.
    public var lookingForSilence: Int64 = 10_000
    /// The shortest silence of an agent that a setting can be about.
    public var shortestSilence: Int64 = 60_000
    /// From one look at background work to the next.
    public var lookingAtBackground: Int64 = 5_000
    /// From one look at the same session to the next, at least.
    public var pausingBetweenLooks: Int64 = 250
    /// From one record that the sessions are looked after to the next.
    public var ticking: Int64 = 10_000
    /// From one look at all sessions that are not settled to the next, in case something happened to one that nothing told of.
    public var lookingAtAll: Int64 = 60_000
    /// How often a runner that never spoke is started anew.
    public var launches = 3

    /// The times in force.
    public init() {}
}
