/// Which limit a connection or a request ran into.
public enum LimitReason: String, Sendable, Hashable, CaseIterable {
    /// Too many connections of this listener's had not proved who they are.
    case unproved
    /// The same of one address.
    case peer
    /// A session, a person or a key has too many connections.
    case holder
    /// All places are taken.
    case all
    /// A request's head was not complete in time.
    case head
    /// A request's body was not complete in time.
    case body
    /// What is held of bodies in memory is too much.
    case memory

    /// What the one who is refused is told, with the next step.
    public var sentence: String {
        switch self {
        case .unproved: "Too many connections wait here that have not said whose they are. Try again."
        case .peer: "Too many connections from this address have not said whose they are. Try again."
        case .holder: "There are too many connections of yours already. Use fewer at once, and try again."
        case .all: "All places for connections are taken. Try again in a moment."
        case .head: "The request was not complete in time."
        case .body: "The request's body was not complete in time."
        case .memory: "Too much of other requests is held at the moment. Try again when one of them is over."
        }
    }

    /// What the log says of it, after a number.
    var told: String {
        switch self {
        case .unproved: "refused: too many had not proved who they are"
        case .peer: "refused: too many from one address had not proved who they are"
        case .holder: "refused: too many of one session, person or key"
        case .all: "refused: all places were taken"
        case .head: "ended: no whole request came in time"
        case .body: "ended: a body did not come in time"
        case .memory: "answered that too much is held in memory"
        }
    }
}
