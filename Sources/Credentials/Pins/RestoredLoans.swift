import Accounts
import Store

/// Loans of sign-in files in a database that was restored from a backup.
public enum RestoredLoans {
    /// Ends every loan of a sign-in file, because the sessions that had them are over. Notifies the owners, since an agent may have
    /// rotated its tokens.
    ///
    /// - Parameter identity: returns the agent, project and user of a session; `nil` for an unknown session.
    /// - Throws: `AccountsError`; `StoreError`.
    public static func end(
        _ accounts: Accounts, now: Int64, in transaction: any Transaction, identity: (SessionReference) throws -> SessionIdentity?
    ) throws {
        let lent = try transaction.query("SELECT * FROM pins WHERE mode = 'materialised' AND settled_at IS NULL")
        for row in lent {
            let pin = try Pin(row)
            guard let session = try identity(try row.parsed("session_id")) else { continue }
            try accounts.record(transaction, session.actor, "sync.lost", pin.credential.rawValue, "SAM was restored from a backup")
            try accounts.notify(
                pin.layer(of: session), .rotationDropped, pin.credential.rawValue,
                """
                Session \(session.session.rawValue) had the sign-in for \(pin.provider.rawValue) when the backup was made from which SAM was \
                restored. If its agent rotated it since, sign in again.
                """, in: transaction)
        }
        try transaction.execute("UPDATE pins SET settled_at = $1 WHERE settled_at IS NULL", now)
    }
}
