import Vault

/// The result of claiming a refresh.
enum RefreshClaim: Sendable {
    /// This process has the claim and must spend the token exactly once.
    case spend(RefreshTicket)
    /// No refresh is needed: it was refreshed meanwhile, is still good, is gone or is not an OAuth sign-in.
    case settled
    /// Another process is refreshing it.
    case wait
    /// The token endpoint recently failed; calls are paused.
    case postponed(RefreshFailure)
    /// It cannot be refreshed; the sentence says why.
    case impossible(String)
}

/// The right to spend a refresh token, recorded before the token is spent.
struct RefreshTicket: Sendable {
    var attempt: RefreshAttempt
    var provider: Provider
    var token: Secret
}
