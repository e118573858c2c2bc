import API
import AgentProtocol
import Foundation
import Fuzzing
import Synchronization
import Testing

@testable import Sessions
@testable import sam

@Suite("Hostile text in whatever is shown of a session")
struct HostileViewTests {
    private final class Screen: Sendable {
        private let content = Mutex("")
        func write(_ text: PrintedText) { content.withLock { $0 += text.rendered(colour: false) } }
        func take() -> String {
            content.withLock { content in
                defer { content = "" }
                return content
            }
        }
    }

    /// A good payload of each kind of event, with every field that can hold a text.
    private static let payloads: [(kind: String, payload: String)] = [
        ("state", #"{"phase":"working","attempt":1}"#), ("workspace", #"{"base":"B","defaultBranch":"D","notes":["N"]}"#),
        ("prompt", #"{"id":"P","text":"T","images":1,"state":"kept"}"#), ("prompt", #"{"id":"P","state":"withdrawn"}"#),
        ("credential", #"{"provider":"P","scope":"S","mode":"M"}"#), ("handshake", #"{"name":"N","version":"V"}"#),
        ("message", #"{"id":"M","role":"agent","text":"T"}"#), ("message", #"{"id":"M","role":"thought","text":"T","parent":"C"}"#),
        ("toolCall", #"{"id":"C"}"#),
        ("toolCall", #"{"id":"C","title":"T","kind":"K","status":"S","parent":"C2","locations":[{"path":"L"}]}"#),
        ("toolCall", #"{"id":"C3","status":"completed"}"#),
        (
            "plan",
            #"{"entries":[{"content":"A","priority":"high","status":"pending"},{"content":"B","priority":"low","status":"completed"}]}"#
        ),
        (
            "permission",
            #"{"id":"P","title":"T","kind":"K","parent":"C","plan":"L","options":[{"id":"O","name":"N","kind":"allowOnce"}]}"#
        ),
        (
            "permission",
            #"{"id":"P","title":"T","options":[],"answer":{"by":"person","option":{"id":"O","name":"N","kind":"refuse"},"text":"X"}}"#
        ),
        (
            "inquiry",
            #"{"id":"I","parent":"C","items":[{"id":"A","header":"H","text":"T","choices":[{"label":"L","detail":"D"}],"allowsSeveral":false,"allowsText":true}]}"#
        ),
        (
            "inquiry",
            #"{"id":"I","items":[{"id":"A","text":"T","choices":[],"allowsSeveral":false,"allowsText":true}],"answer":{"by":"person","items":{"A":["W"]}}}"#
        ),
        ("question", #"{"id":"Q","title":"T","suggestions":["S"]}"#),
        ("question", #"{"id":"Q","title":"T","answer":{"by":"person","text":"X"}}"#),
        ("background", #"{"tasks":[{"id":"T","kind":"command","title":"W","isAmbient":false}]}"#), ("background", #"{"tasks":[]}"#),
        ("turnStarted", #"{"prompt":"P","isFollowUp":true}"#), ("progress", #"{"text":"T"}"#),
        ("turnEnded", #"{"prompt":"P","stopReason":"R","error":"E"}"#), ("note", #"{"text":"T"}"#), ("unheard of", "{}"),
    ]

    private static let session =
        #"{"id":"s_1","project":"P","projectId":"I","sandbox":"none","agent":"A","provider":"V","title":"T","phase":"failed","waitingFor":"W","#
        + #""failure":{"code":"C","message":"M","lastWords":"L\nL"},"result":{"branch":"B","base":"0","commit":"1","commits":1,"files":1,"insertions":1,"#
        + #""deletions":1,"mirror":"R","others":[{"kind":"heads","name":"N","branch":"B","ref":"F","repository":"Y","commit":"1"}],"notes":["N"],"#
        + #""ignored":[{"folder":"F","files":1,"bytes":1,"areLeftBehind":false}],"remaining":["X"]},"salvageFailure":"S","workspace":"K","settled":true,"branch":"b","#
        + #""pendingPrompts":0,"permissions":"ask","questions":[{"id":"Q","kind":"inquiry","title":"T","options":[{"id":"O","name":"N","kind":"refuse"}],"#
        + #""items":[{"id":"A","header":"H","text":"T","choices":[{"label":"L","detail":"D"}],"allowsSeveral":true,"allowsText":true}],"plan":"L"},"#
        + #"{"id":"Q2","kind":"permission","title":"T","options":[{"id":"O","name":"N","kind":"refuse"}],"plan":"L"},"#
        + #"{"id":"Q3","kind":"text","title":"T","options":[],"suggestions":["S"]}],"progress":"G","#
        + #""background":[{"id":"T","kind":"command","title":"W","since":0,"awaited":false}],"createdAt":0,"updatedAt":0}"#

    /// The same with hostile texts in place of some of its own. Where an enumeration stood, it can't be read any more.
    private static func poison(_ value: JSONValue, _ generator: inout SeededGenerator) -> JSONValue {
        switch value {
        case .string(let text):
            // A short text of capitals is one that can be anything.
            return text.allSatisfy { $0.isUppercase || $0.isNumber || $0 == "\n" } ? .string(HostileText.make(&generator)) : value
        case .array(let values): return .array(values.map { poison($0, &generator) })
        case .object(let members):
            var poisoned: [String: JSONValue] = [:]
            for (name, member) in members.sorted(by: { $0.key < $1.key }) { poisoned[name] = poison(member, &generator) }
            return .object(poisoned)
        default: return value
        }
    }

    @Test("Every kind of event that the printer knows is tried, with all that it prints of it")
    func allKinds() throws {
        let source = try String(
            contentsOf: URL(filePath: #filePath).deletingLastPathComponent().appending(
                path: "../../Sources/sam/Terminal/SessionPrinter.swift"),
            encoding: .utf8)
        let known = Set(source.matches(of: #/case "(\w+)": [^\n]*event\.payload/#).map { String($0.1) })
        #expect(known.count >= 15)
        #expect(known.isSubset(of: Self.payloads.map(\.kind)), "\(known.subtracting(Self.payloads.map(\.kind)))")
    }

    @Test("No event prints a hidden character, whatever it holds; plain words of all scripts come through")
    func events() async throws {
        var generator = SeededGenerator(seed: 1)
        let session: SessionView = try JSONLine.decode(from: Self.session)
        let screen = Screen()
        for round in 0..<60 {
            let printer = SessionPrinter(session, asksHere: round.isMultiple(of: 3), hasColour: round.isMultiple(of: 2)) {
                screen.write($0)
            }
            for (kind, payload) in Self.payloads.shuffled(using: &generator) {
                let poisoned = Self.poison(try JSONLine.decode(from: payload), &generator)
                await printer.show(
                    SessionEvent(seq: 1, at: 0, kind: kind == "unheard of" ? HostileText.make(&generator) : kind, payload: poisoned))
                let shown = screen.take()
                #expect(HostileText.hidden(in: shown, newlines: true).isEmpty, "\(kind): \(shown.debugDescription)")
            }
        }
    }

    @Test("Each payload is one that the printer reads, and its plain words are printed", arguments: payloads)
    func plainWords(kind: String, payload: String) async throws {
        let plain = "Größe 漢字 مرحبا 👩‍💻"
        let text = #/"[A-Z]\d?"/#
        let filled = payload.replacing(text) { _ in "\"\(plain)\"" }
        let screen = Screen()
        let printer = SessionPrinter(try JSONLine.decode(from: Self.session), hasColour: false) { screen.write($0) }
        await printer.show(SessionEvent(seq: 1, at: 0, kind: kind, payload: try JSONLine.decode(from: filled)))
        let shown = screen.take()
        #expect(kind == "unheard of" || !shown.contains("? \(kind)"), "It can't be read: \(shown)")
        let saysNothing =
            ["state", "unheard of"].contains(kind) || !payload.contains(text) || payload.contains("withdrawn")
            || payload.contains(#""tasks":[]"#)
        if !saysNothing, kind != "turnStarted" {
            #expect(shown.unicodeScalars.count >= plain.unicodeScalars.count && shown.contains(plain), "\(shown)")
        }
    }

    @Test("Nothing that is shown of a session, its result and its questions holds a hidden character")
    func views() throws {
        var generator = SeededGenerator(seed: 2)
        for _ in 0..<200 {
            let session: SessionView = try Self.poison(try JSONLine.decode(from: Self.session), &generator).decoded()
            var table = Table(["STATE", "TASK"])
            table.add([session.status, session.title])
            var lines = session.conclusion() + session.backgroundLines + table.lines()
            for question in session.questions { lines += question.lines + AnswerDialogue(question, asker: question.title).asked }
            for line in lines {
                let shown = line.rendered(colour: false)
                #expect(HostileText.hidden(in: shown, newlines: false).isEmpty, "\(shown.debugDescription)")
            }
        }
    }
}
