/// A finished background response that was fetched, apart from its usage.
public struct FetchedResponse: Sendable, Hashable {
    /// The response's id.
    public var id: String
    /// Whether it says itself that it ran in the background. Only then another server may yet write the end of the request that began it.
    public var isBackground: Bool
    /// Whether its cost depends on the tier that was asked for, because it names none and no cost.
    public var lacksTier: Bool

    /// Creates a fetched response.
    public init(id: String, isBackground: Bool, lacksTier: Bool = false) {
        self.id = id
        self.isBackground = isBackground
        self.lacksTier = lacksTier
    }

    /// The marks of a spool line, which ``init(id:marks:)`` reads.
    var marks: String { (isBackground ? "b" : "") + (lacksTier ? "t" : "") }

    init(id: String, marks: String) {
        self.init(id: id, isBackground: marks.contains("b"), lacksTier: marks.contains("t"))
    }
}
