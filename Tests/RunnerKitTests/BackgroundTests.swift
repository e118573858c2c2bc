import AgentDrivers
import AgentProtocol
import Foundation
import Testing

@testable import RunnerKit

@Suite("What an agent has running beside its turns, in its runner")
struct BackgroundTests {
    private static let one = PromptID(rawValue: "t_1")
    private static func work(_ ids: String..., ambient: [String] = []) -> BackgroundWork {
        BackgroundWork(
            tasks: ids.map { BackgroundWork.Task(id: $0, kind: .command, title: $0) }
                + ambient.map { BackgroundWork.Task(id: $0, kind: .other, title: $0, isAmbient: true) })
    }
    private static let prompt = AgentCommand.prompt(AgentCommand.Prompt(id: one, text: "do it"))
    private static let subAgents = Permission(
        id: "p1", toolCall: "c", title: "t", options: [.init(id: "y", name: "Yes", kind: .allowOnce)], parent: "agent")
    private static let script: [String: [DriverAction]] = [
        "runs": [.emit(.background(work("a")))], "runs two": [.emit(.background(work("a", "b")))],
        "empty": [.emit(.background(work()))], "ambient": [.emit(.background(work(ambient: ["w"])))],
        "ends": [.emit(.turnEnded(TurnEnd(prompt: one, stopReason: "end_turn")))],
        "follows": [.emit(.turnStarted(Turn(prompt: one, isFollowUp: true)))],
        "followed": [.emit(.turnEnded(TurnEnd(prompt: one, stopReason: "end_turn", isFollowUp: true)))],
        "asks": [.ask(subAgents)],
    ]

    private func kinds(_ told: [AgentEvent]) -> [String] {
        told.compactMap { event in
            switch event {
            case .turnStarted(let turn): turn.isFollowUp == true ? "follows" : "turn"
            case .turnEnded(let end): end.isFollowUp == true ? "followed" : "ended"
            case .background(let work): "[\(work.tasks.map(\.id).joined(separator: " "))]"
            case .permission(let permission): permission.answer.map { "\($0.by)" } ?? "asks"
            case .agentExited(let exit): exit.reason.rawValue
            default: nil
            }
        }
    }

    @Test("The end of the last task is told after the turn that the agent begins over it, and at once where that does not come")
    func grace() async throws {
        let (told, _) = try await ScriptedDriver.run(Self.script) { session in
            await session.take(Self.prompt)
            await session.hear("runs", "ends", "empty", "follows", "followed")
        }
        #expect(kinds(told) == ["turn", "[a]", "ended", "follows", "[]", "followed", "finished"])
        let (alone, _) = try await ScriptedDriver.run(Self.script) { session in
            await session.take(Self.prompt)
            await session.hear("runs", "ends", "empty")
            await session.flushBackground()
            await session.flushBackground()
        }
        #expect(kinds(alone) == ["turn", "[a]", "ended", "[]", "finished"])
    }

    @Test("A set that fills again was never empty; what runs as long as the agent is not waited for")
    func hold() {
        var hold = BackgroundHold()
        #expect(hold.add(Self.work()) == nil && !hold.isHolding, "Nothing ran")
        #expect(hold.add(Self.work("a")) == Self.work("a"))
        #expect(hold.add(Self.work("a")) == nil, "It did not change")
        #expect(hold.add(Self.work(ambient: ["w"])) == nil && hold.isHolding)
        #expect(hold.add(Self.work("b")) == Self.work("b") && !hold.isHolding)
        #expect(hold.add(Self.work()) == nil && hold.add(Self.work(ambient: ["w"])) == nil)
        #expect(hold.release() == Self.work(ambient: ["w"]) && hold.release() == nil)
        #expect(hold.add(Self.work()) == Self.work(), "Nobody waited for it")
        #expect(hold.end() == nil)
        _ = hold.add(Self.work("a"))
        _ = hold.add(Self.work())
        #expect(hold.end() == Self.work() && hold.end() == nil)
    }

    @Test("An agent that is gone runs nothing, and one that ends while it works has crashed", arguments: [["runs", "ends"], ["follows"]])
    func exit(lines: [String]) async throws {
        let (told, _) = try await ScriptedDriver.run(Self.script) { session in
            await session.take(Self.prompt)
            await session.hear("ends")
            for line in lines { await session.hear(line) }
        }
        #expect(kinds(told).suffix(lines.count) == (lines.count == 2 ? ["[]", "crashed"] : ["crashed"]))
    }

    @Test("A sub-agent's question stays open when the turn has ended, and is dropped when nothing runs that could wait for it")
    func subAgent() async throws {
        let (told, written) = try await ScriptedDriver.run(Self.script) { session in
            await session.take(Self.prompt)
            await session.hear("runs", "asks", "ends", "follows", "followed")
            await session.take(.answer(AgentCommand.Answer(permission: "p1", option: "y", text: "go on")), from: 2)
        }
        #expect(kinds(told) == ["turn", "[a]", "asks", "ended", "follows", "followed", "person", "[]", "crashed"])
        #expect(written == ["prompt do it", "answer p1 y go on", "cancel"])
        let (fallen, _) = try await ScriptedDriver.run(Self.script) { session in
            await session.take(Self.prompt)
            await session.hear("runs", "asks", "ends", "empty")
            await session.flushBackground()
        }
        #expect(kinds(fallen) == ["turn", "[a]", "asks", "ended", "[]", "turn", "finished"])
    }

    @Test("What runs after the turn's end is stopped with its questions, and what it asks then is dropped until the next prompt")
    func cancel() async throws {
        let (told, written) = try await ScriptedDriver.run(Self.script) { session in
            await session.take(Self.prompt)
            await session.hear("runs", "ends")
            await session.take(.cancelTurn, from: 2)
            await session.hear("asks")
            await session.take(Self.prompt, from: 3)
            await session.hear("asks")
        }
        #expect(kinds(told) == ["turn", "[a]", "ended", "turn", "asks", "turn", "[]", "crashed"])
        #expect(written == ["prompt do it", "cancel", "answer p1 - -", "prompt do it", "answer p1 - -", "cancel"])
    }

    @Test("A prompt is handed over while a turn of the agent's own runs, and what runs beside is stopped without it")
    func beside() async throws {
        let (told, written) = try await ScriptedDriver.run(Self.script) { session in
            await session.hear("runs two", "follows")
            await session.take(Self.prompt, .stopBackground)
            await session.hear("followed", "ends", "empty")
        }
        #expect(kinds(told) == ["[a b]", "follows", "turn", "followed", "ended", "[]", "finished"])
        #expect(written == ["prompt do it", "stop background", "cancel"])
    }

    @Test("However much an agent says that it runs, a bounded part of it is told, what is waited for first")
    func bounds() async throws {
        let many = (0..<1_000).map {
            BackgroundWork.Task(id: "\($0)", kind: .agent, title: String(repeating: "x", count: 10_000), isAmbient: $0 < 900)
        }
        let long = BackgroundWork.Task(id: String(repeating: "i", count: 300), kind: .other, title: "")
        let bounded = BackgroundWork(tasks: [long] + many).bounded
        #expect(bounded.tasks.count == 64 && bounded.awaited.count == 64)
        #expect(bounded.tasks.first?.id == "900" && bounded.tasks.allSatisfy { $0.title.utf8.count == 500 })
    }
}
