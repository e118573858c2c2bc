/// Limits on connections that keep the process from running out of descriptors, on which the layers below it would crash.
///
/// Pure arithmetic: derives each limit from the number of descriptors that the process may have.
public struct ConnectionLimits: Sendable, Hashable {
    /// Descriptors for the server itself: database, git and other programs, spools, listeners, sign-ins.
    public var reserve: Int
    /// Incoming connections of all listeners together.
    public var all: Int
    /// The part of ``all`` that is reserved for the control socket, so that runners always get a slot.
    public var control: Int
    /// Unauthenticated connections of one listener.
    public var unproved: Int
    /// Unauthenticated connections of one session's socket.
    public var unprovedOfSession: Int
    /// Unauthenticated connections from one address outside this machine.
    public var unprovedOfPeer: Int
    /// Connections of one session, authenticated or not; also the limit on connections that SAM makes for it.
    public var ofOneSession: Int
    /// Authenticated connections of one person, by API tokens and gateway keys together.
    public var ofHolder: Int
    /// Connections of all sessions of one person together; also the limit on connections that SAM makes for them.
    public var ofSessionsOfPerson: Int
    /// The part of ``all`` that only sessions' sockets have, and as many that only the other listeners have; the same of ``outgoing``.
    public var forEachKind: Int
    /// Connections of all sessions together, shared evenly.
    public var ofSessions: Int
    /// Refused connections that are not closed yet.
    public var leaving: Int
    /// Connections that SAM makes on behalf of holders: to providers and through the egress proxy.
    public var outgoing: Int
    /// Idle connections to providers that are kept for reuse.
    public var idleOutgoing: Int
    /// Connections that the gateway makes to SAM's own rehearsal provider.
    public var toRehearsal: Int
    /// Concurrent name lookups.
    public var lookups: Int

    /// The fewest descriptors with which the server and clients can work.
    public static let leastDescriptors = 256

    /// Divides up the descriptors.
    public init(descriptors: Int) {
        reserve = min(max(descriptors / 5, 128), 2_048)
        let rest = max(descriptors - reserve, 0)
        // An incoming connection may need an outgoing one; a twentieth remains for attempts at several addresses in parallel.
        all = max(rest * 4 / 10, 16)
        control = all / 8
        leaving = max(all / 8, 8)
        idleOutgoing = all / 8
        outgoing = all
        unproved = min(max(all / 8, 8), 1_024)
        ofSessions = all / 2
        ofOneSession = min(max(all / 8, 8), 256)
        ofHolder = max(all / 4, 8)
        ofSessionsOfPerson = max(all * 3 / 8, 16)
        forEachKind = all / 4
        toRehearsal = max(all / 8, 4)
        unprovedOfSession = max(ofOneSession / 2, 4)
        unprovedOfPeer = max(unproved / 4, 4)
        lookups = min(max(reserve / 8, 8), 64)
    }

    /// The limit of one session while this many are open: an even share, but at least 8.
    public func ofSession(open: Int) -> Int {
        min(ofOneSession, max(ofSessions / max(open, 1), 8))
    }

    /// The limits on connections to the rehearsal by holder. In total ``toRehearsal`` is the limit, beyond which the next one waits.
    var ofRehearsal: ConnectionLimits {
        var limits = self
        limits.ofOneSession = max(toRehearsal / 4, 2)
        limits.ofHolder = max(toRehearsal / 4, 2)
        limits.ofSessionsOfPerson = max(toRehearsal / 2, 2)
        limits.outgoing = .max
        limits.forEachKind = 0
        return limits
    }

    /// The most descriptors that all limits together take, without the server's own.
    public var descriptors: Int { all + leaving + outgoing + idleOutgoing + toRehearsal }
}
