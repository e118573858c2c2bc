import Cascade
import Credentials
import Store

/// A page of explanations: settings, credentials and budgets are explained in one shape.
public struct Explanations<Item: Sendable & Codable>: ListPart {
    /// The items.
    public var explanations: [Item]
    /// The cursor of the next page.
    public var next: String?
    /// The items' key path.
    public static var list: WritableKeyPath<Self, [Item]> { \.explanations }

    init(_ explanations: [Item], next: String? = nil) {
        self.explanations = explanations
        self.next = next
    }
}

extension Explanations where Item == CredentialExplanation {
    init(_ all: [CredentialExplanation], _ request: PageRequest) {
        let page = Page(of: all, request) { $0.provider.rawValue }
        self.init(page.items, next: page.next?.cursor)
    }
}
