/// Why a row of the ledger is an estimate. A row may have several reasons; an exact one has none.
public enum EstimateReason: String, Sendable, Hashable, Codable, CaseIterable, Comparable {
    /// The response broke off before its usage was reported.
    case cut
    /// The response was complete but reported no usage.
    case untold
    /// The response reported more than any request can use, so its counts do not count.
    case implausible
    /// The response has a content coding that the meter can't read, or is damaged.
    case coding
    /// The path is not in the table of the provider's paths.
    case path
    /// The model has no price.
    case noPrice
    /// The price was found by the beginning of the model's name, or is another seller's.
    case similarModel
    /// The service tier, the region or the speed has no known price.
    case tier
    /// A tool at the provider costs extra, and its price or count is unknown.
    case tool
    /// A background response was never fetched.
    case unfetched
    /// SAM ended while the request was open.
    case ended

    /// Orders reasons by name.
    public static func < (one: EstimateReason, other: EstimateReason) -> Bool { one.rawValue < other.rawValue }
}

extension Set<EstimateReason> {
    /// The reasons as stored in the table and the spool: names in order, joined by commas; `nil` for none.
    var text: String? { isEmpty ? nil : sorted().map(\.rawValue).joined(separator: ",") }

    /// Parses ``text``. Unknown names are ignored.
    init(text: String?) { self.init((text ?? "").split(separator: ",").compactMap { EstimateReason(rawValue: String($0)) }) }
}
