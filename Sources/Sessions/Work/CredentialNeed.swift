import Accounts
import AgentCatalogue
import AgentProtocol
import Credentials
import Settings
import Store

/// A session, and its agent that is to use a credential.
struct CredentialContext: Sendable {
    var session: SessionID
    var project: ProjectID
    var user: UserID
    var agent: AgentDefinition
    var provider: Provider?
    /// Whether the agent keeps its sign-in in a file, as recorded when the session was created.
    var insistsOnFile: Bool
}

/// What a session needs in order to start: nothing, or a credential in a mode that its project allows.
enum CredentialNeed: Sendable {
    case nothing
    case credential(PinRequest)
    /// The agent needs a sign-in file, which its project does not allow.
    case notAllowed(String)

    /// Why a session can't be started.
    struct Refusal {
        var code: String
        var sentence: String

        var error: SessionsError { SessionsError(.refused, sentence, reason: code) }
    }

    /// Why the session can't be started now; `nil` when it can.
    func refusal(_ pins: Pins, _ transaction: any Transaction) throws -> Refusal? {
        switch self {
        case .nothing: return nil
        case .notAllowed(let why): return Refusal(code: "credentialNotAllowed", sentence: why)
        case .credential(let request):
            guard case .refused(let code, let sentence) = try pins.refusal(of: request, in: transaction) else { return nil }
            return Refusal(code: Self.failureCode(code), sentence: sentence)
        }
    }

    /// Pins what the session needs and returns the input that starts it, fails it or keeps it waiting.
    func start(_ pins: Pins, _ transaction: any Transaction) throws -> SessionInput {
        switch self {
        case .nothing: return .slotFreed([])
        case .notAllowed(let why): return .startFailed(code: "credentialNotAllowed", message: why)
        case .credential(let request):
            switch try pins.pin(request, in: transaction) {
            case .pinned(let pin): return .slotFreed([pin])
            case .busy(let why): return .held(back: why)
            case .refused(let code, let sentence): return .startFailed(code: Self.failureCode(code), message: sentence)
            }
        }
    }

    /// `credentialBlocked`, `credentialFailed`, `credentialAbsent` or `credentialNotAllowed`.
    private static func failureCode(_ code: String) -> String {
        "credential" + code.prefix(1).uppercased() + code.dropFirst()
    }
}

extension CredentialNeed {
    /// Looks up what a session needs in order to start.
    ///
    /// - Throws: `SettingsError`; `StoreError`.
    init(of session: CredentialContext, _ settings: Settings) async throws {
        guard let provider = session.provider, provider.takesCredential else {
            self = .nothing
            return
        }
        if session.insistsOnFile, try await !settings.flag(.signInFiles, project: session.project, user: session.user) {
            self = .notAllowed(
                """
                \(session.agent.name) keeps its sign-in for \(provider.rawValue) in a file in its workspace, and this project does not allow \
                that. Allow it, once the project is added (sam projects add), with: sam settings set \(Setting.signInFiles.key) true --project …
                """)
            return
        }
        self = .credential(
            PinRequest(
                session: SessionReference(session.session), provider: provider, project: session.project, user: session.user,
                mode: session.insistsOnFile ? .materialised : .brokered))
    }
}

extension SessionReference {
    init(_ session: SessionID) {
        self.init(rawValue: session.rawValue)
    }
}
