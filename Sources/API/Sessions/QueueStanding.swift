/// A session's standing in the queue.
package struct QueueStanding: Sendable {
    /// The position, counted from 1.
    package var place: Int?
    /// The event that the session waits for.
    package var waitingFor: String

    /// Creates a value.
    package init(place: Int?, waitingFor: String) {
        self.place = place
        self.waitingFor = waitingFor
    }
}
