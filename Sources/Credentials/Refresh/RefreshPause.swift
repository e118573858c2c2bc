/// The pause before a token endpoint is called again after a failure.
enum RefreshPause {
    /// The first pause, in milliseconds. Each further one is twice as long.
    static let least: Int64 = 2_000
    /// SAM's own maximum pause, in milliseconds.
    static let most: Int64 = 300_000
    /// The maximum pause that an endpoint can request, in milliseconds, so that it cannot disable a sign-in with an excessive one.
    static let mostAsked: Int64 = 900_000

    /// The pause in milliseconds.
    ///
    /// - Parameters:
    ///   - failures: the number of earlier failures with the same token.
    ///   - asked: the pause that the endpoint requested with `retry-after`, in milliseconds.
    static func milliseconds(failures: Int, asked: Int64?) -> Int64 {
        let own = min(least << min(max(failures, 0), 16), most)
        return max(own, min(asked ?? 0, mostAsked))
    }
}
