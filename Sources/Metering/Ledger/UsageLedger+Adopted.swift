import Store

extension UsageLedger {
    /// Marks every reservation holder as dead, so that the next server releases their reservations. Call it on a restored database on which
    /// no server runs. Background responses of sessions are booked then, because their sessions have ended.
    ///
    /// - Throws: `StoreError`.
    public static func forgetHolders(in transaction: any Transaction) throws {
        try ReservationHolder.forgetAll(in: transaction)
        try transaction.execute("UPDATE background_responses SET due_at = at WHERE session_id IS NOT NULL")
    }
}
