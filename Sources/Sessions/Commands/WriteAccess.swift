import Accounts
import AgentProtocol
import Cascade
import Credentials
import Store

/// Who may write to a session.
enum WriteAccess {
    /// Checks that a user may write to a session: one that works with a user's own credential accepts prompts from that user alone.
    ///
    /// - Throws: ``SessionsError/Code/forbidden``; `StoreError`.
    static func check(
        _ user: UserID, to session: Session, _ credentials: CredentialServices, _ transaction: any Transaction
    ) throws {
        if session.user != user, try usesOwnCredential(session, credentials, transaction) {
            throw SessionsError(
                .forbidden, "Session \(session.id.rawValue) works with another member's own credential, so only they can write to it.")
        }
    }

    /// Whether a session works with its user's own credential, or would if it were started now.
    private static func usesOwnCredential(
        _ session: Session, _ credentials: CredentialServices, _ transaction: any Transaction
    ) throws -> Bool {
        guard let provider = session.provider else { return false }
        if session.signInFile != nil { return true }
        if let pin = try credentials.pins.pins(of: SessionReference(session.id), in: transaction).first { return pin.scope == .user }
        return try credentials.resolver.resolve(provider, project: session.project, user: session.user, in: transaction).outcome.layer
            == .user
    }
}
