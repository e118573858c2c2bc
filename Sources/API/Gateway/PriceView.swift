import Metering

/// What a model costs, as the API shows it. Amounts are for a million tokens.
public struct PriceView: Sendable, Codable {
    /// Where a price comes from: the project's own prices, the administrator's file, or the list that ships with SAM.
    public enum Origin: String, Sendable, Codable {
        case project, file, list
    }

    /// The model's name as providers spell it, or the beginning of such names when `isBeginning` is set.
    public var model: String
    /// Whether the price applies to every name that begins with `model`.
    public var isBeginning: Bool
    /// Who makes the model and sells it first.
    public var maker: String?
    /// Input tokens that are neither read from a cache nor written to one.
    public var input: Money
    /// Input tokens read from the provider's cache.
    public var cacheRead: Money
    /// Input tokens written to a cache with the provider's short lifetime.
    public var cacheWrite: Money
    /// Input tokens written to a cache with the provider's long lifetime.
    public var cacheWriteLong: Money
    /// Output tokens.
    public var output: Money
    /// Where the price comes from.
    public var from: Origin
    /// The address of the page that the list took the price from.
    public var source: String?
    /// The day on which that page was read, `YYYY-MM-DD`.
    public var read: String?
    /// The name of the user who set the project's price.
    public var by: String?
    /// When the project's price was set, in milliseconds since 1970.
    public var changedAt: Int64?

    private init(_ model: String, _ rates: Rates, from: Origin) {
        self.model = model
        self.from = from
        isBeginning = false
        input = Money(rawValue: rates.input)
        cacheRead = Money(rawValue: rates.cacheRead)
        cacheWrite = Money(rawValue: rates.cacheWrite)
        cacheWriteLong = Money(rawValue: rates.cacheWriteLong)
        output = Money(rawValue: rates.output)
    }

    package init(_ entry: ListedPrice) {
        self.init(entry.model, entry.price.rates, from: entry.isOwn ? .file : .list)
        isBeginning = entry.isBeginning
        maker = entry.maker
        source = entry.source
        read = entry.read
    }

    package init(_ entry: ProjectPriceBook.Entry) {
        self.init(entry.model, entry.rates, from: .project)
        by = entry.by
        changedAt = entry.changedAt
    }
}

/// The body of `PUT /api/v1/projects/{id}/prices`. Amounts are dollars for a million tokens, as a person writes them.
public struct PriceChange: Sendable, Codable {
    /// The model's name.
    public var model: String
    /// Input tokens.
    public var input: String
    /// Output tokens.
    public var output: String
    /// Input tokens read from a cache. The input's price if missing.
    public var cacheRead: String?
    /// Input tokens written to a cache with a short lifetime. The input's price if missing.
    public var cacheWrite: String?
    /// Input tokens written to a cache with a long lifetime. The input's price if missing.
    public var cacheWriteLong: String?

    /// Creates the body from amounts in dollars.
    public init(
        model: String, input: String, output: String, cacheRead: String? = nil, cacheWrite: String? = nil, cacheWriteLong: String? = nil
    ) {
        self.model = model
        self.input = input
        self.output = output
        self.cacheRead = cacheRead
        self.cacheWrite = cacheWrite
        self.cacheWriteLong = cacheWriteLong
    }

    /// The amounts as rates.
    ///
    /// - Throws: `MeteringError` if an amount can't be parsed.
    package func rates() throws(MeteringError) -> Rates {
        func rate(_ text: String?) throws(MeteringError) -> Int64? {
            guard let text else { return nil }
            return try Money(parsing: text).rawValue
        }
        return Rates(
            input: try Money(parsing: input).rawValue, cacheRead: try rate(cacheRead), cacheWrite: try rate(cacheWrite),
            cacheWriteLong: try rate(cacheWriteLong), output: try Money(parsing: output).rawValue)
    }
}
