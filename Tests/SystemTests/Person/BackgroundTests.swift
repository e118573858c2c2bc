import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import TestSupport
import Testing

@testable import SystemSupport

@Suite("Background work after an answer, as a person sees it")
struct BackgroundTests {
    private func work(_ ids: String..., ambient: String? = nil) -> AgentEvent {
        let tasks = ids.map { BackgroundWork.Task(id: $0, kind: .command, title: "run \($0)\u{1b}[2J\r\nall") }
        let watcher = ambient.map { BackgroundWork.Task(id: $0, kind: .other, title: $0, isAmbient: true) }
        return .background(BackgroundWork(tasks: tasks + [watcher].compactMap(\.self)))
    }

    private func ended(_ prompt: PromptID, followUp: Bool? = nil) -> AgentEvent {
        .turnEnded(TurnEnd(prompt: prompt, stopReason: "end_turn", isFollowUp: followUp))
    }

    @Test("The session works on and says what it waits for; the next prompt is handed over at once; nothing of the agent moves a cursor")
    func waits() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            try await StandInRunner.with(sam) { runner in
                try await runner.tell(work("tests", ambient: "watcher"), ended(runner.prompt))
                let view = try await runner.view()
                #expect(view["phase"] == "working" && view["activity"]?["kind"] == "background", "\(view.text)")
                #expect(view["activity"]?["sentence"]?.string?.hasPrefix("waiting for 1 background task: run tests") == true)
                #expect(view["background"]?.elements?.map { $0["awaited"] } == [true, false])
                let prompts = try await sam.json("sessions", "prompts", runner.session)["prompts"]?.elements
                #expect(prompts?.first?["state"] == "done")
                let list = try await sam.sam("sessions", "list").text
                let show = try await sam.sam("sessions", "show", runner.session).text
                #expect(list.contains("waiting for 1 background task: run tests") && show.contains("Beside   run tests"), "\(list)\(show)")
                #expect(show.contains("not waited for") && !(list + show).contains("\u{1b}") && !(list + show).contains("\r"))
                let next = try await sam.call(.POST, "/api/v1/sessions/\(runner.session)/prompts", ["text": "and now"])
                #expect(next["state"] == "delivered")
                let session = try await runner.end()
                #expect(session.session["background"] == nil && session.payloads("background").count == 1)
            }
        }
    }

    @Test("Turns that the agent begins by itself belong to their prompt, and what sub-agents do under the call that began them")
    func shown() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            try await StandInRunner.with(sam, prompt: "sleep 1001") { runner in
                try await runner.tell(
                    .toolCall(ToolCall(id: "c1", title: "Explore", kind: "other", status: "in_progress")), work("a"), ended(runner.prompt),
                    .message(MessageChunk(id: "m1", role: .agent, text: "I look\naround\u{1b}[2J", parent: "c1")),
                    .toolCall(ToolCall(id: "c2", title: "Read a file", kind: "read", status: "completed", parent: "c1")),
                    .turnStarted(Turn(prompt: runner.prompt, isFollowUp: true)), work(),
                    .message(MessageChunk(id: "m2", role: .agent, text: "Explored.")))
                #expect(try await runner.view()["followUp"] == .string(runner.prompt.rawValue))
                #expect(try await sam.sam("sessions", "list").text.contains("continuing by itself"))
                try await runner.tell(ended(runner.prompt, followUp: true))
                #expect(try await runner.view()["phase"] == "ready")
                _ = try await runner.end()
                let lines = try await sam.sam("sessions", "watch", runner.session).text.split(separator: "\n").map(String.init)
                for line in [
                    "  ▸ Explore", "    “Explore”:", "    │ I look", "    │ around^[[2J", "      ✓ Read a file",
                    "↻ The agent continues by itself, after “sleep 1001”",
                    "│ Explored.",
                ] {
                    #expect(lines.contains(line), "\(line) in \(lines.joined(separator: "\n"))")
                }
                #expect(
                    lines.contains { $0.hasPrefix("  ⧖ runs beside, a command: run a") }
                        && lines.contains { $0.hasPrefix("  ⧗ over: run a") })
            }
        }
    }

    @Test("A session that ends when it is idle ends when nothing runs, and not before, or while the agent may continue")
    func ends() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            try await StandInRunner.with(sam, ending: "whenIdle") { runner in
                try await runner.tell(work("a"), ended(runner.prompt), .turnStarted(Turn(prompt: runner.prompt, isFollowUp: true)), work())
                #expect(try await runner.commands().isEmpty)
                try await runner.tell(ended(runner.prompt, followUp: true))
                try await eventually("it is asked to end") { try await runner.commands() == [.stop] }
                let session = try await runner.end()
                #expect(session.phase == "completed" && session.phases.suffix(3) == ["ready", "finishing", "completed"])
            }
        }
    }

    @Test("Stopping the turn stops what runs after it; where nothing runs there is nothing to stop")
    func cancel() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            try await StandInRunner.with(sam) { runner in
                try await runner.tell(work("a"), ended(runner.prompt))
                async let stopped = sam.sam("sessions", "cancel", runner.session, "--turn")
                try await eventually("it is asked to stop") { try await runner.commands() == [.cancelTurn] }
                try await runner.tell(work())
                let output = try await stopped
                #expect(output.termination == .exited(0), "\(output.standardError)")
                let idle = try await sam.call(.POST, "/api/v1/sessions/\(runner.session)/turn/cancel")
                #expect(idle.status == 409, "\(idle.text)")
                _ = try await runner.end()
            }
        }
    }

    @Test("What runs for longer than the setting allows is asked to stop, and named")
    func limit() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            try await sam.act("settings", "set", "agents.backgroundMinutes", "0")
            let wrong = try await sam.sam("settings", "set", "agents.backgroundMinutes", "10081")
            #expect(wrong.termination == .exited(1) && wrong.standardError.contains("10080"))
            try await StandInRunner.with(sam) { runner in
                try await runner.tell(work("tests"), ended(runner.prompt))
                try await eventually("it is asked to stop") { try await runner.commands() == [.stopBackground] }
                try await runner.tell(work())
                let session = try await runner.end()
                let notes = session.payloads("note").compactMap { $0["text"]?.string }
                #expect(notes.contains { $0.contains("agents.backgroundMinutes") && $0.contains("run tests") }, "\(notes)")
            }
        }
    }
}
