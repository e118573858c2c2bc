import NIOCore
import NIOHTTP1

/// Requests that a client sent before its last one was answered, in order. Beyond a number of them the rest is dropped.
///
/// https://www.rfc-editor.org/rfc/rfc9112#section-9.3.2
struct WaitingRequests {
    /// What came in, to be passed on later.
    enum Event {
        case part(HTTPServerRequestPart)
        case error(any Error)
        /// The client sends nothing more.
        case inputClosed

        var isHead: Bool {
            if case .part(.head) = self { true } else { false }
        }
    }

    /// The most requests of an authenticated client.
    static let limit = 64
    /// The most requests of an unauthenticated client. Clients rarely send a request before the last one is answered.
    static let limitOfUnproved = 8

    private var events = CircularBuffer<Event>(initialCapacity: 0)
    private var count = 0
    /// Whether something was dropped: nothing that follows can be understood.
    private(set) var isFull = false

    var isEmpty: Bool { events.isEmpty }

    /// Keeps what came in, unless it is one request too many.
    ///
    /// - Parameter limit: the most requests.
    mutating func append(_ event: Event, limit: Int) {
        guard !isFull else { return }
        if event.isHead {
            guard count < limit else {
                isFull = true
                return
            }
            count += 1
        }
        events.append(event)
    }

    /// Takes what came first, up to the next request.
    mutating func next() -> [Event] {
        var taken: [Event] = []
        while let event = events.first, taken.isEmpty || !event.isHead {
            if event.isHead { count -= 1 }
            taken.append(event)
            events.removeFirst()
        }
        return taken
    }
}
