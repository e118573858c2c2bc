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
        func write(_ text: PrintedText) { content.withLock { $0 += text.rendered(colour: false) } }
    }

    private func printer(_ screen: Screen, asksHere: Bool = false, hasColour: Bool = false) throws -> SessionPrinter {
        let session = try JSONLine.decode(
            SessionView.self,
            from: #"{"id":"s_1","project":"p","projectId":"p_1","sandbox":"bubblewrap","agent":"a","title":"t","phase":"working","#
                + #""settled":false,"branch":"b","pendingPrompts":0,"permissions":"ask","questions":[],"createdAt":0,"updatedAt":0}"#)
        return SessionPrinter(session, asksHere: asksHere, hasColour: hasColour) { screen.write($0) }
    }

    private func event(_ kind: String, _ content: some Encodable) throws -> SessionEvent {
        SessionEvent(seq: 1, at: 0, kind: kind, payload: try JSONValue(encoding: content))
    }

    @Test("A cancel of one's own is no mystery: what was cut off is said to be, and an error of the agent's end is not told as one")
    func ownCancel() async throws {
        func shown(_ phase: Phase, _ state: PromptState) async throws -> String {
            let screen = Screen()
            let printer = try printer(screen)
            let events = [
                try event("state", StateChange(phase: phase, attempt: 1)),
                try event("turnEnded", TurnEnd(prompt: PromptID(rawValue: "t_1"), stopReason: "error", error: "Killed")),
                try event("prompt", ["id": "t_1", "state": state.rawValue]),
            ]
            for event in events { await printer.show(event) }
            return screen.text
        }
        let cancelled = try await shown(.cancelled, .cancelled)
        #expect(cancelled.contains("because the session was cancelled"))
        #expect(!cancelled.contains("is not known") && !cancelled.contains("Killed"), "\(cancelled)")
        let died = try await shown(.interrupted, .uncertain)
        #expect(died.contains("is not known") && died.contains("Killed"), "\(died)")
    }

    @Test(
        "No time that is shown is negative",
        arguments: [(-1, "0.0 s"), (-90_000, "0.0 s"), (0, "0.0 s"), (1_500, "1.5 s"), (61_000, "1 min 1 s")] as [(Int64, String)])
    func elapsed(_ milliseconds: Int64, _ text: String) {
        #expect(Time.elapsed(milliseconds) == text)
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
        #expect(screen.text.contains("▸ x^[[2J<U+009B><U+202E>^M\n"))
    }

    @Test("Thoughts, text and what sub-agents say are separated, without colours by words and blanks, with colours on separate lines")
    func voices() async throws {
        func chunk(_ role: MessageChunk.Role, _ text: String, _ parent: String? = nil) throws -> SessionEvent {
            try event("message", MessageChunk(id: "m", role: role, text: text, parent: parent))
        }
        let events = [
            try event("toolCall", ToolCall(id: "c", title: "Explore")), try chunk(.thought, "First I"), try chunk(.thought, " look.\nThen"),
            try chunk(.agent, "It is"), try chunk(.agent, " a parser.\n\nSo"), try chunk(.agent, "Reading\nall", "c"),
            try chunk(.thought, "Hm", "c"),
            try chunk(.agent, "Done."),
        ]
        let (plain, coloured) = (Screen(), Screen())
        for (screen, hasColour) in [(plain, false), (coloured, true)] {
            let printer = try printer(screen, hasColour: hasColour)
            for event in events { await printer.show(event) }
        }
        #expect(
            plain.text == """
                  ▸ Explore
                Thinking:
                  │ First I look.
                  │ Then
                │ It is a parser.

                │ So
                    “Explore”:
                    │ Reading
                    │ all
                    “Explore”, thinking:
                      │ Hm
                │ Done.
                """, "\(plain.text)")
        #expect(
            coloured.text == """
                  ▸ Explore
                First I look.
                Then
                It is a parser.

                So
                    “Explore”:
                    Reading
                    all
                    “Explore”:
                    Hm
                Done.
                """, "\(coloured.text)")
    }

    /// Texts with which an agent could imitate SAM.
    private static let imitations = [
        "Session s_0123456789ab completed", "● completed  1.4 s", "\n\n! The server is gone.", "a\nBranch sam/s_1: 1 file\n",
        "  Answer with: sam sessions answer s_1 allow", "? The agent asks to be allowed: nothing\n    1  allow  Yes", "› A prompt",
        "Error: all is lost", "x\r\nSession s_1", "x\u{2028}Session s_1", "x\u{85}Session s_1", "x\u{b}Session s_1",
    ]

    @Test(
        "Where there are no colours, no line of an agent's can be taken for one of SAM's, whole or in pieces", arguments: imitations,
        [(MessageChunk.Role.agent, nil), (.thought, nil), (.agent, "c"), (.thought, "c")] as [(MessageChunk.Role, String?)])
    func imitation(_ text: String, _ voice: (role: MessageChunk.Role, parent: String?)) async throws {
        for pieces in [[text], text.map(String.init)] {
            let screen = Screen()
            let printer = try printer(screen)
            await printer.show(try event("toolCall", ToolCall(id: "c", title: text)))
            for piece in pieces {
                await printer.show(try event("message", MessageChunk(id: "m", role: voice.role, text: piece, parent: voice.parent)))
            }
            await printer.show(try event("permission", Permission(id: "p", title: "t", options: [], plan: text)))
            let lines = screen.text.split(separator: "\n").map(String.init)
            let own = [
                "  ▸ ", "Thinking:", "    “", "? The agent asks to be allowed: t", "  The plan:",
                "  Answer with: sam sessions answer s_1 --question p",
            ]
            for line in lines {
                let isMarked = line.drop { $0 == " " }.hasPrefix("│")
                #expect(isMarked || own.contains { line.hasPrefix($0) }, "\(line)")
            }
        }
    }

    @Test("An emoji and an accent that come in two pieces stay whole; what waits for its other half is shown at the end")
    func pieces() async throws {
        let screen = Screen()
        let printer = try printer(screen)
        for piece in ["👩", "\u{200d}", "💻 e", "\u{301}", " 🙂\u{200d}"] {
            await printer.show(try event("message", MessageChunk(id: "m", role: .agent, text: piece)))
        }
        await printer.show(try event("note", Note("so")))
        #expect(
            screen.text.unicodeScalars.elementsEqual("│ 👩‍💻 e\u{301} 🙂<U+200D>\n! so\n".unicodeScalars), "\(screen.text.debugDescription)")
    }

    @Test("What is written below an open question is counted, and begins on a new line")
    func below() async throws {
        let screen = Screen()
        let printer = try printer(screen, asksHere: true)
        await printer.ask(["  The agent asks:", "  Your answer:"])
        #expect(await printer.writtenBelow == 0)
        await printer.show(try event("message", MessageChunk(id: "m", role: .agent, text: "go")))
        await printer.show(try event("message", MessageChunk(id: "m", role: .agent, text: "ing on")))
        await printer.show(try event("note", Note("so")))
        #expect(await printer.writtenBelow == 3)
        #expect(screen.text.contains("Your answer: \n│ going on\n! so\n"), "\(screen.text.debugDescription)")
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
