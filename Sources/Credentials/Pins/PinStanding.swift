import Accounts
import Store

/// What became of a session's pinned credential.
enum PinStanding {
    /// The session may use it.
    case usable(Credential)
    /// The pinned layer or a narrower one is off, or the user is shut out or may no longer run sessions of the project.
    case blocked(Credential)
    /// The credential or its binding was removed.
    case removed
}

/// Judges pins at the moment of their use. It never resolves.
struct PinCheck: Sendable {
    let accounts: Accounts
    let rows: CredentialRows

    func standing(_ pin: Pin, of session: SessionIdentity, _ transaction: any Transaction) throws -> PinStanding {
        guard let credential = try rows.credential(pin.credential, transaction),
            let binding = try BindingRows.binding(credential.owner, credential.provider, transaction)
        else { return .removed }
        return try isBlocked(pin, binding, session, transaction) ? .blocked(credential) : .usable(credential)
    }

    private func isBlocked(
        _ pin: Pin, _ binding: Binding, _ session: SessionIdentity, _ transaction: any Transaction
    ) throws -> Bool {
        if binding.state == .inactive { return true }
        let narrower: [ScopeOwner] =
            switch pin.scope {
            case .project: []
            case .user: [.project(session.project)]
            case .platform: [.project(session.project), .user(session.user)]
            }
        for owner in narrower where try BindingRows.isOff(owner, pin.provider, transaction) { return true }
        return try !accounts.mayRun(session.user, in: session.project, transaction)
    }
}
