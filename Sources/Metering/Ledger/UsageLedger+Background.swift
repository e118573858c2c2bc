import Store

extension UsageLedger {
    /// Ends a request that began a background response. Its money stays reserved until the response's usage is known. Like ``settle(_:)``,
    /// it may be called on event loops.
    public func leave(_ request: OpenRequest, response: String) {
        end(.left(request, response: response))
    }

    /// Books a finished background response that was fetched, once, for the request that began it. The same session, or the same key of the
    /// same user, must have fetched it.
    ///
    /// - Parameter entry: the usage; its request is the one that fetched the response.
    public func settle(_ entry: UsageEntry, of response: FetchedResponse) {
        note(.fetched(entry, response))
    }

    /// Books background responses that are due without having been fetched, as estimates.
    ///
    /// - Throws: `StoreError`.
    public func bookUnfetched() async throws {
        let now = budgets.now()
        guard try await budgets.store.read({ try BackgroundResponses.areDue(now, $0) }) else { return }
        try await book { [prices] in try BackgroundResponses.expire(now, prices, $0).map(SpoolLine.settled) }
    }

    /// Makes the background responses of an ended session due: nobody can fetch them any more.
    ///
    /// - Parameter now: UTC milliseconds.
    /// - Throws: `StoreError`.
    public static func endBackground(of session: String, now: Int64, in transaction: any Transaction) throws {
        try transaction.execute(
            "UPDATE background_responses SET due_at = $1 WHERE session_id = $2 AND due_at > $1", now, session)
    }
}
