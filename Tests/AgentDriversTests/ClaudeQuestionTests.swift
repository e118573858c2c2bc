import AgentDrivers
import AgentProtocol
import Foundation
import Testing

@Suite("What Claude Code asks a person")
struct ClaudeQuestionTests {
    // MARK: - Permissions

    private static let suggestions =
        #","permission_suggestions":[{"type":"addRules","rules":[{"toolName":"Bash","ruleContent":"touch a1 *"}],"behavior":"allow","destination":"localSettings"},{"type":"addDirectories","directories":["/w"],"destination":"session"},{"type":"setMode","mode":"acceptEdits","destination":"session"}]"#

    @Test(
        "“Always” is one suggestion at a time, for the session, with nothing written to disk",
        arguments: [
            (
                1, "Allow from now on: Bash(touch a1 *)",
                [
                    "type": "addRules", "rules": [["toolName": "Bash", "ruleContent": "touch a1 *"]], "behavior": "allow",
                    "destination": "session",
                ]
            ),
            (2, "Allow from now on in /w", ["type": "addDirectories", "directories": ["/w"], "destination": "session"]),
            (3, "Accept all edits from now on", ["type": "setMode", "mode": "acceptEdits", "destination": "session"]),
        ] as [(Int, String, JSONValue)])
    func always(place: Int, name: String, update: JSONValue) throws {
        var claude = ClaudeProgram()
        claude.begin("p1")
        claude.says(ClaudeProgram.ask("Bash", #"{"command":"touch a1","description":"d"}"#, Self.suggestions))
        let asked = try #require(claude.asked.first)
        #expect(asked.title == "touch a1" && asked.parent == nil)
        #expect(asked.options.map(\.kind) == [.allowOnce, .allowAlways, .allowAlways, .allowAlways, .refuse])
        #expect(asked.options[place].name == name)
        claude.answer(asked.id, asked.options[place])
        #expect(
            claude.answers == [
                [
                    "behavior": "allow", "updatedInput": ["command": "touch a1", "description": "d"],
                    "updatedPermissions": .array([update]),
                ]
            ])
    }

    @Test(
        "A suggestion that allows more than its words can say is not offered",
        arguments: [
            #"{"type":"setMode","mode":"bypassPermissions","destination":"session"}"#, #"{"type":"setMode","mode":"auto"}"#,
            #"{"type":"setMode"}"#, #"{"type":"removeRules","rules":[{"toolName":"Bash"}],"behavior":"deny"}"#,
            #"{"type":"addRules","rules":[{"toolName":"Bash"}],"behavior":"deny","destination":"session"}"#,
            #"{"type":"addRules","rules":[],"behavior":"allow"}"#, #"{"type":"addRules","behavior":"allow"}"#,
            #"{"type":"addRules","rules":[{"toolName":"Bash","ruleContent":7}],"behavior":"allow"}"#,
            #"{"type":"addRules","rules":[{"toolName":"Bash","ruleContent":"ls\n*"}],"behavior":"allow"}"#,
            #"{"type":"addRules","rules":[{"toolName":"Bash","ruleContent":"ls\u202e*"}],"behavior":"allow"}"#,
            #"{"type":"addRules","rules":[{"toolName":"Bash","ruleContent":"ls                 *"}],"behavior":"allow"}"#,
            #"{"type":"addRules","rules":[{"ruleContent":"x"}],"behavior":"allow"}"#,
            #"{"type":"addRules","rules":[{"toolName":"Bash","ruleContent":"\#(String(repeating: "x", count: 300))"}],"behavior":"allow"}"#,
            #"{"type":"addDirectories","directories":["relative"]}"#, #"{"type":"addDirectories","directories":["/a",7]}"#,
            #"{"type":"addDirectories"}"#, #""always""#, "null", "{}",
        ])
    func unknownSuggestions(suggestion: String) throws {
        var claude = ClaudeProgram()
        claude.begin("p1")
        claude.says(ClaudeProgram.ask("Bash", #"{"command":"ls"}"#, #","permission_suggestions":[\#(suggestion)]"#))
        #expect(try #require(claude.asked.first).options.map(\.kind) == [.allowOnce, .refuse])
    }

    @Test("Suggestions are bounded, the same one is offered once, and refusing is always possible")
    func manySuggestions() throws {
        let rules = (0..<1_000).map { #"{"type":"addRules","rules":[{"toolName":"Tool\#($0 / 2)"}],"behavior":"allow"}"# }
        var claude = ClaudeProgram()
        claude.begin("p1")
        claude.says(ClaudeProgram.ask("Bash", #"{"command":"ls"}"#, #","permission_suggestions":[\#(rules.joined(separator: ","))]"#))
        let options = try #require(claude.asked.first).bounded.options
        #expect(options.count == 10 && Set(options.map(\.name)).count == 10 && options.last?.kind == .refuse)
        #expect(options[1].name == "Allow from now on: any Tool0")
    }

    @Test("A refusal carries the person's words; one that stops the turn stops it, but not for a sub-agent")
    func words() throws {
        var claude = ClaudeProgram()
        claude.begin("p1")
        claude.says(ClaudeProgram.set("a1"), ClaudeProgram.started("a1", by: "toolu_01"))
        for more in ["", "", "", #","agent_id":"a1""#] { claude.says(ClaudeProgram.ask("Bash", #"{"command":"ls"}"#, more)) }
        let refusal = try #require(claude.asked.first?.refusal)
        claude.answer(claude.asked[0].id, refusal, saying: "use rg")
        claude.answer(claude.asked[1].id, refusal)
        claude.answer(claude.asked[2].id, nil)
        claude.answer(claude.asked[3].id, nil)
        #expect(
            claude.answers == [
                ["behavior": "deny", "message": "This was not allowed. The person says: use rg"],
                ["behavior": "deny", "message": "This was not allowed. Continue without it."],
                ["behavior": "deny", "message": "The turn was stopped.", "interrupt": true],
                ["behavior": "deny", "message": "The turn was stopped."],
            ])
        let unknown = Permission.Option(id: "always-1", name: "x", kind: .allowAlways)
        claude.says(ClaudeProgram.ask("Bash", #"{"command":"ls"}"#))
        claude.answer(try #require(claude.asked.last).id, unknown)
        #expect(claude.answers.last?["behavior"] == "deny", "What was not offered allows nothing")
    }

    // MARK: - Sub-agents

    @Test("A sub-agent's text, calls and questions name the call that began it, and continue after the turn")
    func subAgents() throws {
        var claude = ClaudeProgram()
        claude.begin("p1")
        claude.says(ClaudeProgram.set("a204"), ClaudeProgram.started("a204", by: "toolu_01"))
        claude.says(#"{"type":"stream_event","event":{"type":"message_start","message":{"id":"msg_1"}},"parent_tool_use_id":null}"#)
        let of = #""parent_tool_use_id":"toolu_01","agent_id":"a204","subagent_type":"general-purpose","task_description":"first""#
        let told = claude.says(
            #"{"type":"assistant","message":{"id":"msg_1","content":[{"type":"text","text":"inner"},{"type":"tool_use","id":"toolu_in","name":"Write","input":{"file_path":"/w/a","content":"x"}}]},\#(of)}"#,
            #"{"type":"stream_event","event":{"type":"content_block_delta","delta":{"text":"outer"}},"parent_tool_use_id":null}"#,
            ClaudeProgram.success,
            #"{"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"toolu_in","content":"made"}]},\#(of)}"#)
        let diff: JSONValue = ["type": "diff", "path": "/w/a", "oldText": nil, "newText": "x"]
        #expect(
            told == [
                .message(MessageChunk(id: "toolu_01/msg_1", role: .agent, text: "inner", parent: "toolu_01")),
                .toolCall(
                    ToolCall(
                        id: "toolu_in", title: "Write /w/a", kind: "edit", status: "in_progress", locations: [ACP.Location(path: "/w/a")],
                        content: [diff], parent: "toolu_01")),
                .message(MessageChunk(id: "msg_1", role: .agent, text: "outer")),
                .over("p1"),
                .toolCall(
                    ToolCall(
                        id: "toolu_in", status: "completed",
                        content: [diff, ["type": "content", "content": ["type": "text", "text": "made"]]], parent: "toolu_01")),
            ])
        claude.says(ClaudeProgram.ask("Bash", #"{"command":"touch b"}"#, #","agent_id":"a204""#))
        claude.says(ClaudeProgram.ask("AskUserQuestion", #"{"questions":[{"question":"Which?"}]}"#, #","agent_id":"a204""#, id: "r-2"))
        claude.says(ClaudeProgram.ask("Bash", #"{"command":"touch c"}"#, #","agent_id":"unheard-of""#, id: "r-3"))
        #expect(claude.asked.map(\.parent) == ["toolu_01", "unheard-of"] && claude.inquired.map(\.parent) == ["toolu_01"])
        let asked = try #require(claude.asked.first)
        claude.answer(asked.id, asked.options[0])
        #expect(claude.answers == [["behavior": "allow", "updatedInput": ["command": "touch b"]]])
    }

    @Test("A sub-agent is known by the result of its call, and by its messages")
    func knownAgents() {
        var claude = ClaudeProgram()
        claude.begin("p1")
        claude.says(
            #"{"type":"assistant","message":{"id":"m","content":[{"type":"tool_use","id":"toolu_01","name":"Agent","input":{"description":"first"}}]},"parent_tool_use_id":null}"#,
            #"{"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"toolu_01","content":"Async agent launched"}]},"tool_use_result":{"isAsync":true,"status":"async_launched","agentId":"a1"}}"#,
            #"{"type":"user","message":{"content":[{"type":"text","text":"do it"}]},"parent_tool_use_id":"toolu_02","agent_id":"a2"}"#,
            ClaudeProgram.ask("Bash", #"{"command":"ls"}"#, #","agent_id":"a1""#),
            ClaudeProgram.ask("Bash", #"{"command":"ls"}"#, #","agent_id":"a2""#, id: "r-2"))
        #expect(claude.asked.map(\.parent) == ["toolu_01", "toolu_02"])
    }

    // MARK: - Questions

    private static let fruits =
        #"{"questions":[{"question":"Which fruits?","header":"Fruits","multiSelect":true,"options":[{"label":"Apple","description":"a"},{"label":"Fig","description":"f"}]},{"question":"Which colour?","header":"Colour","options":[{"label":"Red"},{"label":"Blue","preview":"blue!"},{"label":"Green"}]}]}"#

    @Test("Questions are shown with their choices", arguments: PermissionMode.allCases)
    func questions(mode: PermissionMode) throws {
        var claude = ClaudeProgram(mode)
        claude.begin("p1")
        claude.says(ClaudeProgram.ask("AskUserQuestion", Self.fruits, #","requires_user_interaction":true"#))
        #expect(claude.asked.isEmpty, "Nobody may allow them without an answer")
        #expect(
            try #require(claude.inquired.first).items == [
                Inquiry.Item(
                    id: "Which fruits?", header: "Fruits", text: "Which fruits?",
                    choices: [.init(label: "Apple", detail: "a"), .init(label: "Fig", detail: "f")], allowsSeveral: true),
                Inquiry.Item(
                    id: "Which colour?", header: "Colour", text: "Which colour?",
                    choices: [.init(label: "Red"), .init(label: "Blue", detail: "blue!"), .init(label: "Green")]),
            ])
    }

    @Test(
        "Answers go back by the questions' texts",
        arguments: [
            (
                ["Which fruits?": ["Apple", "Fig"], "Which colour?": ["Blue"]],
                ["Which fruits?": "Apple, Fig", "Which colour?": "Blue"]
            ),
            (["Which colour?": ["greenish, but ask me again"]], ["Which colour?": "greenish, but ask me again"]),
            (["Which fruits?": [], "Which colour?": [""], "Which name?": ["x"]], .object([:])),
        ] as [([String: [String]], JSONValue)])
    func replies(answers: [String: [String]], told: JSONValue) throws {
        var claude = ClaudeProgram()
        claude.begin("p1")
        claude.says(ClaudeProgram.ask("AskUserQuestion", Self.fruits))
        let inquiry = try #require(claude.inquired.first)
        claude.reply(inquiry.id, answers)
        let input: JSONValue = try JSONLine.decode(from: Self.fruits)
        #expect(
            claude.answers == [
                ["behavior": "allow", "updatedInput": ["questions": input["questions"] ?? .null, "answers": told]]
            ])
        claude.reply(inquiry.id, answers)
        #expect(claude.answers.count == 1, "It was answered")
    }

    @Test("An unanswered request is refused with words, and the turn continues")
    func unanswered() throws {
        var claude = ClaudeProgram()
        claude.begin("p1")
        claude.says(ClaudeProgram.ask("AskUserQuestion", Self.fruits))
        claude.reply(try #require(claude.inquired.first).id, nil)
        let answer = try #require(claude.answers.first)
        #expect(answer["behavior"] == "deny" && answer["interrupt"] == nil && answer["message"]?.string?.isEmpty == false)
        claude.says(ClaudeProgram.ask("AskUserQuestion", Self.fruits))
        #expect(claude.says(#"{"type":"control_cancel_request","request_id":"r-1"}"#).isEmpty)
        #expect(claude.withdrawn == [try #require(claude.inquired.last).id])
    }

    @Test("Two questions of one text are told apart, and both answers are told")
    func sameText() throws {
        var claude = ClaudeProgram()
        claude.begin("p1")
        claude.says(
            ClaudeProgram.ask(
                "AskUserQuestion",
                #"{"questions":[{"question":"Which?","options":[{"label":"a"}]},{"question":"Which?","options":[{"label":"b"}]},{"question":"question 2"}]}"#
            ))
        let inquiry = try #require(claude.inquired.first)
        #expect(Set(inquiry.items.map(\.id)).count == inquiry.items.count && inquiry.items.count >= 2)
        claude.reply(inquiry.id, Dictionary(uniqueKeysWithValues: inquiry.items.map { ($0.id, $0.choices.map(\.label)) }))
        #expect(claude.answers.first?["updatedInput"]?["answers"] == ["Which?": "a, b"])
    }

    @Test(
        "Questions that can't be read are refused, not allowed",
        arguments: [
            "{}", "null", #"{"questions":{}}"#, #"{"questions":[]}"#, #"{"questions":[7,null,{}]}"#, #"{"questions":[{"question":""}]}"#,
            #"{"questions":[{"question":{"a":1},"options":"x"}]}"#,
        ])
    func broken(input: String) {
        var claude = ClaudeProgram()
        claude.begin("p1")
        claude.says(ClaudeProgram.ask("AskUserQuestion", input))
        #expect(claude.inquired.isEmpty && claude.asked.isEmpty)
        #expect(claude.answers.compactMap { $0["behavior"] } == ["deny"])
    }

    @Test("Huge questions are bounded, and what is left of them can be answered")
    func huge() throws {
        let long = String(repeating: "q", count: 100_000)
        let options = (0..<500).map { #"{"label":"o\#($0)","description":"\#(long)"}"# }.joined(separator: ",")
        let question = #"{"question":"\#(long)","header":"\#(long)","options":[\#(options)]}"#
        var claude = ClaudeProgram()
        claude.begin("p1")
        claude.says(
            ClaudeProgram.ask("AskUserQuestion", #"{"questions":[\#(question),{"question":"Short?","options":[null,{"label":7}]}]}"#))
        let inquiry = try #require(claude.inquired.first).bounded
        #expect(inquiry.items.count == 2 && inquiry.items[0].choices.count == 32 && inquiry.items[1].choices.isEmpty)
        claude.reply(inquiry.id, [inquiry.items[0].id: ["o1"], "Short?": ["yes"]])
        #expect(claude.answers.first?["updatedInput"]?["answers"] == [long: "o1", "Short?": "yes"])
    }

    // MARK: - Plans

    private static let plan =
        ##"{"plan":"# Plan\n1. x\n","planFilePath":"~/.claude/plans/plan-zazzy-patterson.md","allowedPrompts":[{"tool":"Bash","prompt":"run tests"}]}"##
    private static let planned: JSONValue = ["plan": "# Plan\n1. x\n", "planFilePath": "~/.claude/plans/plan-zazzy-patterson.md"]

    @Test(
        "A plan is shown, and never approved without a person; approval says how to continue, a refusal why not",
        arguments: [
            (0, nil, ["behavior": "allow", "updatedInput": planned]),
            (
                1, nil,
                [
                    "behavior": "allow", "updatedInput": planned,
                    "updatedPermissions": [["type": "setMode", "mode": "acceptEdits", "destination": "session"]],
                ]
            ),
            (2, "Do y first", ["behavior": "deny", "message": "Do y first"]),
            (nil, nil, ["behavior": "deny", "message": "The turn was stopped.", "interrupt": true]),
        ] as [(Int?, String?, JSONValue)])
    func plans(option: Int?, text: String?, answer: JSONValue) throws {
        var claude = ClaudeProgram(.everything)
        claude.begin("p1")
        claude.says(ClaudeProgram.ask("ExitPlanMode", Self.plan, #","requires_user_interaction":true"#))
        let asked = try #require(claude.asked.first)
        #expect(asked.plan == "# Plan\n1. x\n" && asked.options.map(\.kind) == [.allowOnce, .allowAlways, .refuse])
        for mode in PermissionMode.allCases { #expect(mode.allowance(for: asked, in: "/w") == nil) }
        claude.answer(asked.id, option.map { asked.options[$0] }, saying: text)
        #expect(claude.answers == [answer])
    }

    @Test("A plan that was not written down is asked about all the same", arguments: ["{}", #"{"plan":""}"#, #"{"plan":7}"#, "null"])
    func noPlan(input: String) throws {
        var claude = ClaudeProgram(.everything)
        claude.begin("p1")
        claude.says(ClaudeProgram.ask("ExitPlanMode", input))
        let asked = try #require(claude.asked.first)
        #expect(asked.plan?.isEmpty == false && PermissionMode.everything.allowance(for: asked, in: "/w") == nil)
    }

    @Test("Before its plan is approved it changes nothing by itself", arguments: PermissionMode.allCases)
    func planning(mode: PermissionMode) throws {
        let write = ClaudeProgram.ask(
            "Write", #"{"file_path":"/w/b.txt","content":"x"}"#,
            #","decision_reason_type":"mode","permission_suggestions":[{"type":"setMode","mode":"acceptEdits"}]"#)
        var claude = ClaudeProgram(mode)
        claude.begin("p1")
        claude.says(#"{"type":"system","subtype":"status","status":null,"permissionMode":"plan"}"#, write)
        if mode == .ask {
            let asked = try #require(claude.asked.first)
            #expect(asked.title == "In plan mode, before its plan is approved: Write /w/b.txt")
            #expect(asked.options.map(\.kind) == [.allowOnce, .refuse])
        } else {
            #expect(claude.asked.isEmpty && claude.answers.compactMap { $0["behavior"] } == ["deny"])
        }
        // When it is over, the same request is as any other.
        claude.says(#"{"type":"system","subtype":"status","status":null,"permissionMode":"default"}"#, write)
        #expect(claude.asked.last?.title == "Write /w/b.txt")
    }
}
