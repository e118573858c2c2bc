import Cascade
import Foundation
import Testing

@Suite("Explanations")
struct ExplanationTests {
    struct Subject: Codable, Hashable { var key = "k" }
    struct Content: Codable, Hashable { var value: String? }
    typealias Resolved = Resolution<String, Int, LayerTombstone<String>, String>

    /// An explanation of layers as a module makes it.
    private func explain(_ layers: [Layered<String, Int, LayerTombstone<String>, String>]) -> Explanation<String, Subject, Content> {
        let resolution: Resolved = resolve(layers)
        return Explanation(
            Subject(), outcome: ExplainedOutcome(resolution.outcome), scope: resolution.outcome.layer, sentence: "So it is.",
            layers: resolution.trace.map { step in
                var layer = ExplainedLayer(step, Content(value: step.layer == "user" ? "2" : nil))
                if case .inactive(let tombstone) = step.finding {
                    (layer.by, layer.at, layer.reason) = (tombstone.by, tombstone.at, tombstone.reason)
                }
                return layer
            })
    }

    @Test("The fields of the subject and of a layer's content stand beside the shape's own, and come back as they were")
    func coding() throws {
        let explanation = explain([
            Layered("user", .active(2)), Layered("platform", .inactive(LayerTombstone(by: "kim", at: 5, reason: "no"))),
        ])
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let json = try encoder.encode(explanation)
        #expect(
            String(decoding: json, as: UTF8.self) == """
                {"key":"k","layers":[\
                {"finding":"active","scope":"user","value":"2","verdict":"decidedByValue"},\
                {"at":5,"by":"kim","finding":"inactive","reason":"no","scope":"platform","verdict":"notConsulted"}],\
                "outcome":"found","scope":"user","sentence":"So it is."}
                """)
        #expect(try JSONDecoder().decode(Explanation<String, Subject, Content>.self, from: json) == explanation)
        #expect(explanation.key == "k" && explanation.layers.first?.value == "2")
    }

    @Test(
        "The outcome and the findings have the names of the cascade's cases",
        arguments: [
            (.active(1), .found, "active"), (.inactive(LayerTombstone(by: "kim", at: 1, reason: nil)), .blocked, "inactive"),
            (.failed("why"), .failed, "failed"), (.absent, .absent, "absent"),
        ] as [(Entry<Int, LayerTombstone<String>, String>, ExplainedOutcome, String)])
    func names(entry: Entry<Int, LayerTombstone<String>, String>, outcome: ExplainedOutcome, finding: String) {
        let explanation = explain([Layered("platform", entry)])
        #expect(explanation.outcome == outcome && explanation.layers.map(\.finding) == [finding])
        #expect(explanation.scope == (outcome == .absent ? nil : "platform"))
    }
}
