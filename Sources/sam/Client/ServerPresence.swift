/// Decides what is said while a followed session's server does not answer, and when it answers again. Pure.
struct ServerPresence {
    /// Something to say.
    enum News: Equatable {
        /// The server has not answered for a while.
        case gone
        /// It answers again, after it was said to be gone.
        case back
        /// It is not waited for any longer.
        case givenUp
    }

    private var failures = 0
    private var isGone = false

    /// The number of failed attempts in a row until something is said, and until the wait ends. There are about five in a second.
    private static let told = 10
    private static let last = 150

    /// Notes a failed attempt to reach the server.
    mutating func failed() -> News? {
        failures += 1
        if failures >= Self.last { return .givenUp }
        guard failures >= Self.told, !isGone else { return nil }
        isGone = true
        return .gone
    }

    /// Notes that the server answers.
    mutating func answered() -> News? {
        defer { self = ServerPresence() }
        return isGone ? .back : nil
    }
}
