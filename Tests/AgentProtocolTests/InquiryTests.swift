import AgentProtocol
import Testing

@Suite("What an agent wants to know, cut to what a person can answer")
struct InquiryTests {
    private static let long = String(repeating: "x", count: 1_001)

    @Test(
        "Where a choice can't be shown, a text is taken in its place",
        arguments: [
            (["A", "B"], ["A", "B"], false), ([long, "B"], ["B"], true), ([" \n", "B"], ["B"], true), (["", "B"], ["B"], true),
            (["A\0", "B"], ["B"], true), ([long], [], true), ([], [], true),
            ((1...33).map { "\($0)" }, (1...32).map { "\($0)" }, true), ((1...32).map { "\($0)" }, (1...32).map { "\($0)" }, false),
        ] as [([String], [String], Bool)])
    func choices(labels: [String], shown: [String], takesText: Bool) throws {
        let item = Inquiry.Item(id: "a", text: "?", choices: labels.map { Inquiry.Choice(label: $0) }, allowsText: false)
        let bounded = try #require(Inquiry(id: "p1", items: [item]).bounded.items.first)
        #expect(bounded.choices.map(\.label) == shown && bounded.allowsText == takesText)
    }

    @Test("Of two items with one id only the first is asked: an answer by that id could not be right for both")
    func sameID() {
        let items = ["A", "B"].map { Inquiry.Item(id: "a", text: $0, choices: [.init(label: $0)], allowsText: false) }
        #expect(Inquiry(id: "p1", items: items).bounded.items.map(\.text) == ["A"])
    }
}
