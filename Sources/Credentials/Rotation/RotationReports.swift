import Accounts
import Store

/// Reports what became of a sign-in that a session had: an audit entry and a notification, once per session and reason.
struct RotationReports: Sendable {
    let accounts: Accounts

    /// The session sent something that is not a rotation of its credential.
    func invalid(
        _ credential: Credential, _ why: String, from session: SessionIdentity, _ transaction: any Transaction
    ) throws {
        try report(
            "sync.invalid", credential.id, why, session, credential.owner, .syncInvalid,
            "Session \(session.session.rawValue) sent back something else than a rotation of “\(credential.label)”. Nothing was changed. \(why)",
            transaction)
    }

    /// The session sent a rotation of a credential that was removed.
    func dropped(_ pin: Pin, from session: SessionIdentity, _ transaction: any Transaction) throws {
        try report(
            "sync.dropped", pin.credential, "the credential or its binding was removed", session, pin.layer(of: session),
            .rotationDropped,
            """
            Session \(session.session.rawValue) gave back its sign-in for \(pin.provider.rawValue), which was removed meanwhile. \
            What it sent was not kept.
            """, transaction)
    }

    /// The session's file could not be read back.
    func lost(_ pin: Pin, _ why: String, from session: SessionIdentity, _ transaction: any Transaction) throws {
        try report(
            "sync.lost", pin.credential, why, session, pin.layer(of: session), .rotationDropped,
            """
            Session \(session.session.rawValue) did not give its sign-in for \(pin.provider.rawValue) back: \(why). If its agent had \
            rotated it, sign in again.
            """, transaction)
    }

    private func report(
        _ action: String, _ credential: CredentialID, _ why: String, _ session: SessionIdentity, _ owner: ScopeOwner,
        _ kind: UserNotification.Kind, _ text: String, _ transaction: any Transaction
    ) throws {
        guard try !accounts.hasRecorded(session.actor, action, credential.rawValue, why, in: transaction) else { return }
        try accounts.record(transaction, session.actor, action, credential.rawValue, why)
        try accounts.notify(owner, kind, credential.rawValue, text, in: transaction)
    }
}
