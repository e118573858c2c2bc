/// How many connections there may be, so that the process never runs out of descriptors: what lies under it ends the process then.
///
/// Pure arithmetic: from the descriptors that the process may have to what each kind of connection may have of them.
public struct ConnectionLimits: Sendable, Hashable {
    /// For the server itself: its database, git and its like, spools, listeners, sign-ins.
    public var reserve: Int
    /// Connections that came in, of all listeners together.
    public var all: Int
    /// What of them only the control socket gets, so that runners always have a place.
    public var control: Int
    /// Those of one listener that have not proved who they are.
    public var unproved: Int
    /// The same for one session's socket.
    public var unprovedOfSession: Int
    /// The same for one address beyond this machine.
    public var unprovedOfPeer: Int
    /// All of one session's, proved or not, and the same for those that SAM makes for it.
    public var ofOneSession: Int
    /// All of one person or key that have proved whose they are.
    public var ofHolder: Int
    /// All sessions' together. More sessions share it evenly.
    public var ofSessions: Int
    /// Connections that are refused, and not closed yet.
    public var leaving: Int
    /// Connections that SAM makes for others, to providers and on the way out.
    public var outgoing: Int
    /// Connections to providers that are kept for the next request.
    public var idleOutgoing: Int
    /// Names that are looked up at once.
    public var lookups: Int

    /// Below this there is no room for the server and anyone else.
    public static let leastDescriptors = 256

    /// Divides descriptors up.
    public init(descriptors: Int) {
        reserve = min(max(descriptors / 5, 128), 2_048)
        let rest = max(descriptors - reserve, 0)
        // One that comes in may need one that goes out; a tenth is for addresses that are tried beside each other.
        all = max(rest * 4 / 10, 16)
        control = all / 8
        leaving = max(all / 8, 8)
        idleOutgoing = all / 8
        outgoing = all
        unproved = min(max(all / 8, 8), 1_024)
        ofSessions = all / 2
        ofOneSession = min(max(all / 8, 8), 256)
        ofHolder = max(all / 4, 8)
        unprovedOfSession = max(ofOneSession / 2, 4)
        unprovedOfPeer = max(unproved / 4, 4)
        lookups = min(max(reserve / 8, 8), 64)
    }

    /// The most that one session may have when so many are open: an even share, and never so little that it can't work.
    public func ofSession(open: Int) -> Int {
        min(ofOneSession, max(ofSessions / max(open, 1), 8))
    }

    /// The most descriptors that all of this takes, the server's own left out.
    public var descriptors: Int { all + leaving + outgoing + idleOutgoing }
}
