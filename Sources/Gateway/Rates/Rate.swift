import Accounts

/// The maximum number of requests per minute for a layer.
struct Rate: Sendable, Hashable {
    var owner: ScopeOwner
    var requestsPerMinute: Int
}
