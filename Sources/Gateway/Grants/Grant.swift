import Accounts
import Credentials
import Limits
import Metering
import Vault

/// What a lease opens at a provider, for a moment.
struct Grant: Sendable {
    var payer: Payer
    var endpoint: ProviderEndpoint
    var key: Key
    /// Whether a budget applies, so that requests are read before they are made.
    var isBudgeted: Bool
    /// The rates that apply; all must hold.
    var rates: [Rate]

    /// What a request goes to its provider with.
    enum Key: Sendable {
        /// The provider takes none.
        case none
        case lent(Loan)
        /// What the agent sends: it has the sign-in itself.
        case own
    }

    var loan: Loan? {
        guard case .lent(let loan) = key else { return nil }
        return loan
    }

    /// Lets go of the secret; it is overwritten with its last copy.
    mutating func forgetKey() {
        if case .lent = key { key = .none }
    }

    /// Whether the agent's own authorization goes on to the provider.
    var passesOwnKey: Bool {
        guard case .own = key else { return false }
        return true
    }

    /// The headers that carry the key, as the provider's reference has them.
    ///
    /// - Throws: ``Refusal`` for a sign-in file that can't be used.
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

/// Where a request comes in.
public enum Entrance: Sendable, Hashable {
    /// The socket of a session's workspace. It names the session, and nobody else's lease opens anything there.
    case session(SessionReference)
    /// The server's own address, for people's tools. What is not under `/gateway` is somebody else's.
    case network
    /// The address for workspaces elsewhere: people's tools again, and nothing besides.
    case remote

    /// What stands before the providers' paths.
    var prefix: String {
        switch self {
        case .session: ""
        case .network, .remote: "/gateway"
        }
    }

    /// The listener, for those who count connections.
    var listener: Listener {
        switch self {
        case .session(let session): .session(session.rawValue)
        case .network: .network
        case .remote: .remote
        }
    }
}

extension Payer {
    /// Who pays, among those who hold places and memory.
    var holder: String {
        session.map { Admission.holder(session: $0) } ?? key.map { "key \($0)" } ?? Admission.holder(user: user.rawValue)
    }
}
