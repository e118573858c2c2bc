import AgentDrivers
import AgentProtocol
import Foundation
import Testing

@Suite("The driver for Claude Code's stream-json")
struct ClaudeDriverTests {
    private let prompt = AgentCommand.Prompt(id: PromptID(rawValue: "t_1"), text: "write “hello”")

    /// A driver that is ready.
    private func ready() -> ClaudeDriver {
        var driver = ClaudeDriver(Conversation(workingDirectory: "/workspace", permissions: .ask))
        _ = driver.begin()
        _ = driver.receive(Self.greeting)
        return driver
    }

    private static let greeting = Data(
        #"{"type":"control_response","response":{"subtype":"success","request_id":"sam-1","response":{"commands":[]}}}"#.utf8)

    private func sent(_ actions: [DriverAction]) throws -> [JSONValue] {
        try actions.compactMap { action in
            guard case .send(let data) = action else { return nil }
            #expect(data.last == UInt8(ascii: "\n") && data.count { $0 == UInt8(ascii: "\n") } == 1)
            return try JSONLine.decode(from: data)
        }
    }

    private func events(_ actions: [DriverAction]) -> [AgentEvent] {
        actions.compactMap { if case .emit(let event) = $0 { event } else { nil } }
    }

    private func receive(_ lines: String..., by driver: inout ClaudeDriver) -> [AgentEvent] {
        lines.flatMap { events(driver.receive(Data($0.utf8))) }
    }

    @Test("Ready comes with the answer to initialize, and not with what was said before")
    func readiness() throws {
        var driver = ClaudeDriver(Conversation(workingDirectory: "/workspace", permissions: .ask))
        let opening = try sent(driver.begin())
        #expect(opening.first?["request"]?["subtype"] == "initialize")
        #expect(driver.prompt(prompt).isEmpty, "Nothing is handed over before")
        #expect(receive(#"{"type":"system","subtype":"init","session_id":"x"}"#, by: &driver).isEmpty)
        let foreign = #"{"type":"control_response","response":{"subtype":"success","request_id":"other","response":{}}}"#
        #expect(receive(foreign, by: &driver).isEmpty)
        #expect(events(driver.receive(Self.greeting)) == [.handshake(AgentIdentity(name: "Claude Code"))])
    }

    @Test("A refused handshake ends with the agent's own words")
    func refusal() {
        var driver = ClaudeDriver(Conversation(workingDirectory: "/workspace", permissions: .ask))
        _ = driver.begin()
        let actions = driver.receive(
            Data(#"{"type":"control_response","response":{"subtype":"error","request_id":"sam-1","error":"too old"}}"#.utf8))
        guard case .giveUp(.handshakeFailed, let message)? = actions.first else {
            Issue.record("It did not give up: \(actions)")
            return
        }
        #expect(message.contains("too old"))
        #expect(driver.receive(Self.greeting).isEmpty)
    }

    @Test("A turn: text in pieces is told once, a tool with its place and its end, and the stop reason")
    func turn() throws {
        var driver = ready()
        let handed = driver.prompt(prompt)
        #expect(events(handed) == [.turnStarted(Turn(prompt: prompt.id))])
        #expect(try sent(handed).first?["message"]?["content"] == [["type": "text", "text": "write “hello”"]])
        #expect(driver.prompt(prompt).isEmpty, "One at a time")
        let told = receive(
            #"{"type":"stream_event","event":{"type":"message_start","message":{"id":"msg_1"}}}"#,
            #"{"type":"stream_event","event":{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}}}"#,
            #"{"type":"stream_event","event":{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Writ"}}}"#,
            #"{"type":"stream_event","event":{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"ing."}}}"#,
            #"{"type":"assistant","message":{"id":"msg_1","content":[{"type":"text","text":"Writing."}]}}"#,
            #"{"type":"assistant","message":{"id":"msg_1","content":[{"type":"tool_use","id":"toolu_1","name":"Write","input":{"file_path":"/workspace/a","content":"x"}}]}}"#,
            #"{"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"File created"}]}}"#,
            // What was not told in pieces comes a block at a time.
            #"{"type":"assistant","message":{"id":"msg_2","content":[{"type":"thinking","thinking":"so"}]}}"#,
            #"{"type":"assistant","message":{"id":"msg_2","content":[{"type":"text","text":"Done."}]}}"#,
            #"{"type":"result","subtype":"success","is_error":false,"result":"Done.","stop_reason":"end_turn","usage":{"input_tokens":1,"cache_read_input_tokens":2,"output_tokens":3},"total_cost_usd":0.5}"#,
            by: &driver)
        let diff: JSONValue = ["type": "diff", "path": "/workspace/a", "oldText": nil, "newText": "x"]
        #expect(
            told == [
                .message(MessageChunk(id: "msg_1-thought", role: .thought, text: "hm")),
                .message(MessageChunk(id: "msg_1", role: .agent, text: "Writ")),
                .message(MessageChunk(id: "msg_1", role: .agent, text: "ing.")),
                .toolCall(
                    ToolCall(
                        id: "toolu_1", title: "Write /workspace/a", kind: "edit", status: "in_progress",
                        locations: [ACP.Location(path: "/workspace/a")], content: [diff])),
                .toolCall(
                    ToolCall(
                        id: "toolu_1", status: "completed",
                        content: [diff, ["type": "content", "content": ["type": "text", "text": "File created"]]])),
                .message(MessageChunk(id: "msg_2-thought", role: .thought, text: "so")),
                .message(MessageChunk(id: "msg_2", role: .agent, text: "Done.")),
                .usage(AgentUsage(input: 3, output: 3, dollars: 0.5)),
                .turnEnded(TurnEnd(prompt: prompt.id, stopReason: "end_turn")),
            ])
        #expect(!driver.prompt(prompt).isEmpty, "The next one can come")
    }

    @Test(
        "How a turn ends",
        arguments: [
            (#""subtype":"success","stop_reason":"max_tokens""#, false, "max_tokens", nil),
            (#""subtype":"success","is_error":true,"result":"Invalid API key""#, false, "error", "Invalid API key"),
            (#""subtype":"error_during_execution""#, false, "error", "error_during_execution"),
            (#""subtype":"error_during_execution","is_error":true"#, true, "cancelled", nil),
            (#""subtype":"success","is_error":false"#, true, "cancelled", nil),
            (#""subtype":"error_max_turns","is_error":true"#, false, "max_turn_requests", nil),
            (#""subtype":"success","terminal_reason":"max_turns""#, false, "max_turn_requests", nil),
            (
                #""subtype":"success","is_error":true,"terminal_reason":"api_error","api_error_status":403,"stop_reason":"stop_sequence","result":"Failed to authenticate. API Error: 403 no""#,
                false, "error", "Failed to authenticate. API Error: 403 no"
            ),
            (#""subtype":"success","is_error":false,"terminal_reason":"prompt_too_long","result":"Too long""#, false, "error", "Too long"),
            (#""subtype":"success","is_error":true,"stop_reason":"refusal","result":"I can't""#, false, "refusal", "I can't"),
            (#""subtype":"success","is_error":false,"stop_reason":"refusal""#, false, "refusal", nil),
            (
                #""subtype":"error_max_budget_usd","is_error":true,"terminal_reason":"budget_exhausted","errors":["Reached maximum budget ($0.1)"]"#,
                false, "error", "Reached maximum budget ($0.1)"
            ),
            (#""subtype":"error_max_budget_usd","is_error":true"#, false, "error", "The agent's own budget is spent."),
            (
                #""subtype":"error_during_execution","is_error":true,"terminal_reason":"aborted_tools","errors":["[ede_diagnostic] x"]"#,
                false, "cancelled", nil
            ),
            (#""subtype":"never_heard_of","is_error":true,"errors":"x","result":7"#, false, "error", "never_heard_of"),
            (#""is_error":true"#, false, "error", "It does not say why."),
            (#""subtype":"success","terminal_reason":"completed","origin":{"kind":"human"}"#, false, "end_turn", nil),
        ] as [(String, Bool, String, String?)])
    func ends(fields: String, isCancelled: Bool, reason: String, error: String?) throws {
        var driver = ready()
        _ = driver.prompt(prompt)
        if isCancelled { #expect(try sent(driver.cancelTurn()).first?["request"]?["subtype"] == "interrupt") }
        let end = receive(#"{"type":"result",\#(fields)}"#, by: &driver)
        #expect(end == [.turnEnded(TurnEnd(prompt: prompt.id, stopReason: reason, error: error))])
    }

    @Test(
        "What it asks to be allowed is asked with the very command, and answered with what it then does",
        arguments: [(0, "allow"), (1, "deny"), (nil, "deny")] as [(Int?, String)])
    func permission(option: Int?, behaviour: String) throws {
        var driver = ready()
        _ = driver.prompt(prompt)
        let actions = driver.receive(
            Data(
                #"{"type":"control_request","request_id":"r-7","request":{"subtype":"can_use_tool","tool_name":"Bash","input":{"command":"rm -rf /","description":"Tidy up"},"tool_use_id":"toolu_9"}}"#
                    .utf8))
        guard case .ask(let permission)? = actions.first, actions.count == 1 else {
            Issue.record("It asks nothing: \(actions)")
            return
        }
        #expect(permission.title == "rm -rf /" && permission.kind == "execute" && permission.toolCall == "toolu_9")
        let answer = try #require(
            try sent(driver.answer(permission.id, with: option.map { permission.options[$0] }, saying: nil)).first?["response"])
        #expect(answer["request_id"] == "r-7" && answer["response"]?["behavior"] == .string(behaviour))
        if behaviour == "allow" { #expect(answer["response"]?["updatedInput"]?["command"] == "rm -rf /") }
        #expect(driver.answer(permission.id, with: permission.options[0], saying: nil).isEmpty, "It was answered")
    }

    @Test("A question that it takes back is no longer asked")
    func withdrawal() {
        var driver = ready()
        let asked = driver.receive(
            Data(
                #"{"type":"control_request","request_id":"r","request":{"subtype":"can_use_tool","tool_name":"Write","input":{"file_path":"/workspace/a"}}}"#
                    .utf8))
        guard case .ask(let permission)? = asked.first else {
            Issue.record("It asks nothing: \(asked)")
            return
        }
        #expect(permission.locations == [ACP.Location(path: "/workspace/a")])
        #expect(driver.receive(Data(#"{"type":"control_cancel_request","request_id":"r"}"#.utf8)) == [.withdraw(permission.id)])
    }

    @Test("Images go along with the words")
    func images() throws {
        var driver = ready()
        let image = PromptImage(mediaType: .png, data: Data([1, 2, 3]))
        let handed = try sent(driver.prompt(AgentCommand.Prompt(id: prompt.id, text: "look", images: [image])))
        let source: JSONValue = ["type": "base64", "media_type": "image/png", "data": "AQID"]
        #expect(handed.first?["message"]?["content"] == [["type": "image", "source": source], ["type": "text", "text": "look"]])
    }

    @Test("Each prompt has its own id, a UUID")
    func identifiers() throws {
        let uuids = try (0..<200).map { number in
            var driver = ready()
            return try #require(
                try sent(driver.prompt(AgentCommand.Prompt(id: PromptID(rawValue: "t_\(number)"), text: ""))).first?["uuid"]?.string)
        }
        #expect(Set(uuids).count == 200 && uuids.allSatisfy { UUID(uuidString: $0) != nil }, "\(uuids.prefix(3))")
    }

    @Test("It tells where its conversation can be loaded again, and whether it remembers the one before")
    func memory() {
        let greeting = Data(
            #"{"type":"control_response","response":{"subtype":"success","request_id":"sam-1","response":{"claude_code_version":"2.1.330"}}}"#
                .utf8)
        for (earlier, expected) in [
            (nil, AgentIdentity(name: "Claude Code", version: "2.1.330", conversation: "own")),
            (
                Conversation.Earlier(conversation: nil, recap: "x"),
                AgentIdentity(name: "Claude Code", version: "2.1.330", conversation: "own")
            ),
            (
                Conversation.Earlier(conversation: "old", recap: "x"),
                AgentIdentity(name: "Claude Code", version: "2.1.330", conversation: "old", remembers: true)
            ),
        ] {
            var driver = ClaudeDriver(Conversation(workingDirectory: "/w", permissions: .ask, earlier: earlier, own: "own"))
            _ = driver.begin()
            #expect(events(driver.receive(greeting)) == [.handshake(expected)])
        }
    }

    @Test("A fatal error is reported in the agent's own words")
    func lost() {
        var driver = ClaudeDriver(Conversation(workingDirectory: "/w", permissions: .ask))
        _ = driver.begin()
        let actions = driver.receive(
            Data(
                #"{"type":"result","subtype":"error_during_execution","is_error":true,"errors":["No conversation found with session ID: x"]}"#
                    .utf8))
        #expect(actions == [.giveUp(.handshakeFailed, "The agent could not start: No conversation found with session ID: x")])
    }

    @Test("Unknown messages are kept, lines that are not JSON are the agent's last words, and neither ends anything")
    func unknown() throws {
        var driver = ready()
        let kept = receive(#"{"type":"tool_progress","x":1}"#, #"{"type":"system","subtype":"compact_boundary"}"#, by: &driver)
        #expect(kept.count == 2)
        let kinds = kept.compactMap { if case .other(let update) = $0 { update.kind } else { nil } }
        #expect(kinds == ["tool_progress", "system.compact_boundary"])
        #expect(driver.receive(Data("plain words".utf8)) == [.stray(Data("plain words".utf8))])
        #expect(driver.receive(Data("[1]".utf8)) == [.stray(Data("[1]".utf8))])
        // An answer to a turn that there is not, and requests that SAM has no answer for.
        #expect(receive(#"{"type":"result","subtype":"success"}"#, by: &driver).count == 1)
        let refused = driver.receive(Data(#"{"type":"control_request","request_id":"1","request":{"subtype":"mcp_message"}}"#.utf8))
        #expect(try sent(refused).first?["response"]?["subtype"] == "error")
        #expect(!driver.prompt(prompt).isEmpty)
    }

    @Test("What it writes down as its steps is its plan")
    func plan() {
        var driver = ready()
        _ = driver.prompt(prompt)
        let told = receive(
            #"{"type":"assistant","message":{"id":"m","content":[{"type":"tool_use","id":"t","name":"TodoWrite","input":{"todos":[{"content":"one","status":"completed"},{"content":"two","status":"pending"}]}}]}}"#,
            by: &driver)
        #expect(told.first == .plan(Plan(entries: [.init(content: "one", status: "completed"), .init(content: "two", status: "pending")])))
    }
}
