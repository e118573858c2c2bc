/// An entry of a price list.
public struct ListedPrice: Sendable, Hashable {
    /// The model's id.
    public var model: String
    /// The maker, which sells the model first: a provider's id here or, if it has none, its name; `nil` if the file does not say.
    public var maker: String?
    /// The URL of the price.
    public var source: String?
    /// The day on which it was read there, `YYYY-MM-DD`.
    public var read: String?
    /// Whether it is from the user's own file.
    public var isOwn = false
    /// Whether it applies to every name with this beginning: an entry with `*`.
    public var isBeginning = false
    /// The price.
    public var price: Price
}
