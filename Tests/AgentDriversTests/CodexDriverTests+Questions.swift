import AgentDrivers
import AgentProtocol
import Foundation
import Testing

@Suite("What Codex asks")
struct CodexQuestionTests {
    private static let question = #"""
        {"id":0,"method":"item/tool/requestUserInput","params":{"threadId":"main","turnId":"turn","itemId":"call_8","isBlocking":true,"questions":[{"id":"colour","header":"Colour","question":"Which colour?","isOther":true,"isSecret":false,"options":[{"label":"Red (Recommended)","description":"warm"},{"label":"Blue","description":"cold"}]},{"id":"name","header":"Name","question":"Which name?","options":null}]}}
        """#

    @Test("Questions are asked with their choices, and answered by their ids")
    func questions() throws {
        var codex = try CodexFixture.running()
        try codex.tell(Self.question)
        let inquiry = try #require(codex.inquiries.first)
        #expect(inquiry.toolCall == "call_8" && inquiry.parent == nil)
        #expect(
            inquiry.items == [
                Inquiry.Item(
                    id: "colour", header: "Colour", text: "Which colour?",
                    choices: [.init(label: "Red (Recommended)", detail: "warm"), .init(label: "Blue", detail: "cold")]),
                Inquiry.Item(id: "name", header: "Name", text: "Which name?", choices: []),
            ])
        try codex.act { $0.reply(inquiry.id, with: ["colour": ["Blue", "user_note: prefer dark"], "other": ["x"], "name": []]) }
        #expect(codex.sent == [["id": 0, "result": ["answers": ["colour": ["answers": ["Blue", "user_note: prefer dark"]]]]]])
        try codex.act { $0.reply(inquiry.id, with: [:]) }
        #expect(codex.sent.count == 1, "One answer")
    }

    @Test("A question that is dropped has no answers; one that Codex takes back is withdrawn")
    func dropped() throws {
        var codex = try CodexFixture.running()
        try codex.tell(Self.question, Self.question.replacing(#""id":0"#, with: #""id":"r""#))
        let ids = codex.inquiries.map(\.id)
        try codex.act { $0.reply(ids[0], with: nil) }
        #expect(codex.sent == [["id": 0, "result": ["answers": .object([:])]]])
        codex.forget()
        try codex.tell(#"{"method":"serverRequest/resolved","params":{"threadId":"main","requestId":"r"}}"#)
        #expect(codex.actions == [.withdraw(ids[1])])
    }

    @Test("A secret is not asked for, because answers are stored in the log")
    func secrets() throws {
        var codex = try CodexFixture.running()
        let secret = #"{"id":"key","header":"Key","question":"Which key?","isOther":true,"isSecret":true,"options":null}"#
        let request = #"{"id":4,"method":"item/tool/requestUserInput","params":{"threadId":"main","itemId":"c","questions":[\#(secret)"#
        try codex.tell(request + "]}}")
        #expect(codex.inquiries.isEmpty && codex.notes.first?.contains("Which key?") == true)
        #expect(codex.sent == [["id": 4, "result": ["answers": .object([:])]]])
        codex.forget()
        try codex.tell(request + #",{"id":"a","question":"Open?"}]}}"#)
        #expect(codex.inquiries.first?.items.map(\.id) == ["a"] && codex.notes.count == 1 && codex.sent.isEmpty)
    }

    @Test(
        "Questions that are none are answered with nothing",
        arguments: ["[]", "null", "7", "[{}]", #"[{"id":"a"}]"#, #"[{"question":"q"}]"#, #"[{"id":5,"question":"q"}]"#])
    func broken(questions: String) throws {
        var codex = try CodexFixture.running()
        try codex.tell(#"{"id":4,"method":"item/tool/requestUserInput","params":{"threadId":"main","questions":\#(questions)}}"#)
        #expect(codex.inquiries.isEmpty && codex.sent == [["id": 4, "result": ["answers": .object([:])]]])
    }

    @Test(
        "Where a choice can't be shown, the answer can be a text",
        arguments: [
            (#"{"label":"a"},{"label":"b"}"#, ["a", "b"], false), (#"{"label":"a"},{"label":"  "}"#, ["a"], true),
            (#"{"label":"\n\t"}"#, [], true), (#"{"label":""}"#, [], true), (#"{"label":7},{"label":"a"}"#, ["a"], true), ("", [], true),
            (#"{"label":"\#(String(repeating: "x", count: 1_001))"},{"label":"a"}"#, ["a"], true), (#"7,{"label":"a"}"#, ["a"], true),
        ])
    func choices(options: String, labels: [String], allowsText: Bool) throws {
        var codex = try CodexFixture.running()
        let question = #"{"id":"q","question":"Which?","isOther":false,"options":[\#(options)]}"#
        try codex.tell(#"{"id":4,"method":"item/tool/requestUserInput","params":{"threadId":"main","questions":[\#(question)]}}"#)
        let item = try #require(codex.inquiries.first?.items.first)
        #expect(item.choices.map(\.label) == labels && item.allowsText == allowsText)
    }

    private static let later: [String: JSONValue] = [
        "turnId": "turn",
        "item": [
            "type": "agentMessage", "id": "call_3", "delivery": "async", "phase": "final_answer",
            "text": "Which colour?\n- Red\n- Blue\n\nFree?",
            "questions": [["title": "Which colour?", "options": ["Red", "Blue"]], ["title": "Free?", "options": nil]],
        ],
    ]

    @Test("A question for which nothing waits is answered in a separate turn, under the prompt in whose turn it was asked")
    func asynchronous() throws {
        var codex = try CodexFixture.running()
        try codex.tell("item/started", in: "main", Self.later)
        try codex.tell("item/completed", in: "main", Self.later)
        let inquiry = try #require(codex.inquiries.first)
        #expect(codex.inquiries.count == 1 && inquiry.toolCall == nil && inquiry.parent == nil)
        #expect(inquiry.items.map(\.text) == ["Which colour?", "Free?"] && inquiry.items[0].choices.map(\.label) == ["Red", "Blue"])
        #expect(inquiry.items.map(\.allowsText) == [true, true])
        try codex.end("turn")
        codex.forget()
        try codex.act { $0.reply(inquiry.id, with: ["q1": ["Blue"], "q2": ["as you like"]]) }
        #expect(codex.sent.last?["params"]?["input"] == [["type": "text", "text": "Which colour?: Blue\nFree?: as you like"]])
        #expect(codex.turnStarts == [Turn(prompt: "t_1", isFollowUp: true)])
        try codex.accept("answers")
        try codex.end("answers")
        #expect(codex.turnEnds == [TurnEnd(prompt: "t_1", stopReason: "end_turn", isFollowUp: true)])
    }

    @Test("An answer that comes while a turn runs waits for its end, and a prompt that comes then for the answer's")
    func asynchronousInTurn() throws {
        var codex = try CodexFixture.running()
        try codex.tell("item/completed", in: "main", Self.later)
        let id = try #require(codex.inquiries.first?.id)
        codex.forget()
        try codex.act { $0.reply(id, with: ["q2": ["later"]]) }
        #expect(codex.sent.isEmpty && codex.events.isEmpty)
        try codex.end("turn")
        #expect(codex.methods == ["turn/start"] && codex.turnStarts == [Turn(prompt: "t_1", isFollowUp: true)])
        codex.forget()
        try codex.prompt("t_2")
        #expect(codex.sent.isEmpty && codex.turnStarts == [Turn(prompt: "t_2")])
        try codex.answer(4, ["turn": ["id": "answers"]])
        try codex.begin("answers")
        try codex.end("answers")
        #expect(codex.methods == ["turn/start"] && codex.turnEnds.map(\.isFollowUp) == [true])
    }

    @Test("Without an answer nothing is handed over; one that waits when everything is stopped is named")
    func asynchronousDropped() throws {
        var codex = try CodexFixture.running()
        try codex.tell("item/completed", in: "main", Self.later)
        try codex.tell("item/completed", in: "main", Self.later)
        let ids = codex.inquiries.map(\.id)
        codex.forget()
        try codex.act { $0.reply(ids[0], with: nil) }
        #expect(codex.sent.isEmpty)
        try codex.act { $0.reply(ids[1], with: ["q1": ["Red"]]) }
        try codex.act { $0.cancelTurn() }
        #expect(codex.notes.count == 1 && codex.methods == ["turn/interrupt"])
        try codex.end("turn", "interrupted")
        #expect(codex.methods == ["turn/interrupt"])
    }

    @Test("A sub-agent's question is told as its own; the answers go to its thread")
    func ofSubAgents() throws {
        var codex = try CodexFixture.running()
        try codex.spawn()
        try codex.end("turn")
        codex.forget()
        try codex.tell(Self.question.replacing(#""threadId":"main""#, with: #""threadId":"sub""#))
        try codex.tell("item/completed", in: "sub", Self.later)
        #expect(codex.inquiries.map(\.parent) == ["call_4", "call_4"] && codex.inquiries.map(\.toolCall) == ["sub/call_8", nil])
        let id = try #require(codex.inquiries.last?.id)
        try codex.act { $0.reply(id, with: ["q1": ["Red"]]) }
        #expect(codex.methods == ["thread/queue/add"] && codex.turnStarts.isEmpty)
        #expect(codex.sent.first?["params"]?["threadId"] == "sub")
        let request = try #require(codex.sent.first?["id"])
        try codex.refuse(request, "no")
        #expect(codex.notes.count == 1)
    }

    @Test("A sub-agent that an answer is about to wake is waited for", arguments: ["begins", "is refused", "is stopped"])
    func woken(how: String) throws {
        var codex = try CodexFixture.running()
        try codex.spawn()
        try codex.tell("item/completed", in: "sub", Self.later)
        try codex.end("subturn", in: "sub")
        try codex.end("turn")
        let id = try #require(codex.inquiries.last?.id)
        #expect(codex.background.last?.tasks == [])
        codex.forget()
        try codex.act { $0.reply(id, with: ["q1": ["Red"]]) }
        #expect(codex.background.last?.tasks.map(\.id) == ["sub"], "Else the session would end before it begins")
        let request = try #require(codex.sent.first?["id"])
        switch how {
        case "begins":
            try codex.answer(request, .object([:]))
            try codex.begin("woken", in: "sub")
            #expect(codex.background.count == 1)
            try codex.end("woken", in: "sub")
        case "is refused": try codex.refuse(request, "no")
        default:
            try codex.act { $0.cancelTurn() }
            codex.forget()
            try codex.begin("woken", in: "sub")
            #expect(codex.methods == ["turn/interrupt"])
            try codex.end("woken", in: "sub", "interrupted")
        }
        #expect(codex.background.last?.tasks == [])
    }

    // MARK: - Permissions

    private static let approval = #"""
        {"method":"item/commandExecution/requestApproval","id":0,"params":{"kind":"command","threadId":"sub","turnId":"subturn","itemId":"call_3","command":"/bin/bash -lc 'mkdir -p d1'","cwd":"/w","proposedExecpolicyAmendment":["mkdir","-p","d1"],"availableDecisions":["accept",{"acceptWithExecpolicyAmendment":{"execpolicy_amendment":["mkdir","-p","d1"]}},"cancel"]}}
        """#

    @Test(
        "What is allowed for the session is this very command, and nothing that is written to disk is offered", arguments: [0, 1, 2, nil])
    func permissions(option: Int?) throws {
        var codex = try CodexFixture.running()
        try codex.spawn()
        try codex.end("turn")
        codex.forget()
        try codex.tell(Self.approval)
        let permission = try #require(codex.permissions.first)
        #expect(permission.title == "/bin/bash -lc 'mkdir -p d1'" && permission.parent == "call_4")
        #expect(permission.options.map(\.kind) == [.allowOnce, .allowAlways, .refuse])
        #expect(permission.options[1].name == "Allow this very command from now on")
        try codex.act { $0.answer(permission.id, with: option.map { permission.options[$0] }, saying: nil) }
        let decision = option.map { ["accept", "acceptForSession", "decline"][$0] } ?? "cancel"
        #expect(codex.sent == [["id": 0, "result": ["decision": .string(decision)]]])
    }

    @Test("What a person says with an answer goes into the turn that asked")
    func words() throws {
        var codex = try CodexFixture.running()
        try codex.spawn()
        codex.forget()
        try codex.tell(Self.approval)
        let permission = try #require(codex.permissions.first)
        try codex.act { $0.answer(permission.id, with: permission.refusal, saying: "Use d2.") }
        #expect(codex.sent.first == ["id": 0, "result": ["decision": "decline"]])
        #expect(codex.methods == ["turn/steer"])
        #expect(
            codex.sent.last?["params"] == [
                "threadId": "sub", "expectedTurnId": "subturn", "input": [["type": "text", "text": "Use d2."]],
            ])
    }

    @Test("A change is asked for with the paths that its item named")
    func changes() throws {
        var codex = try CodexFixture.running()
        try codex.tell(
            #"{"method":"item/started","params":{"threadId":"main","turnId":"turn","item":{"type":"fileChange","id":"call_40","status":"inProgress","changes":[{"path":"/w/old.txt","kind":{"type":"update","move_path":"/w/moved.txt"},"diff":""}]}}}"#,
            #"{"method":"item/fileChange/requestApproval","id":1,"params":{"threadId":"main","turnId":"turn","itemId":"call_40","reason":null,"grantRoot":null}}"#,
            #"{"method":"item/fileChange/requestApproval","id":2,"params":{"threadId":"other","itemId":"call_40","reason":"why","grantRoot":"/w"}}"#
        )
        #expect(codex.permissions.map(\.title) == ["Change /w/old.txt, /w/moved.txt", "Change files that it does not name (why)"])
        #expect(codex.permissions[0].locations?.map(\.path) == ["/w/old.txt", "/w/moved.txt"] && codex.permissions[1].locations == nil)
        #expect(codex.permissions[1].options[1].name == "Allow changes below /w from now on")
    }

    @Test(
        "What wants more than a yes or no of a tool server is declined",
        arguments: [
            #"{"mode":"url","message":"m","url":"https://x.example","elicitationId":"e"}"#,
            #"{"mode":"openai/userVerification","title":"t","description":"d","challenge":"c"}"#,
            #"{"mode":"form","message":"m","requestedSchema":{"required":["a"]}}"#,
        ])
    func elicitations(params: String) throws {
        var codex = try CodexFixture.running()
        try codex.tell(#"{"id":9,"method":"mcpServer/elicitation/request","params":\#(params)}"#)
        #expect(codex.permissions.isEmpty && codex.sent == [["id": 9, "result": ["action": "decline"]]] && codex.notes.count == 1)
    }

    @Test(
        "Requests that SAM does not know are answered with an error",
        arguments: ["item/permissions/requestApproval", "applyPatchApproval", "execCommandApproval", "currentTime/read", "x"])
    func unknown(method: String) throws {
        var codex = try CodexFixture.running()
        try codex.tell(#"{"id":9,"method":"\#(method)","params":{}}"#)
        #expect(codex.sent.first?["error"]?["code"] == -32601 && codex.actions.isEmpty)
    }
}
