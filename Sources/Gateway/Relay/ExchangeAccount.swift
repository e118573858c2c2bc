import Credentials
import Metering
import NIOCore
import NIOHTTP1

/// What one exchange uses: read from its request and its answer while they pass by, and written into the ledger once.
struct ExchangeAccount: ~Copyable {
    private let id: RequestID
    private let ledger: UsageLedger
    /// UTC milliseconds.
    private let startedAt: Int64
    private let started = NIODeadline.now()
    private let route: ProviderRoute
    /// How the provider tells what was used. A custom one's is known with its address.
    var format: WireFormat

    private var reader: RequestReader?
    private(set) var facts = RequestFacts()
    private var record: OpenRequest?
    private var meter: UsageMeter?
    private var status = 0
    /// What the budgets hold back for it.
    private(set) var reserved = Money.zero

    init(_ id: RequestID, _ route: ProviderRoute, method: HTTPMethod, ledger: UsageLedger, startedAt: Int64) {
        self.id = id
        self.ledger = ledger
        self.startedAt = startedAt
        self.route = route
        format = route.place == .tokens ? .free : WireFormat(route.dialect, method: method.rawValue, path: route.target.path)
        if method == .POST { reader = RequestReader() }
    }

    // MARK: - The request

    mutating func readRequest(_ bytes: ByteBuffer) {
        bytes.withUnsafeReadableBytes { reader?.feed($0) }
    }

    /// The request is complete.
    ///
    /// - Parameter asksForUsage: whether a stream of this provider's tells its usage only when it is asked to.
    mutating func endRequest(asksForUsage: Bool) {
        if let reader = reader.take() { facts = reader.finish(asksForUsage: asksForUsage) }
        if let model = route.target.model { facts.model = model }
        // Whatever a client calls it, it costs what a rehearsal costs.
        if !route.provider.takesCredential { facts.model = route.provider.rawValue }
    }

    /// The most that the request can cost.
    var most: Money { ledger.prices.reservation(for: facts) }

    /// The budgets hold back what the request can cost.
    mutating func reserve(_ amount: Money) { reserved = amount }

    /// Gives up what was held back.
    ///
    /// - Returns: whether there was anything.
    mutating func release() -> Bool {
        defer { reserved = .zero }
        return reserved > .zero
    }

    /// Writes down that the request is made.
    ///
    /// - Throws: `MeteringError`; it must not be made then.
    mutating func open(for payer: Payer) throws(MeteringError) {
        guard format != .free, record == nil else { return }
        let record = OpenRequest(
            id: id, payer: payer, at: startedAt, model: facts.model, requestBytes: facts.bytes, outputLimit: facts.outputLimit,
            reserved: reserved)
        try ledger.open(record)
        self.record = record
    }

    // MARK: - The answer

    mutating func beginAnswer(_ head: HTTPResponseHead) {
        status = Int(head.status.code)
        meter = UsageMeter(
            format: format, contentType: head.headers.first(name: "content-type"),
            contentEncoding: head.headers.first(name: "content-encoding"))
    }

    mutating func readAnswer(_ bytes: ByteBuffer) {
        bytes.withUnsafeReadableBytes { meter?.feed($0) }
    }

    /// Writes down what was used.
    mutating func settle(for payer: Payer, isCut: Bool) {
        // An answer that came before the request was complete has no line yet.
        try? open(for: payer)
        guard let record else { return }
        let reading: UsageReading
        if let meter = meter.take() {
            reading = meter.finish(wasCut: isCut)
        } else {
            reading = UsageMeter(format: format, contentType: nil, contentEncoding: nil).finish(wasCut: true)
        }
        let charge = ledger.prices.charge(for: reading, status: status, requested: facts.model, requestBytes: facts.bytes)
        ledger.settle(
            UsageEntry(
                request: record, status: status, model: charge.model, usage: charge.usage, cost: charge.cost,
                state: charge.isEstimated ? .estimated : .exact,
                milliseconds: Int((NIODeadline.now() - started).nanoseconds / 1_000_000)))
        reserved = .zero
    }
}
