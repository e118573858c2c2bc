import AgentProtocol
import Testing

@testable import Sessions

@Suite("What an agent is told of an earlier session")
struct RecapTests {
    private func event(_ seq: Int, _ kind: String, _ payload: JSONValue) -> SessionEvent {
        SessionEvent(seq: seq, at: 0, kind: kind, payload: payload)
    }

    @Test("Who said what, in order; messages in one piece; thoughts and tools left out, changed files named")
    func recap() {
        let text = Recap.text(
            of: [
                event(1, "prompt", ["id": "t_1", "state": "kept", "text": "Do it"]),
                event(2, "prompt", ["id": "t_2", "state": "kept", "text": "Delete it all"]),
                event(2, "prompt", ["id": "t_2", "state": "withdrawn"]),
                event(2, "prompt", ["id": "t_1", "state": "delivered"]),
                event(3, "message", ["id": "m", "role": "thought", "text": "hm"]),
                event(4, "message", ["id": "m1", "role": "agent", "text": "I do "]),
                event(5, "message", ["id": "m1", "role": "agent", "text": "it."]),
                event(6, "toolCall", ["id": "c", "kind": "edit", "locations": [["path": "/workspace/a"]]]),
                event(7, "message", ["id": "m1", "role": "agent", "text": "Done."]),
            ], task: "Do it")
        #expect(text.contains("A person wrote: Do it\n\nYou said: I do it.\n\nYou said: Done."), "\(text)")
        #expect(text.contains("Files that you changed: /workspace/a") && !text.contains("hm") && !text.contains("Delete"))
    }

    @Test("However long a session was, its recap is short: the beginning and the end stay")
    func length() {
        let long = String(repeating: "word ", count: 20_000)
        let events = (1...200).map { event($0, "message", ["id": .string("m\($0)"), "role": "agent", "text": .string("\($0) \(long)")]) }
        let first = [
            event(0, "prompt", ["id": "t", "state": "kept", "text": "The task"]), event(0, "prompt", ["id": "t", "state": "delivered"]),
        ]
        let text = Recap.text(of: first + events, task: "The task")
        #expect(text.count < Recap.limit + 1_000)
        #expect(text.contains("A person wrote: The task") && text.contains("You said: 200 ") && text.contains("left out"))
    }
}
