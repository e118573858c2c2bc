/// The price for a request, and how well it is known.
public struct Quote: Sendable, Hashable {
    /// How a price was found.
    public enum Basis: Sendable, Hashable {
        /// The list has the model, with or without a date or `-latest`, sold by its maker or by a custom endpoint.
        case listed
        /// An entry with `*` matches the beginning of the name.
        case beginning
        /// The list has the model, but another seller serves it, whose price is unknown.
        case otherSeller
        /// The list has a model whose name is the beginning of this one; the highest price of its family applies.
        case similar
        /// The list has no similar model.
        case unknown
    }

    /// The price.
    public var price: Price
    /// How it was found.
    public var basis: Basis

    /// Why a cost at this price is an estimate; `nil` if it is exact.
    public var reason: EstimateReason? {
        switch basis {
        case .listed: nil
        case .beginning, .otherSeller, .similar: .similarModel
        case .unknown: .noPrice
        }
    }

    /// Whether a list has a price for the model itself.
    public var isPriced: Bool {
        switch basis {
        case .listed, .beginning, .otherSeller: true
        case .similar, .unknown: false
        }
    }
}
