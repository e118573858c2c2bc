import Credentials
import Metering
import NIOCore
import NIOHTTP1

/// The usage of one exchange: read from the request and the answer as they pass, and written to the ledger once.
struct ExchangeAccount: ~Copyable {
    private let id: RequestID
    private let ledger: UsageLedger
    /// UTC milliseconds.
    private let startedAt: Int64
    private let started = NIODeadline.now()
    private let route: ProviderRoute
    /// The paying project's own model prices.
    var ownPrices = ProjectPrices.none
    /// How the provider reports usage. A custom provider's is known only with its address.
    var format: WireFormat

    private var reader: RequestReader?
    /// Undoes the request's content encoding for the reader; `nil` for a body without one.
    private let requestDecoder: BodyDecoder?
    private(set) var facts = RequestFacts()
    private var record: OpenRequest?
    private var meter: UsageMeter?
    /// The response in the background that the path names.
    private let named: String?
    /// The response in the background that is fetched or cancelled: such a request costs nothing itself.
    private var fetched: String? { format == .free ? named : nil }
    private var status = 0
    /// The answer's `content-encoding`.
    private var coding = ""
    /// The service tier that Google reports in a header. https://ai.google.dev/gemini-api/docs/priority-inference
    private var tier: String?
    /// The amount that the budgets reserve for it.
    private var reserved = LayeredMoney(.zero)
    private var isSettled = false

    /// - Parameter coding: the content encoding of the request's body.
    init(_ id: RequestID, _ route: ProviderRoute, method: HTTPMethod, coding: String = "", ledger: UsageLedger, startedAt: Int64) {
        self.id = id
        self.ledger = ledger
        self.startedAt = startedAt
        self.route = route
        format = route.format(method, as: route.dialect)
        requestDecoder = coding.isEmpty ? nil : BodyDecoder(coding)
        named = route.place == .tokens ? nil : ResponseState.id(fetchedBy: method.rawValue, route.target.path)
        // The format may be another one when the provider's address is known.
        if ![.GET, .HEAD, .DELETE, .OPTIONS].contains(method) { reader = RequestReader() }
    }

    // MARK: - The request

    mutating func readRequest(_ bytes: ByteBuffer) {
        bytes.withUnsafeReadableBytes { bytes in
            guard let requestDecoder else {
                reader?.feed(bytes)
                return
            }
            requestDecoder.decode(bytes) { reader?.feed($0) }
        }
    }

    /// Finishes reading the request.
    ///
    /// - Parameter asksForUsage: whether this provider's streams report usage only on request.
    mutating func endRequest(asksForUsage: Bool) {
        if let reader = reader.take() { facts = reader.finish(asksForUsage: asksForUsage && requestDecoder == nil) }
        if let model = route.target.model { facts.model = model }
        // The rehearsal has one price, whatever model the client names.
        if !route.provider.takesCredential { facts.model = route.provider.rawValue }
        if [.embeddings, .later].contains(format) { facts.outputLimit = 0 }
    }

    /// Whether the whole request could be read, so that what it may cost is known.
    var isReadable: Bool { requestDecoder?.isWhole ?? true }

    /// The most that the request can cost at each layer.
    var most: LayeredMoney {
        var facts = facts
        // A token takes about 100 bytes of images and audio, but two of text.
        if format == .media { facts.bytes /= 50 }
        return ledger.prices.reservation(for: facts, provider: route.provider.rawValue, own: ownPrices)
    }

    /// Whether a price list or the project has a price for the model.
    var isPriced: Bool { ledger.prices.isPriced(facts.model, provider: route.provider.rawValue, own: ownPrices) }

    /// The properties of the request that determine its cost.
    func kind(for payer: Payer) -> RequestKind? {
        RequestKind(provider: payer.provider, model: facts.model, requestBytes: facts.bytes, outputLimit: facts.outputLimit)
    }

    /// Records the amount that the budgets reserve.
    mutating func reserve(_ amount: LayeredMoney) { reserved = amount }

    /// Releases the reservation.
    mutating func release() {
        if !reserved.isZero { ledger.release(id) }
        reserved = LayeredMoney(.zero)
    }

    /// Ends the account of an aborted exchange: a request that was sent counts as cut, any other is released.
    mutating func abandon(for payer: Payer) {
        if record != nil { _ = settle(for: payer, isCut: true) } else { release() }
    }

    /// Records in the ledger that the request is sent.
    ///
    /// - Throws: `MeteringError`; the request must not be sent then.
    mutating func open(for payer: Payer) throws(MeteringError) {
        guard format != .free, record == nil else { return }
        let record = request(of: payer)
        try ledger.open(record)
        self.record = record
    }

    private func request(of payer: Payer) -> OpenRequest {
        OpenRequest(
            id: id, payer: payer, at: startedAt, model: facts.model, requestBytes: facts.bytes, outputLimit: facts.outputLimit,
            tier: facts.askedTier, reserved: reserved.greatest)
    }

    // MARK: - The answer

    mutating func beginAnswer(_ head: HTTPResponseHead) {
        status = Int(head.status.code)
        coding = head.headers["content-encoding"].joined(separator: ",")
        tier = head.headers.first(name: "x-gemini-service-tier")
        let type = head.headers.first(name: "content-type")
        meter = UsageMeter(format: fetched == nil ? format : .responses, contentType: type, contentEncoding: coding)
    }

    mutating func readAnswer(_ bytes: ByteBuffer) {
        bytes.withUnsafeReadableBytes { meter?.feed($0) }
    }

    /// Writes the usage to the ledger.
    ///
    /// - Returns: whether it is not known yet, because the response continues in the background.
    mutating func settle(for payer: Payer, isCut: Bool) -> Bool {
        guard !isSettled else { return false }
        let isGood = (200..<300).contains(status)
        if let fetched {
            isSettled = true
            guard let reading = meter.take()?.finish(wasCut: isCut), isGood, reading.response.isOver,
                reading.response.isBackground != false
            else { return false }
            if reading.reasons.contains(.coding) { ledger.codings.warn(route.provider.rawValue, coding) }
            // What broke off is fetched again.
            if reading.isWhole || !isCut { settle(fetched, reading, payer) }
            return false
        }
        guard format != .free else {
            release()
            return false
        }
        isSettled = true
        let reading =
            meter.take()?.finish(wasCut: isCut)
            ?? UsageMeter(format: format, contentType: nil, contentEncoding: nil).finish(wasCut: true)
        if isGood, let record, facts.isBackground, let id = reading.response.id, !reading.response.isOver, format == .responses {
            ledger.leave(record, response: id)
            reserved = LayeredMoney(.zero)
            return true
        }
        settle(reading, for: payer)
        return false
    }

    /// Books a background response that was fetched completely.
    private func settle(_ id: String, _ reading: UsageReading, _ payer: Payer) {
        let failedForNothing = reading.response.status == "failed" && !reading.isWhole
        let charge = ledger.prices.charge(
            for: reading, status: status, facts: RequestFacts(), provider: route.provider.rawValue, own: ownPrices, at: startedAt)
        ledger.settle(
            UsageEntry(
                request: OpenRequest(id: self.id, payer: payer, at: startedAt), status: status, model: charge.model,
                usage: failedForNothing ? TokenUsage() : charge.usage, cost: failedForNothing ? .zero : charge.cost,
                projectCost: failedForNothing ? nil : charge.projectCost,
                state: charge.isEstimated && !failedForNothing ? .estimated : .exact, reasons: failedForNothing ? [] : charge.reasons,
                milliseconds: 0),
            of: FetchedResponse(
                id: id, isBackground: reading.response.isBackground == true,
                lacksTier: reading.billing.tier == nil && reading.billing.cost == nil, extras: charge.extras))
    }

    private mutating func settle(_ reading: UsageReading, for payer: Payer) {
        var reading = reading
        reading.billing.tier = reading.billing.tier ?? tier
        // Each such completion runs one search. https://platform.openai.com/docs/guides/tools-web-search?api-mode=chat
        // A refused one ran none.
        let isNothing = reading.isWhole && reading.usage == TokenUsage()
        if facts.searches, format == .chat, (200..<300).contains(status), !isNothing { reading.billing.tools["web_search_preview"] = 1 }
        if reading.reasons.contains(.coding) { ledger.codings.warn(route.provider.rawValue, coding) }
        let charge = ledger.prices.charge(
            for: reading, status: status, facts: facts, provider: route.provider.rawValue, own: ownPrices, at: startedAt)
        let entry = UsageEntry(
            request: record ?? request(of: payer), status: status, model: charge.model, usage: charge.usage, cost: charge.cost,
            projectCost: charge.projectCost, state: charge.isEstimated ? .estimated : .exact, reasons: charge.reasons,
            milliseconds: Int((NIODeadline.now() - started).nanoseconds / 1_000_000))
        // If the answer came before the request was complete, the ledger has no entry yet.
        if record != nil { ledger.settle(entry) } else { ledger.settleUnopened(entry) }
        // Booking releases the reservation.
        reserved = LayeredMoney(.zero)
    }

    /// Records that the request was not sent after all: the provider never received it.
    mutating func withdraw() {
        guard let record, !isSettled else { return }
        isSettled = true
        ledger.settle(
            UsageEntry(
                request: record, status: 0, model: facts.model, usage: TokenUsage(), cost: .zero, state: .exact,
                milliseconds: Int((NIODeadline.now() - started).nanoseconds / 1_000_000)))
        reserved = LayeredMoney(.zero)
    }
}
