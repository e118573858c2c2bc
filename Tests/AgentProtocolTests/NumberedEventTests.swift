import AgentProtocol
import Foundation
import Testing

@Suite("Events on their way from a runner")
struct NumberedEventTests {
    @Test("What an older runner says in a form that is no more costs nothing but itself")
    func olderForm() throws {
        let old = #"{"n":3,"at":5,"event":{"permission":{"_0":{"toolCall":"c","answer":"deny"}}}}"#
        let event: NumberedEvent = try JSONLine.decode(from: old)
        #expect(event.n == 3 && event.at == 5)
        guard case .other(let update) = event.event else {
            Issue.record("It is no other update: \(event)")
            return
        }
        #expect(update.kind == "unreadable" && update.raw["permission"]?["_0"]?["answer"] == "deny")
        let known = NumberedEvent(n: 1, at: 2, event: .note(Note("n")))
        #expect(try JSONLine.decode(NumberedEvent.self, from: try JSONLine.encode(known)) == known)
    }
}
