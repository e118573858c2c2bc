import Accounts
import Store

/// Background responses that were not fetched yet: their money stays reserved. Booking a response deletes its row.
///
/// Two servers may write the end of a request and the fetch of its response in any order: a fetch without a row is kept until the row comes.
/// A response that does not say that it ran in the background may have been an ordinary one, for which no row ever comes.
enum BackgroundResponses {
    /// The holder of their reservations. It is no server's id, so no server releases them.
    static let holder = "background"
    /// How long a response without a session is kept before it is booked as an estimate, and a fetch without a row, in milliseconds.
    static let keyRetention: Int64 = 86_400_000
    /// The same for a response of a session, unless the session ends before: as long as OpenAI keeps it, in milliseconds.
    static let sessionRetention: Int64 = 30 * 86_400_000
    /// The most fetches that are kept for a payer; the newest ones, because a row comes soon or never.
    static let fetchLimit = 1_000

    /// Adds a response whose request has ended.
    ///
    /// - Returns: the entry to book if it was fetched already.
    /// - Throws: `StoreError`.
    static func leave(
        _ request: OpenRequest, _ response: String, _ prices: PriceList, _ transaction: any Transaction
    ) throws -> UsageEntry? {
        let payer = request.payer
        let due = request.at + (payer.session == nil ? keyRetention : sessionRetention)
        // The same spool line may be read twice; its response may be booked already.
        guard try transaction.first("SELECT 1 AS one FROM usage WHERE request_id = $1", request.id) == nil else { return nil }
        let fetched = try transaction.first(
            "DELETE FROM fetched_responses WHERE response_id = $1 AND payer = $2 RETURNING line", SpoolLine.clean(response), payer.text)
        switch try fetched.flatMap({ SpoolLine(try $0.text("line")) }) {
        case .fetched(let entry, let response)?: return try settle(entry, request, response, prices, transaction)
        // Older versions kept this.
        case .settled(let entry)?:
            return try settle(entry, request, FetchedResponse(id: response, isBackground: true), prices, transaction)
        case .opened, .released, .left, nil: break
        }
        try transaction.execute(
            """
            INSERT INTO background_responses (request_id, response_id, at, due_at, user_id, project_id, session_id, key_id, provider, scope,
                credential_id, model, request_bytes, output_limit, reserved_nano, tier)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
            ON CONFLICT (request_id) DO NOTHING
            """, request.id, SpoolLine.clean(response), request.at, due, payer.user, payer.project, payer.session, payer.key,
            payer.provider, payer.scope, payer.credential, request.model.map(SpoolLine.clean), request.requestBytes, request.outputLimit,
            request.reserved, request.tier.map(SpoolLine.clean))
        try transaction.execute("UPDATE reservations SET holder = $1 WHERE request_id = $2", holder, request.id)
        return nil
    }

    /// Deletes a response's row if this payer began it, or keeps the fetch until there is a row.
    ///
    /// - Returns: the entry to book.
    /// - Throws: `StoreError`.
    static func fetch(
        _ entry: UsageEntry, _ response: FetchedResponse, at now: Int64, _ prices: PriceList, _ transaction: any Transaction
    ) throws -> UsageEntry? {
        let payer = entry.request.payer
        let row = try transaction.first(
            """
            DELETE FROM background_responses WHERE provider = $1 AND response_id = $2 AND user_id = $3
                AND COALESCE(project_id, '') = $4 AND COALESCE(session_id, '') = $5 AND COALESCE(key_id, '') = $6
            RETURNING *
            """, payer.provider, SpoolLine.clean(response.id), payer.user, payer.project?.rawValue ?? "", payer.session ?? "",
            payer.key ?? "")
        if let row { return try settle(entry, try OpenRequest(row), response, prices, transaction) }
        guard response.isBackground else { return nil }
        try transaction.execute(
            """
            DELETE FROM fetched_responses WHERE payer = $1 AND response_id IN (
                SELECT response_id FROM fetched_responses WHERE payer = $1 ORDER BY due_at DESC LIMIT $2 OFFSET $3)
            """, payer.text, fetchLimit, fetchLimit - 1)
        try transaction.execute(
            """
            INSERT INTO fetched_responses (response_id, payer, line, due_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (response_id, payer) DO NOTHING
            """, SpoolLine.clean(response.id), payer.text,
            String(decoding: SpoolLine.fetched(entry, response).bytes.dropLast(), as: UTF8.self), now + keyRetention)
        return nil
    }

    /// The fetched usage as an entry of the request that began the response, by the prices that its project has for the requested model.
    private static func settle(
        _ entry: UsageEntry, _ request: OpenRequest, _ response: FetchedResponse, _ prices: PriceList, _ transaction: any Transaction
    ) throws -> UsageEntry {
        entry.settling(request, response, own: try ownPrices(of: request.payer, transaction), prices)
    }

    private static func ownPrices(of payer: Payer, _ transaction: any Transaction) throws -> ProjectPrices {
        guard let project = payer.project else { return .none }
        do {
            return try ProjectPriceBook.prices(of: project, in: transaction)
        } catch let error as MeteringError where error.code == .unreadable {
            // The price list counts instead: what was used must be booked.
            return .none
        }
    }

    /// Whether a row is due.
    ///
    /// - Throws: `StoreError`.
    static func areDue(_ now: Int64, _ transaction: any Transaction) throws -> Bool {
        try transaction.first("SELECT 1 AS one FROM background_responses WHERE due_at <= $1 LIMIT 1", now) != nil
            || transaction.first("SELECT 1 AS one FROM fetched_responses WHERE due_at <= $1 LIMIT 1", now) != nil
    }

    /// Deletes the rows that are due, so that the responses are booked as estimates.
    ///
    /// - Returns: the entries to book.
    /// - Throws: `StoreError`.
    static func expire(_ now: Int64, _ prices: PriceList, _ transaction: any Transaction) throws -> [UsageEntry] {
        try transaction.execute("DELETE FROM fetched_responses WHERE due_at <= $1", now)
        return try transaction.query("DELETE FROM background_responses WHERE due_at <= $1 RETURNING *", now).map {
            UsageEntry.untold(try OpenRequest($0), because: .unfetched, prices)
        }
    }
}

extension Payer {
    /// The payer as a key. The parts that only a request's own credential has are left out: it may have been replaced meanwhile.
    fileprivate var text: String {
        [provider, user.rawValue, project?.rawValue, session, key].map { SpoolLine.clean($0 ?? "") }.joined(separator: "\t")
    }
}

extension UsageEntry {
    /// The fetched usage as an entry of the request that began the response.
    ///
    /// - Parameter own: the prices of the project that pays.
    fileprivate func settling(
        _ request: OpenRequest, _ response: FetchedResponse, own: ProjectPrices, _ prices: PriceList
    ) -> UsageEntry {
        for reason in [EstimateReason.untold, .implausible] where reasons.contains(reason) {
            return Self.untold(request, because: reason, prices)
        }
        var entry = self
        entry.request = request
        guard usage != TokenUsage() else { return entry }
        // Only the request names the model as the project does, if the response names another one.
        if projectCost == nil, let price = request.model.flatMap(own.price) {
            entry.projectCost = price.cost(of: usage) + response.extras
        }
        if response.lacksTier {
            let (cost, reasons) = prices.surcharge(
                on: usage, of: model ?? request.model, at: request.payer.provider, askedTier: request.tier)
            entry.cost = entry.cost + cost
            entry.reasons.formUnion(reasons)
            if !reasons.isEmpty { entry.state = .estimated }
        }
        return entry
    }

    /// An estimate for a response whose usage was never reported.
    fileprivate static func untold(_ request: OpenRequest, because reason: EstimateReason, _ prices: PriceList) -> UsageEntry {
        var entry = unsettled(request, prices: prices)
        (entry.status, entry.state) = (200, .estimated)
        entry.reasons.remove(.ended)
        entry.reasons.insert(reason)
        return entry
    }
}

extension OpenRequest {
    fileprivate init(_ row: Row) throws {
        self.init(
            id: RequestID(rawValue: try row.text("request_id")),
            payer: Payer(
                user: try row.parsed("user_id"), project: try row.optionalText("project_id").map(ProjectID.init(rawValue:)),
                session: try row.optionalText("session_id"), key: try row.optionalText("key_id"), provider: try row.text("provider"),
                scope: try row.optionalText("scope").flatMap(Scope.init(rawValue:)), credential: try row.optionalText("credential_id")),
            at: Int64(try row.integer("at")), model: try row.optionalText("model"), requestBytes: try row.integer("request_bytes"),
            outputLimit: try row.optionalInteger("output_limit"), tier: try row.optionalText("tier"),
            reserved: Money(rawValue: Int64(try row.integer("reserved_nano"))))
    }
}
