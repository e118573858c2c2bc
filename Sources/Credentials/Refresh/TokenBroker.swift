import Store
import Vault
import Wording

/// Refreshes sign-ins that the gateway uses: one at a time for each credential, across processes, and each token once.
///
/// A refresh goes on when who asked for it has gone.
public actor TokenBroker {
    private let credentials: Credentials
    private let endpoint: TokenEndpoint
    private var running: [CredentialID: Task<Unrenewed?, Never>] = [:]

    /// Opens a broker.
    public init(credentials: Credentials, endpoint: TokenEndpoint) {
        self.credentials = credentials
        self.endpoint = endpoint
    }

    /// What a sign-in needs before it is used.
    public nonisolated func need(_ loan: Loan) -> Need {
        guard loan.kind == .oauth else { return .nothing }
        switch credentials.refreshNeed(loan.credential, loan.secret) {
        case .none: return .nothing
        case .due: return .soon
        case .overdue: return .first
        }
    }

    /// What a sign-in needs before it is used.
    public enum Need: Sendable, Hashable {
        case nothing
        /// It should be refreshed, and can be used meanwhile.
        case soon
        /// It has to be refreshed first.
        case first
    }

    /// Refreshes a sign-in, if it still needs it when its turn comes.
    ///
    /// - Parameter rejected: the access token that the provider did not take; `nil` when only the time is the reason.
    /// - Returns: why it could not be refreshed; `nil` when what is stored now is good.
    @discardableResult
    public func renew(_ id: CredentialID, rejecting rejected: Secret? = nil) async -> Unrenewed? {
        if let task = running[id] { return await task.value }
        // Detached from the caller: a token that is being spent must be stored, whoever hangs up.
        let task = Task { await run(id, rejected) }
        running[id] = task
        let outcome = await task.value
        running[id] = nil
        return outcome
    }

    private func run(_ id: CredentialID, _ rejected: Secret?) async -> Unrenewed? {
        while true {
            do {
                switch try await credentials.claimRefresh(id, rejecting: rejected) {
                case .settled: return nil
                case .impossible(let sentence): return Unrenewed(sentence)
                case .wait: try? await Task.sleep(for: .milliseconds(50))
                case .spend(let ticket):
                    return await settle(ticket, await endpoint.refresh(ticket.credential.provider, ticket.token))
                }
            } catch {
                return Unrenewed("It can't be refreshed now: \(reason(of: error))", isPassing: true)
            }
        }
    }

    /// Stores what came of it. A new token is in nobody's hands but ours, so it is tried until the database takes it.
    private func settle(_ ticket: Credentials.RefreshTicket, _ outcome: RefreshOutcome) async -> Unrenewed? {
        var pause = Duration.milliseconds(50)
        while true {
            do {
                return try await credentials.settleRefresh(ticket, outcome)
            } catch is StoreError where pause < .seconds(8) {
                try? await Task.sleep(for: pause)
                pause *= 2
            } catch {
                return Unrenewed("What was refreshed can't be stored: \(reason(of: error))")
            }
        }
    }
}
