/// The prices that a project has set for models. They count only at the project. An immutable value.
public struct ProjectPrices: Sendable, Hashable {
    private var prices: [String: Price]

    /// No prices of its own.
    public static let none = ProjectPrices([:])

    /// Creates the prices from a dictionary by model.
    init(_ prices: [String: Price]) {
        self.prices = Dictionary(prices.map { ($0.key.lowercased(), $0.value) }, uniquingKeysWith: { first, _ in first })
    }

    /// Whether there are no prices.
    public var isEmpty: Bool { prices.isEmpty }

    /// The project's price of a model: by the requested name, the name without a seller's prefix, or either without a date or `-latest`.
    func price(of model: String) -> Price? {
        guard !prices.isEmpty else { return nil }
        let names = [model.lowercased()] + ModelName(model).spellings
        for name in names {
            if let price = prices[name] ?? ModelName.undated(name).flatMap({ prices[$0] }) { return price }
        }
        return nil
    }
}
