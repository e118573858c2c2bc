import Store

extension UsageLedger {
    /// Makes what any server held back of budgets this holder's, so that its next start lets go of it.
    ///
    /// - Throws: `StoreError`.
    public static func adoptReservations(for holder: String, in transaction: any Transaction) throws {
        try transaction.execute("UPDATE reservations SET holder = $1", holder)
    }
}
