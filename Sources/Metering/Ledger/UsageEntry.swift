import Accounts
import Store

/// The id of a request through the gateway: `r_` and sixteen hexadecimal digits.
public struct RequestID: RawRepresentable, Hashable, Sendable, Codable, SQLBindable {
    public let rawValue: String

    /// Wraps an id.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// A new random id.
    public init() {
        let digits = String(UInt64.random(in: 0 ... .max), radix: 16)
        rawValue = "r_" + String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// A request that is under way.
public struct OpenRequest: Sendable, Hashable {
    public var id: RequestID
    public var payer: Payer
    /// When it began, in UTC milliseconds.
    public var at: Int64
    /// The model that was asked for.
    public var model: String?
    public var requestBytes: Int
    public var outputLimit: Int?
    /// What the budgets hold back for it.
    public var reserved: Money

    /// Describes a request.
    public init(
        id: RequestID, payer: Payer, at: Int64, model: String? = nil, requestBytes: Int = 0, outputLimit: Int? = nil,
        reserved: Money = .zero
    ) {
        self.id = id
        self.payer = payer
        self.at = at
        self.model = model
        self.requestBytes = requestBytes
        self.outputLimit = outputLimit
        self.reserved = reserved
    }
}

/// A request that is over, with what it used: one row of the ledger, written once.
public struct UsageEntry: Sendable, Hashable {
    /// How well the usage is known.
    public enum State: String, Sendable, Codable, CaseIterable, SQLBindable {
        /// As the provider told it.
        case exact
        /// A part of it is estimated: the answer was cut, told nothing, or is of a model without a known price.
        case estimated
        /// SAM died while the request was under way. All of it is estimated.
        case unsettled
    }

    public var request: OpenRequest
    /// The answer's status; 0 when there was none.
    public var status: Int
    /// The model that answered.
    public var model: String?
    public var usage: TokenUsage
    public var cost: Money
    public var state: State
    /// From the request to the end of its answer, in milliseconds.
    public var milliseconds: Int

    /// Puts an entry together.
    public init(
        request: OpenRequest, status: Int, model: String?, usage: TokenUsage, cost: Money, state: State, milliseconds: Int
    ) {
        self.request = request
        self.status = status
        self.model = model
        self.usage = usage
        self.cost = cost
        self.state = state
        self.milliseconds = milliseconds
    }

    /// What a request becomes whose end nobody saw: its prompt by its length, and as much of an answer as a long one has.
    static func unsettled(_ request: OpenRequest, prices: PriceList) -> UsageEntry {
        let usage = TokenUsage(input: request.requestBytes / 4 + 1, output: min(request.outputLimit ?? 4_096, 4_096))
        let price = request.model.flatMap(prices.price) ?? prices.dearest
        return UsageEntry(
            request: request, status: 0, model: request.model, usage: usage, cost: price.cost(of: usage), state: .unsettled,
            milliseconds: 0)
    }
}
