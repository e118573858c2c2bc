import AgentDrivers
import AgentProtocol
import Foundation
import Testing

@Suite("The driver for the Agent Client Protocol")
struct ACPDriverTests {
    private let prompt = AgentCommand.Prompt(id: PromptID(rawValue: "t_1"), text: "do it")

    @Test("Ready comes only when both initialize and session/new were answered")
    func readiness() throws {
        var driver = ACPDriver(Conversation(workingDirectory: "/workspace", permissions: .ask))
        #expect(methods(driver.begin()) == ["initialize"])
        let afterFirst = driver.receive(answer(1, #"{"protocolVersion":1,"agentInfo":{"name":"x","title":"X","version":"2"}}"#))
        #expect(methods(afterFirst) == ["session/new"])
        #expect(events(afterFirst).isEmpty)
        #expect(
            driver.receive(answer(2, #"{"sessionId":"s"}"#)) == [
                .emit(.handshake(AgentIdentity(name: "X", version: "2", protocolVersion: 1)))
            ])
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        var name: String
        var first: String
        var second: String?
        var words: String
        var testDescription: String { name }
    }

    @Test(
        "A handshake that can't succeed ends with a sentence about why",
        arguments: [
            Refusal(
                name: "another version", first: #"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":2}}"#, second: nil,
                words: "version 2"),
            Refusal(name: "no version", first: #"{"jsonrpc":"2.0","id":1,"result":{}}"#, second: nil, words: "no protocol version"),
            Refusal(
                name: "an error", first: #"{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"broken"}}"#, second: nil,
                words: "broken"),
            Refusal(
                name: "no key", first: #"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":1}}"#,
                second: #"{"jsonrpc":"2.0","id":2,"error":{"code":-32000,"message":"Missing API key"}}"#, words: "Missing API key"),
            Refusal(
                name: "no session", first: #"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":1}}"#,
                second: #"{"jsonrpc":"2.0","id":2,"result":{}}"#, words: "names no session"),
        ])
    func refusals(_ refusal: Refusal) {
        var driver = ACPDriver(Conversation(workingDirectory: "/workspace", permissions: .ask))
        _ = driver.begin()
        var actions = driver.receive(Data(refusal.first.utf8))
        if let second = refusal.second { actions = driver.receive(Data(second.utf8)) }
        guard case .giveUp(.handshakeFailed, let message)? = actions.last else {
            Issue.record("It did not give up: \(actions)")
            return
        }
        #expect(message.contains(refusal.words))
        #expect(driver.receive(answer(2, #"{"sessionId":"s"}"#)).isEmpty, "Nothing more is heard of it")
    }

    @Test("A turn begins with the prompt, ends with its answer, and leaves the driver free for the next")
    func turns() {
        var driver = opened()
        let begun = driver.prompt(prompt)
        #expect(events(begun) == [.turnStarted(Turn(prompt: prompt.id))])
        #expect(methods(begun) == ["session/prompt"])
        #expect(driver.prompt(prompt).isEmpty, "A second prompt is not sent into a running turn")
        #expect(
            driver.receive(answer(3, #"{"stopReason":"end_turn"}"#)) == [
                .emit(.turnEnded(TurnEnd(prompt: prompt.id, stopReason: "end_turn")))
            ])
        #expect(methods(driver.prompt(prompt)) == ["session/prompt"])
        let failed = driver.receive(Data(#"{"jsonrpc":"2.0","id":4,"error":{"code":-32603,"message":"no"}}"#.utf8))
        #expect(events(failed) == [.turnEnded(TurnEnd(prompt: prompt.id, stopReason: "error", error: "no"))])
    }

    @Test("Images go to an agent that takes them; a note says when it does not", arguments: [true, false])
    func images(isTaken: Bool) throws {
        var driver = ACPDriver(Conversation(workingDirectory: "/workspace", permissions: .ask))
        _ = driver.begin()
        _ = driver.receive(
            answer(1, #"{"protocolVersion":1,"agentCapabilities":{"promptCapabilities":{"image":\#(isTaken)}}}"#))
        _ = driver.receive(answer(2, #"{"sessionId":"s"}"#))
        let image = PromptImage(mediaType: .webp, data: Data([1, 2, 3]))
        let actions = driver.prompt(AgentCommand.Prompt(id: prompt.id, text: "look", images: [image]))
        let text: JSONValue = ["type": "text", "text": "look"]
        let block: JSONValue = ["type": "image", "mimeType": "image/webp", "data": "AQID"]
        guard case .send(let line)? = actions.last, case .request(_, _, let params)? = RPCMessage(line: Data(line.dropLast())) else {
            Issue.record("\(actions)")
            return
        }
        #expect(params["prompt"] == .array(isTaken ? [text, block] : [text]))
        let notes = events(actions).count { if case .note = $0 { true } else { false } }
        #expect(notes == (isTaken ? 0 : 1))
    }

    @Test("Cancel is a notification while a turn runs, and nothing otherwise")
    func cancel() {
        var driver = opened()
        #expect(driver.cancelTurn().isEmpty)
        _ = driver.prompt(prompt)
        #expect(methods(driver.cancelTurn()) == ["session/cancel"])
    }

    @Test("Pieces without an id belong together until something comes between them")
    func messageIDs() {
        var driver = opened()
        _ = driver.prompt(prompt)
        func piece(_ text: String, _ kind: String = "agent_message_chunk") -> String? {
            let actions = driver.receive(update(#"{"sessionUpdate":"\#(kind)","content":{"type":"text","text":"\#(text)"}}"#))
            guard case .message(let chunk)? = events(actions).first else { return nil }
            return chunk.id
        }
        let first = piece("a")
        #expect(first != nil)
        #expect(piece("b") == first)
        let thought = piece("c", "agent_thought_chunk")
        #expect(thought != first)
        #expect(piece("d") != first)
        let before = piece("e")
        _ = driver.receive(update(#"{"sessionUpdate":"tool_call","toolCallId":"1","title":"Read"}"#))
        #expect(piece("f") != before)
    }

    @Test("What SAM has no word for is kept, and never ends the session")
    func unknown() {
        var driver = opened()
        #expect(
            driver.receive(update(#"{"sessionUpdate":"usage_update","used":1,"size":2,"cost":{"amount":0.5,"currency":"USD"}}"#)) == [
                .emit(.usage(AgentUsage(context: 1, window: 2, dollars: 0.5)))
            ])
        #expect(
            driver.receive(update(#"{"sessionUpdate":"current_mode_update","currentModeId":"x"}"#)) == [
                .emit(
                    .other(
                        OtherUpdate(
                            kind: "current_mode_update", raw: ["sessionUpdate": "current_mode_update", "currentModeId": "x"])))
            ])
        #expect(driver.receive(update(#"{"sessionUpdate":"user_message_chunk","content":{"type":"text","text":"echo"}}"#)).isEmpty)
        let asked = driver.receive(Data(#"{"jsonrpc":"2.0","id":"a","method":"fs/read_text_file","params":{}}"#.utf8))
        guard case .send(let line)? = asked.first, case .failure(.text("a"), let error)? = RPCMessage(line: Data(line.dropLast())) else {
            Issue.record("The request was not answered: \(asked)")
            return
        }
        #expect(error.code == -32601)
        #expect(driver.receive(Data("Warning: something".utf8)) == [.stray(Data("Warning: something".utf8))])
        #expect(events(driver.receive(answer(99, "{}"))).count == 1, "An answer to nothing is noted")
    }

    @Test("What it asks to be allowed is asked with the answers that have a meaning, and answered once, to the request that asked")
    func permission() throws {
        var driver = opened()
        func asked(_ id: Int, _ options: String) -> Permission? {
            let request =
                #"{"jsonrpc":"2.0","id":\#(id),"method":"session/request_permission","params":{"sessionId":"s","toolCall":{"toolCallId":"c","title":"Write a","kind":"edit","locations":[{"path":"/workspace/a"}]},"options":\#(options)}}"#
            guard case .ask(let permission)? = driver.receive(Data(request.utf8)).first else { return nil }
            return permission
        }
        let first = try #require(
            asked(
                0,
                #"[{"optionId":"y","name":"Yes","kind":"allow_once"},{"optionId":"n","name":"No","kind":"reject_once"},{"optionId":"z","kind":"obey"}]"#
            ))
        #expect(first.title == "Write a" && first.kind == "edit" && first.locations == [ACP.Location(path: "/workspace/a")])
        #expect(first.options.map(\.id) == ["y", "n"] && first.options.map(\.kind) == [.allowOnce, .refuse])
        // The same id again: another question.
        let second = try #require(asked(0, "[]"))
        #expect(first.id != second.id)

        func outcome(_ actions: [DriverAction]) -> (id: RPCIdentifier, outcome: JSONValue?)? {
            guard case .send(let line)? = actions.first, case .success(let id, let result)? = RPCMessage(line: Data(line.dropLast()))
            else { return nil }
            return (id, result["outcome"])
        }
        let answer = try #require(outcome(driver.answer(first.id, with: first.options[0], saying: nil)))
        #expect(answer.id == .number(0) && answer.outcome == ["outcome": "selected", "optionId": "y"])
        #expect(driver.answer(first.id, with: first.options[1], saying: nil).isEmpty, "It was answered")
        #expect(outcome(driver.answer(second.id, with: nil, saying: nil))?.outcome == ["outcome": "cancelled"])

        let third = try #require(asked(7, "[]"))
        let cancel = Data(#"{"jsonrpc":"2.0","method":"$/cancel_request","params":{"requestId":7}}"#.utf8)
        #expect(driver.receive(cancel).first == .withdraw(third.id))
        #expect(driver.answer(third.id, with: nil, saying: nil).isEmpty)
    }

    @Test("A question that names a call alone is asked with what was told of it, and with the very command or place")
    func knownCalls() {
        var driver = opened()
        _ = driver.receive(
            update(#"{"sessionUpdate":"tool_call","toolCallId":"c","title":"bash","kind":"execute","rawInput":{"command":"rm -rf x"}}"#))
        func asked(_ call: String) -> Permission? {
            let request =
                #"{"jsonrpc":"2.0","id":"s_1","method":"session/request_permission","params":{"toolCall":\#(call),"options":[]}}"#
            guard case .ask(let permission)? = driver.receive(Data(request.utf8)).first else { return nil }
            return permission
        }
        #expect(asked(#"{"toolCallId":"c"}"#)?.title == "rm -rf x (bash)")
        #expect(asked(#"{"toolCallId":"c"}"#)?.kind == "execute")
        let edit = asked(#"{"toolCallId":"d","title":"write_file","kind":"edit","rawInput":{"file_path":"hello.txt"}}"#)
        #expect(edit?.locations == [ACP.Location(path: "hello.txt")] && edit?.title == "write_file")
        #expect(asked(#"{"toolCallId":"e","title":"ls","rawInput":{"command":["ls","-l"]}}"#)?.title == "ls -l (ls)")
        #expect(asked("{}")?.title == "something that it does not name")
    }

    @Test("SAM's tools are offered over HTTP to an agent that can, and as a program to all others")
    func tools() throws {
        let tools = Conversation.Tools(url: "http://127.0.0.1:1/tools", token: "lease", program: ["/opt/sam/sam-runner", "tools"])
        func servers(_ capabilities: String) throws -> JSONValue? {
            var driver = ACPDriver(Conversation(workingDirectory: "/workspace", permissions: .ask, tools: tools))
            _ = driver.begin()
            let opening = driver.receive(answer(1, #"{"protocolVersion":1,"agentCapabilities":\#(capabilities)}"#))
            guard case .send(let line)? = opening.first, case .request(_, _, let params)? = RPCMessage(line: Data(line.dropLast())) else {
                return nil
            }
            return params["mcpServers"]
        }
        let overHTTP = try servers(#"{"mcpCapabilities":{"http":true}}"#)?.elements?.first
        #expect(overHTTP?["type"] == "http" && overHTTP?["headers"] == [["name": "Authorization", "value": "Bearer lease"]])
        let program = try servers("{}")?.elements?.first
        #expect(program?["type"] == nil && program?["command"] == "/opt/sam/sam-runner" && program?["args"] == ["tools"])
    }

    // MARK: - Parts

    private func opened() -> ACPDriver {
        var driver = ACPDriver(Conversation(workingDirectory: "/workspace", permissions: .ask))
        _ = driver.begin()
        _ = driver.receive(answer(1, #"{"protocolVersion":1}"#))
        _ = driver.receive(answer(2, #"{"sessionId":"s"}"#))
        return driver
    }

    private func answer(_ id: Int, _ result: String) -> Data { Data(#"{"jsonrpc":"2.0","id":\#(id),"result":\#(result)}"#.utf8) }

    private func update(_ update: String) -> Data {
        Data(#"{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"s","update":\#(update)}}"#.utf8)
    }

    private func methods(_ actions: [DriverAction]) -> [String] {
        actions.compactMap { action in
            guard case .send(let line) = action else { return nil }
            switch RPCMessage(line: Data(line.dropLast())) {
            case .request(_, let method, _)?, .notification(let method, _)?: return method
            default: return nil
            }
        }
    }

    private func events(_ actions: [DriverAction]) -> [AgentEvent] {
        actions.compactMap { if case .emit(let event) = $0 { event } else { nil } }
    }
}
