import Accounts
import Store

/// Pauses between calls of a token endpoint that fails. They are in the database, so that all servers observe them; a new secret ends one.
struct RefreshPauses: Sendable {
    let accounts: Accounts
    let attempts: RefreshAttempts
    let now: @Sendable () -> Int64

    /// Begins a pause.
    ///
    /// - Parameter asked: the pause that the endpoint requested, in milliseconds.
    func begin(
        _ attempt: RefreshAttempt, _ why: String, asked: Int64?, _ transaction: any Transaction
    ) throws -> RefreshFailure {
        let row = try transaction.first(
            "SELECT failures, attempted_at FROM refreshes WHERE credential_id = $1 AND version = $2", attempt.credential, attempt.version)
        // Another attempt on the version began since: this outcome was stored before, and says nothing about the later one.
        if let begun = attempt.begunAt, let row, try begun != row.integer("attempted_at") {
            return RefreshFailure(why, isTransient: true)
        }
        try correct(attempt, transaction)
        // It was removed or replaced meanwhile.
        guard let failures = try row?.integer("failures") else { return RefreshFailure(why, isTransient: true) }
        let pause = RefreshPause.milliseconds(failures: failures, asked: asked)
        try transaction.execute(
            "UPDATE refreshes SET failures = failures + 1, next_at = $1, why = $2, is_lost = 0 WHERE credential_id = $3 AND version = $4",
            now() + pause, why, attempt.credential, attempt.version)
        return Self.postponed(why, pause)
    }

    /// Takes back that a refresh was interrupted. While its outcome could not be stored, another server may have said so.
    private func correct(_ attempt: RefreshAttempt, _ transaction: any Transaction) throws {
        guard let credential = try attempts.rows.credential(attempt.credential, transaction), credential.version == attempt.version,
            try attempts.wasTakenForInterrupted(credential, transaction)
        else { return }
        try transaction.execute(
            "UPDATE credentials SET failed_reason = NULL WHERE id = $1 AND failed_reason = $2", credential.id,
            RefreshAttempts.failure(RefreshAttempts.interruption))
        try accounts.record(transaction, .sam, "refresh.unspent", credential.id.rawValue, "its token was not spent: it is good")
        try accounts.notify(
            credential.owner, .rotationStored, credential.id.rawValue,
            """
            “\(credential.label)” is good: SAM took its refresh for an interrupted one, but its token was not spent. You need not sign in \
            again.
            """, in: transaction)
    }

    /// Why the token endpoint must not be called yet; `nil` when it may be called.
    func current(_ credential: Credential, _ transaction: any Transaction) throws -> RefreshFailure? {
        let row = try transaction.first(
            "SELECT next_at, why FROM refreshes WHERE credential_id = $1 AND version = $2", credential.id, credential.version)
        guard let row, let next = try row.optionalInteger("next_at") else { return nil }
        let left = Int64(next) - now()
        // A pause beyond the limit means that the clock was set back; it is ignored.
        guard left > 0, left <= RefreshPause.mostAsked else { return nil }
        return Self.postponed(try row.optionalText("why") ?? "", left)
    }

    private static func postponed(_ why: String, _ milliseconds: Int64) -> RefreshFailure {
        RefreshFailure("\(why) SAM asks again in \((milliseconds + 999) / 1_000) s.", isTransient: true)
    }
}
