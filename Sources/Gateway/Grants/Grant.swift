import Accounts
import Credentials
import Limits
import Metering
import Vault

/// The access that a lease gives to a provider, valid for a short time.
struct Grant: Sendable {
    var payer: Payer
    var endpoint: ProviderEndpoint
    var key: Key
    /// Whether a budget applies, so that requests are read completely before they are sent.
    var isBudgeted: Bool
    /// Whether requests of unknown cost are allowed under a budget.
    var allowsUnmetered = true
    /// How long a request may wait for budget that is reserved for others.
    var budgetWait = Duration.zero
    /// The rates that apply. A request must satisfy all of them.
    var rates: [Rate]
    /// The project's own model prices.
    var prices = ProjectPrices.none
    /// Whether requests for models without a price are refused.
    var refusesUnpriced = false

    /// The key that a request is sent with.
    enum Key: Sendable {
        /// The provider needs no key.
        case none
        case lent(Loan)
        /// The agent's own key: it has the sign-in itself.
        case own
    }

    var loan: Loan? {
        guard case .lent(let loan) = key else { return nil }
        return loan
    }

    /// Releases the secret, which is overwritten with its last copy.
    mutating func forgetKey() {
        if case .lent = key { key = .none }
    }

    /// Whether the agent's own authorization is forwarded to the provider.
    var passesOwnKey: Bool {
        guard case .own = key else { return false }
        return true
    }

    /// The headers that carry the key, as the provider's reference specifies.
    ///
    /// - Throws: ``Refusal`` for an unusable sign-in file.
    func credentialHeaders() throws(Refusal) -> [(name: String, value: String)] {
        guard let secret = loan?.secret else { return [] }
        if endpoint.provider == .openaiChatGPT {
            do {
                let signIn = try CodexSignIn(secret)
                return [("authorization", "Bearer \(signIn.accessToken.reveal())")]
                    + (signIn.account.map { [("chatgpt-account-id", $0)] } ?? [])
            } catch {
                throw Refusal(.forbidden, error.message)
            }
        }
        switch endpoint.dialect {
        case .anthropic: return [("x-api-key", secret.reveal())]
        case .openai: return [("authorization", "Bearer \(secret.reveal())")]
        case .google: return [("x-goog-api-key", secret.reveal())]
        }
    }
}

/// The listener that a request arrives at.
public enum Entrance: Sendable, Hashable {
    /// The socket of a session's workspace. It identifies the session and accepts only that session's lease.
    case session(SessionReference)
    /// The server's own address, for people's tools. Requests outside `/gateway` are passed to the next handler.
    case network
    /// The address for remote workspaces. It serves people's tools only, until a runner makes the connection its session's.
    case remote

    /// The prefix of the providers' paths.
    var prefix: String {
        switch self {
        case .session: ""
        case .network, .remote: "/gateway"
        }
    }

    /// The listener for connection limits.
    var listener: Listener {
        switch self {
        case .session(let session): .session(session.rawValue)
        case .network: .network
        case .remote: .remote
        }
    }
}

extension Payer {
    /// The holder for the limits on connections and memory: a session, or a user with all their keys.
    var holder: String {
        session.map { Admission.holder(session: $0) } ?? Admission.holder(user: user.rawValue)
    }
}
