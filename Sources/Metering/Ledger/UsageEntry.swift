import Accounts
import Store

/// The id of a request through the gateway: `r_` and sixteen hexadecimal digits.
public struct RequestID: RawRepresentable, Hashable, Sendable, Codable, SQLBindable {
    /// The id.
    public let rawValue: String

    /// Wraps an id.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Makes a random id.
    public init() {
        let digits = String(UInt64.random(in: 0 ... .max), radix: 16)
        rawValue = "r_" + String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// An open request.
public struct OpenRequest: Sendable, Hashable {
    /// The request's id.
    public var id: RequestID
    /// Who pays for it.
    public var payer: Payer
    /// When it began, in UTC milliseconds.
    public var at: Int64
    /// The requested model.
    public var model: String?
    /// The length of the request's body, in bytes.
    public var requestBytes: Int
    /// The most tokens that the request lets the model generate; `nil` if it names no limit.
    public var outputLimit: Int?
    /// The service tier or the speed that it asks for, as the provider names it.
    public var tier: String?
    /// The most that is reserved for it at any layer.
    public var reserved: Money

    /// Creates a request.
    public init(
        id: RequestID, payer: Payer, at: Int64, model: String? = nil, requestBytes: Int = 0, outputLimit: Int? = nil,
        tier: String? = nil, reserved: Money = .zero
    ) {
        self.id = id
        self.payer = payer
        self.at = at
        self.model = model
        self.requestBytes = requestBytes
        self.outputLimit = outputLimit
        self.tier = tier
        self.reserved = reserved
    }
}

/// A finished request with its usage: one row of the ledger, written once.
public struct UsageEntry: Sendable, Hashable {
    /// How reliable the usage is.
    public enum State: String, Sendable, Codable, CaseIterable, SQLBindable {
        /// As the provider reported it.
        case exact
        /// A part of it is estimated, for one of the ``EstimateReason``s.
        case estimated
        /// SAM ended while the request was open. All of it is estimated.
        case unsettled
    }

    /// The request.
    public var request: OpenRequest
    /// The response's status; 0 if there was none.
    public var status: Int
    /// The model that responded.
    public var model: String?
    /// The tokens used.
    public var usage: TokenUsage
    /// The cost by the platform's prices.
    public var cost: Money
    /// The cost by the project's own prices, which counts only at the project; `nil` if it has none for the model.
    public var projectCost: Money?
    /// How reliable the usage is.
    public var state: State
    /// The reasons for an estimate; empty if it is exact.
    public var reasons: Set<EstimateReason>
    /// The time from the request to the end of its response, in milliseconds.
    public var milliseconds: Int

    /// Creates an entry.
    public init(
        request: OpenRequest, status: Int, model: String?, usage: TokenUsage, cost: Money, projectCost: Money? = nil, state: State,
        reasons: Set<EstimateReason> = [], milliseconds: Int
    ) {
        self.request = request
        self.status = status
        self.model = model
        self.usage = usage
        self.cost = cost
        self.projectCost = projectCost
        self.state = state
        self.reasons = reasons
        self.milliseconds = milliseconds
    }

    /// The entry of a request whose end is unknown: the prompt is estimated by its length, the output by the request's limit, at most 4,096
    /// tokens, and the price is that of the dearer one of the usual tier and the requested one.
    static func unsettled(_ request: OpenRequest, prices: PriceList) -> UsageEntry {
        let usage = TokenUsage(input: request.requestBytes / 4 + 1, output: min(request.outputLimit ?? 4_096, 4_096))
        let price = prices.quote(of: request.model, at: request.payer.provider).price
        let (cost, reasons) = price.bill(for: usage, on: BillingTerms(askedTier: request.tier))
        return UsageEntry(
            request: request, status: 0, model: request.model, usage: usage, cost: cost, state: .unsettled,
            reasons: reasons.union([.ended]), milliseconds: 0)
    }
}
