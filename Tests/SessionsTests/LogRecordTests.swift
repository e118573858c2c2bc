import AgentProtocol
import Foundation
import Testing

@testable import Sessions

@Suite("Lines of the log")
struct LogRecordTests {
    @Test("An event's kind is its case's name, and its payload is what the case holds")
    func kinds() throws {
        let record = try LogRecord(.turnEnded(TurnEnd(prompt: PromptID(rawValue: "t_1"), stopReason: "end_turn")))
        #expect(record.kind == "turnEnded")
        #expect(record.payload == #"{"prompt":"t_1","stopReason":"end_turn"}"#)
        #expect(record.whole == nil)
    }

    @Test("A payload at the limit stands whole, a longer one is cut with a mark and kept beside", arguments: [0, 1])
    func limit(_ extra: Int) throws {
        let frame = try JSONLine.text(Note("")).utf8.count
        let record = try LogRecord(.note(Note(String(repeating: "x", count: SessionEvent.payloadLimit - frame + extra))))
        if extra == 0 {
            #expect(record.whole == nil)
        } else {
            let cut = try JSONLine.decode(JSONValue.self, from: record.payload)
            #expect(cut["cut"] == .bool(true))
            #expect(cut["bytes"] == .integer(SessionEvent.payloadLimit + 1))
            #expect(record.whole?.utf8.count == SessionEvent.payloadLimit + 1)
        }
    }
}
