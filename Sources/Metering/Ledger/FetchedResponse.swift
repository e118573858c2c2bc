/// A finished background response that was fetched, apart from its usage.
public struct FetchedResponse: Sendable, Hashable {
    /// The response's id.
    public var id: String
    /// Whether it says itself that it ran in the background. Only then another server may yet write the end of the request that began it.
    public var isBackground: Bool
    /// Whether its cost depends on the tier that was asked for, because it names none and no cost.
    public var lacksTier: Bool
    /// What its searches and tools cost, which a project's own price of the model does not include.
    public var extras: Money

    /// Creates a fetched response.
    public init(id: String, isBackground: Bool, lacksTier: Bool = false, extras: Money = .zero) {
        self.id = id
        self.isBackground = isBackground
        self.lacksTier = lacksTier
        self.extras = extras
    }

    /// The marks of a spool line, which ``init(id:marks:)`` reads.
    var marks: String { (isBackground ? "b" : "") + (lacksTier ? "t" : "") + (extras == .zero ? "" : "\(extras.rawValue)") }

    init(id: String, marks: String) {
        self.init(
            id: id, isBackground: marks.contains("b"), lacksTier: marks.contains("t"),
            extras: Money(rawValue: Int64(marks.filter(\.isNumber)) ?? 0))
    }
}
