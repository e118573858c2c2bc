import AgentDrivers
import AgentProtocol
import Foundation
import Testing

@testable import RunnerKit

@Suite("What an agent wants to know, in its runner")
struct InquiryTests {
    private static let one = PromptID(rawValue: "t_1")
    private static let prompt = AgentCommand.prompt(AgentCommand.Prompt(id: one, text: "do it"))
    private static let items = [
        Inquiry.Item(id: "one", text: "Which?", choices: [.init(label: "A"), .init(label: "B")], allowsText: false),
        Inquiry.Item(id: "many", text: "Which ones?", choices: [.init(label: "A"), .init(label: "B")], allowsSeveral: true),
        Inquiry.Item(id: "text", text: "What?", choices: []),
    ]

    private func inquiry(_ id: String, toolCall: String? = "c", parent: String? = nil) -> DriverAction {
        .inquire(Inquiry(id: id, toolCall: toolCall, parent: parent, items: Self.items))
    }

    private var script: [String: [DriverAction]] {
        [
            "asks": [inquiry("p1")], "sub-agent asks": [inquiry("p2", parent: "agent")], "asks aside": [inquiry("p3", toolCall: nil)],
            "takes back": [.withdraw("p1")], "ends": [.emit(.turnEnded(TurnEnd(prompt: Self.one, stopReason: "end_turn")))],
            "floods": (1...100).map { inquiry("p\($0)") },
        ]
    }

    private func answers(_ told: [AgentEvent]) -> [String] {
        told.compactMap { event in
            guard case .inquiry(let inquiry) = event, let answer = inquiry.answer else { return nil }
            return "\(inquiry.id) \(answer.by)"
        }
    }

    private func reply(_ answers: [String: [String]], to id: String = "p1") -> AgentCommand {
        .reply(AgentCommand.Reply(inquiry: id, answers: answers))
    }

    @Test("A person is asked in every mode, and their answers reach the agent once", arguments: PermissionMode.allCases)
    func person(mode: PermissionMode) async throws {
        let (told, written) = try await ScriptedDriver.run(script, permissions: mode) { session in
            await session.take(Self.prompt)
            await session.hear("asks")
            await session.take(
                reply(["one": ["C"]]), reply(["one": ["A"], "many": ["B", "A"], "text": ["so"]]), reply(["one": ["B"]]), from: 2)
        }
        #expect(answers(told) == ["p1 person"])
        #expect(written == ["prompt do it", "reply p1 many=B+A one=A text=so", "cancel"])
        guard case .inquiry(let open)? = told.first(where: { if case .inquiry = $0 { true } else { false } }) else {
            Issue.record("Nothing was asked: \(told)")
            return
        }
        #expect(open.answer == nil && open.until != nil && open.items == Self.items)
    }

    @Test(
        "Only what the items take goes to the agent",
        arguments: [
            (["one": ["A"]], ["one": ["A"]]), (["one": ["A", "B"]], ["one": ["A"]]), (["one": ["x"]], nil), (["none": ["A"]], nil),
            (["many": ["A", "x", "B", "y"]], ["many": ["A", "x", "B"]]), (["text": ["  \n"]], nil), (["text": []], nil), ([:], nil),
            (["one": ["x"], "text": ["y"]], ["text": ["y"]]),
            (["text": [String(repeating: "x", count: 40_000)]], ["text": [String(repeating: "x", count: 32_768)]]),
        ] as [([String: [String]], [String: [String]]?)])
    func valid(given: [String: [String]], taken: [String: [String]]?) {
        #expect(Inquiry(id: "p1", items: Self.items).valid(given) == taken)
    }

    @Test("At the turn's end questions of it and its sub-agents are dropped when nothing runs on; what nothing waits for stays open")
    func turn() async throws {
        let (told, written) = try await ScriptedDriver.run(script) { session in
            await session.take(Self.prompt)
            await session.hear("asks", "sub-agent asks", "asks aside", "ends")
            await session.take(reply(["text": ["later"]], to: "p3"), .cancelTurn, from: 2)
            await session.hear("asks")
        }
        #expect(answers(told) == ["p1 turn", "p2 turn", "p3 person", "p1 turn"])
        #expect(written.prefix(5) == ["prompt do it", "reply p1 -", "reply p2 -", "reply p3 text=later", "cancel"])
    }

    @Test("A sub-agent's question stays open while it runs on, also while the news of its end is held back; a stop drops all")
    func runsOn() async throws {
        var script = script
        script["runs"] = [.emit(.background(BackgroundWork(tasks: [.init(id: "a", kind: .agent, title: "a")])))]
        script["empty"] = [.emit(.background(BackgroundWork(tasks: [])))]
        let (stopped, _) = try await ScriptedDriver.run(script) { session in
            await session.take(Self.prompt)
            await session.hear("runs", "asks", "sub-agent asks", "asks aside", "ends")
            await session.take(.cancelTurn, from: 2)
        }
        #expect(answers(stopped) == ["p1 turn", "p2 turn", "p3 turn"])
        let (held, _) = try await ScriptedDriver.run(script) { session in
            await session.take(Self.prompt)
            await session.hear("runs", "sub-agent asks", "empty", "ends")
            await session.take(reply(["text": ["in time"]], to: "p2"), from: 2)
        }
        #expect(answers(held) == ["p2 person"])
    }

    @Test("A question whose choices can't be shown takes a text, which reaches the agent")
    func unshownChoices() async throws {
        let items = [
            Inquiry.Item(id: "one", text: "Which?", choices: [.init(label: String(repeating: "x", count: 2_000))], allowsText: false)
        ]
        let script: [String: [DriverAction]] = ["asks": [.inquire(Inquiry(id: "p1", toolCall: "c", items: items))]]
        let (told, written) = try await ScriptedDriver.run(script) { session in
            await session.take(Self.prompt)
            await session.hear("asks")
            await session.take(reply(["one": ["that"]]), from: 2)
        }
        #expect(answers(told) == ["p1 person"] && written.contains("reply p1 one=that"))
    }

    @Test("What an agent asks to be allowed fits into the log, however many bytes its characters have")
    func size() async throws {
        let heavy = String(repeating: "a" + String(repeating: "\u{301}", count: 31), count: 3_000)
        let asked = Permission(
            id: "p1", toolCall: "c", title: heavy + "; rm -rf x", kind: "execute",
            locations: (0..<50).map { ACP.Location(path: "\($0)" + String(repeating: "/x", count: 499)) },
            options: [.init(id: "n", name: "No", kind: .refuse)], plan: heavy)
        let plain = Permission(id: "p1", title: heavy, locations: asked.locations, options: [])
        for (permission, keepsPlan) in [(asked, true), (plain, false)] {
            let (told, _) = try await ScriptedDriver.run(["asks": [.ask(permission)]]) { session in
                await session.take(Self.prompt)
                await session.hear("asks")
            }
            let permissions = told.compactMap { if case .permission(let permission) = $0 { permission } else { nil } }
            let open = try #require(permissions.first)
            #expect(try JSONLine.encode(open).count <= 30 << 10)
            #expect(open.title.contains("characters are not shown") && (open.plan != nil) == keepsPlan && open.locations == nil)
            if keepsPlan { #expect(open.title.hasSuffix("; rm -rf x")) }
        }
    }

    @Test("What it asks after it was told to stop gets no answer")
    func late() async throws {
        let (told, written) = try await ScriptedDriver.run(script, permissions: .everything) { session in
            await session.take(Self.prompt, .cancelTurn)
            await session.hear("asks")
        }
        #expect(answers(told).isEmpty && written.contains("reply p1 -"))
    }

    @Test("What an agent takes back, or is not answered in time, is settled without an answer")
    func dropped() async throws {
        let (told, _) = try await ScriptedDriver.run(script) { session in
            await session.take(Self.prompt)
            await session.hear("asks", "takes back")
            await session.take(reply(["text": ["late"]]), from: 2)
        }
        #expect(answers(told) == ["p1 turn"])
        let (late, written) = try await ScriptedDriver.run(script, answerTimeout: 1) { session in
            await session.take(Self.prompt)
            await session.hear("asks")
            for await _ in session.spooled {
                if let batch = await session.batch(), String(decoding: batch.events, as: UTF8.self).contains("timeLimit") { break }
            }
        }
        #expect(answers(late) == ["p1 timeLimit"] && written.contains("reply p1 -"))
    }

    @Test("Questions of both kinds share one limit, and an unreadable one is not asked")
    func limits() async throws {
        let permission = Permission(id: "q", toolCall: "c", title: "t", options: [.init(id: "n", name: "No", kind: .refuse)])
        let long = Inquiry(
            id: "long", toolCall: "c",
            items: (0..<16).map { .init(id: "\($0)", text: String(repeating: "x", count: 4_000), choices: []) })
        var script = script
        script["asks a permission"] = [.ask(permission)]
        script["asks too much"] = [.inquire(long), .inquire(Inquiry(id: "empty", toolCall: "c", items: []))]
        let (told, written) = try await ScriptedDriver.run(script) { session in
            await session.take(Self.prompt)
            await session.hear("asks a permission", "floods", "asks too much")
        }
        #expect(answers(told).count { $0.hasSuffix("flood") } == 85)
        #expect(written.contains("reply long -") && written.contains("reply empty -"))
        #expect(told.contains { if case .note = $0 { true } else { false } })
    }

    @Test("A plan that is too long for the log is cut with a word about it, and a refusal's words are stored with its answer")
    func plan() async throws {
        let asked = Permission(
            id: "p1", toolCall: "c", title: "t", options: [.init(id: "n", name: "No", kind: .refuse)],
            plan: String(repeating: "step\n", count: 20_000))
        let (told, written) = try await ScriptedDriver.run(["asks": [.ask(asked)]]) { session in
            await session.take(Self.prompt)
            await session.hear("asks")
            await session.take(.answer(AgentCommand.Answer(permission: "p1", option: "n", text: "smaller steps")), from: 2)
        }
        let permissions = told.compactMap { if case .permission(let permission) = $0 { permission } else { nil } }
        let plan = try #require(permissions.first?.plan)
        #expect(plan.utf8.count < 30 << 10 && plan.contains("not shown"))
        #expect(permissions.last?.answer?.text == "smaller steps" && written.contains("answer p1 n smaller steps"))
    }
}
