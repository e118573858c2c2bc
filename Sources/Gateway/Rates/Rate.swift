import Accounts

/// How many requests a layer may make in a minute.
struct Rate: Sendable, Hashable {
    var owner: ScopeOwner
    var requestsPerMinute: Int
}
