/// The limit that a connection or a request exceeded.
public enum LimitReason: String, Sendable, Hashable, CaseIterable {
    /// Too many unauthenticated connections of this listener.
    case unproved
    /// Too many unauthenticated connections from this address.
    case peer
    /// Too many connections of this session or person.
    case holder
    /// All slots are taken.
    case all
    /// The request's head was not complete in time.
    case head
    /// The request's body was not complete in time.
    case body
    /// Too many requests were sent before the first of them was answered.
    case pipelined
    /// A client did not read its answer.
    case unread
    /// Requests' bodies and answers take too much memory.
    case memory

    /// The message for the client, with the next step.
    public var sentence: String {
        switch self {
        case .unproved: "Too many connections wait here that have not said whose they are. Try again."
        case .peer: "Too many connections from this address have not said whose they are. Try again."
        case .holder: "You have too many open connections. Use fewer at once, and try again."
        case .all: "All places for connections are taken. Try again in a moment."
        case .head: "The request was not complete in time."
        case .body: "The request's body was not complete in time."
        case .pipelined: "Too many requests came before the earlier ones were answered. Send the next when one is answered."
        case .unread: "The answer was not read in time."
        case .memory: "Other requests use all of the memory for bodies and answers. Try again when one of them has ended."
        }
    }

    /// The text for the log, after a number.
    var told: String {
        switch self {
        case .unproved: "refused: too many had not proved who they are"
        case .peer: "refused: too many from one address had not proved who they are"
        case .holder: "refused: too many of one session or person"
        case .all: "refused: all places were taken"
        case .head: "ended: no whole request came in time"
        case .body: "ended: a body did not come in time"
        case .pipelined: "ended: too many requests came before earlier ones were answered"
        case .unread: "ended: an answer was not read"
        case .memory: "answered that too much is held in memory"
        }
    }
}
