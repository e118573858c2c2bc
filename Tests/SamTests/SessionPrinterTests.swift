import AgentProtocol
import ControlPlane
import Foundation
import Synchronization
import Testing

@testable import Sessions
@testable import sam

@Suite("A session's events as lines on a terminal")
struct SessionPrinterTests {
    /// What was written.
    private final class Screen: Sendable {
        private let content = Mutex("")
        var text: String { content.withLock { $0 } }
        func write(_ text: String) { content.withLock { $0 += text } }
    }

    private func printer(_ screen: Screen, asksHere: Bool = false) throws -> SessionPrinter {
        let session = try JSONLine.decode(
            SessionView.self,
            from: #"{"id":"s_1","project":"p","projectId":"p_1","sandbox":"bubblewrap","agent":"a","title":"t","phase":"working","#
                + #""settled":false,"branch":"b","pendingPrompts":0,"permissions":"ask","questions":[],"createdAt":0,"updatedAt":0}"#)
        return SessionPrinter(session, asksHere: asksHere) { screen.write($0) }
    }

    private func event(_ kind: String, _ content: some Encodable) throws -> SessionEvent {
        SessionEvent(seq: 1, at: 0, kind: kind, payload: try JSONValue(encoding: content))
    }

    @Test("No control character of an agent's reaches the terminal, whatever the event holds it in")
    func controls() async throws {
        let bad = "x\u{1b}[2J\u{9b}\u{202e}\r"
        let screen = Screen()
        let printer = try printer(screen)
        let asked = Inquiry(
            id: "p1", parent: bad,
            items: [.init(id: bad, header: bad, text: bad, choices: [.init(label: bad, detail: bad)])])
        var answered = asked
        answered.answer = Inquiry.Answer(items: [bad: [bad]], by: .person)
        var permission = Permission(
            id: "p2", title: bad, options: [.init(id: bad, name: bad, kind: .refuse)], plan: bad, parent: bad)
        let events = [
            try event("toolCall", ToolCall(id: bad, status: "in_progress")), try event("toolCall", ToolCall(id: bad, title: bad)),
            try event("toolCall", ToolCall(id: "c2" + bad, status: "failed", parent: bad)),
            try event("message", MessageChunk(id: "m", role: .agent, text: bad, parent: bad)),
            try event("inquiry", asked), try event("inquiry", answered), try event("permission", permission),
            try event("note", Note(bad)), try event("progress", Note(bad)), try event("other" + bad, Note(bad)),
            try event(
                "background",
                BackgroundWork(tasks: [.init(id: bad, kind: .command, title: bad)])),
            try event("background", BackgroundWork(tasks: [])), try event("plan" + bad, Note("")),
        ]
        permission.answer = Permission.Answer(option: permission.refusal, by: .person, text: bad)
        for event in events + [try event("permission", permission)] { await printer.show(event) }
        for control in ["\u{1b}", "\u{9b}", "\u{202e}", "\r"] {
            #expect(!screen.text.contains(control), "\(screen.text.debugDescription)")
        }
        #expect(screen.text.contains("▸ x[2J"))
    }

    @Test("What is written below an open question is counted, and begins on a line of its own")
    func below() async throws {
        let screen = Screen()
        let printer = try printer(screen, asksHere: true)
        await printer.ask(["  The agent asks:", "  Your answer:"])
        #expect(await printer.writtenBelow == 0)
        await printer.show(try event("message", MessageChunk(id: "m", role: .agent, text: "go")))
        await printer.show(try event("message", MessageChunk(id: "m", role: .agent, text: "ing on")))
        await printer.show(try event("note", Note("so")))
        #expect(await printer.writtenBelow == 3)
        #expect(screen.text.contains("Your answer: \ngoing on\n! so\n"), "\(screen.text.debugDescription)")
        await printer.ask(["  Your answer:"])
        #expect(await printer.writtenBelow == 0)
        await printer.endAsking(wasTyped: true)
        await printer.show(try event("note", Note("over")))
        #expect(await printer.writtenBelow == 0)
    }

    @Test("A session that is over asks nothing; one whose runner is silent may ask still")
    func over() async throws {
        let printer = try printer(Screen())
        await printer.show(try event("permission", Permission(id: "p1", title: "t", options: [])))
        #expect(await printer.isAsking)
        #expect(await printer.questionChanges == 1)
        await printer.show(try event("state", StateChange(phase: .interrupted, attempt: 1)))
        #expect(await printer.isAsking)
        await printer.show(try event("state", StateChange(phase: .failed, attempt: 1)))
        #expect(await !printer.isAsking)
        #expect(await printer.questionChanges == 2)
    }
}
