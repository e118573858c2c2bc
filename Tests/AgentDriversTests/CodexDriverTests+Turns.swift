import AgentDrivers
import AgentProtocol
import Foundation
import Testing

@Suite("Turns of Codex's main thread")
struct CodexTurnTests {
    @Test("A turn that Codex begins by itself is a follow-up of the prompt that it goes back to")
    func goal() throws {
        var codex = try CodexFixture.running()
        try codex.end("turn")
        codex.forget()
        try codex.begin("more", root: "turn")
        try codex.end("more")
        #expect(
            codex.events == [
                .turnStarted(Turn(prompt: "t_1", isFollowUp: true)),
                .turnEnded(TurnEnd(prompt: "t_1", stopReason: "end_turn", isFollowUp: true)),
            ])
        try codex.prompt("t_2")
        try codex.accept("turn2")
        try codex.end("turn2")
        codex.forget()
        try codex.begin("late", root: "turn")
        try codex.end("late")
        try codex.begin("later", root: "nobody knows")
        #expect(codex.turnStarts.map(\.prompt) == ["t_1", "t_2"])
    }

    @Test("A prompt that comes while Codex continues by itself waits for that, and drops nothing of its answer")
    func waiting() throws {
        var codex = try CodexFixture.running()
        try codex.end("turn")
        try codex.begin("more", root: "turn")
        codex.forget()
        try codex.prompt("t_2")
        #expect(codex.events == [.turnStarted(Turn(prompt: "t_2"))] && codex.sent.isEmpty)
        try codex.prompt("t_3")
        #expect(codex.turnStarts.count == 1, "One prompt at a time")
        try codex.tell("item/agentMessage/delta", in: "main", ["itemId": "m", "delta": "still"])
        try codex.end("more")
        #expect(codex.turnEnds == [TurnEnd(prompt: "t_1", stopReason: "end_turn", isFollowUp: true)])
        #expect(codex.methods == ["turn/start"])
        try codex.accept("turn2")
        try codex.end("turn2")
        #expect(codex.turnEnds.last == TurnEnd(prompt: "t_2", stopReason: "end_turn"))
    }

    @Test("A turn that Codex begins just before it takes the prompt answers it, if Codex says so")
    func merged() throws {
        for isTold in [true, false] {
            var codex = try CodexFixture.running()
            try codex.end("turn")
            codex.forget()
            try codex.prompt("t_2")
            try codex.begin("goal", root: "turn")
            if isTold { try codex.end("goal", "failed", error: ["message": "no"]) }
            #expect(codex.turnEnds.isEmpty, "Whose it is was not told")
            try codex.answer(4, ["turn": ["id": "goal"]])
            #expect(codex.turnEnds.isEmpty || isTold)
            if !isTold { try codex.end("goal", "failed", error: ["message": "no"]) }
            #expect(codex.turnEnds == [TurnEnd(prompt: "t_2", stopReason: "error", error: "no")], "\(codex.sent)")
        }
    }

    @Test("A turn that Codex begins just before it takes the prompt as another one is a follow-up")
    func apart() throws {
        var codex = try CodexFixture.running()
        try codex.end("turn")
        codex.forget()
        try codex.prompt("t_2")
        try codex.begin("goal", root: "turn")
        try codex.end("goal")
        try codex.answer(4, ["turn": ["id": "mine"]])
        try codex.begin("mine")
        try codex.end("mine")
        #expect(codex.turnStarts.map(\.isFollowUp) == [nil, true])
        #expect(codex.turnEnds.map(\.prompt) == ["t_1", "t_2"] && codex.turnEnds.map(\.isFollowUp) == [true, nil])
    }

    /// Turns that begin (+) and end (-) between `turn/start` and its answer, which names `mine`.
    private static let histories =
        [
            "+g1 -g1 +mine", "+g1 -g1 +mine -mine", "+g1 -g1 +g2 -g2", "+g1 -g1 +g2 -g2 +mine", "+mine -mine +g1 -g1", "+mine -mine +g1",
            "+g1 +mine", "+g1 +g2 -g2", "+mine +g1", "+mine -mine +mine -mine",
        ] + [(1...40).map { "+g\($0) -g\($0)" }.joined(separator: " ") + " +mine -mine", (1...40).map { "+g\($0)" }.joined(separator: " ")]

    @Test(
        "Whatever begins and ends before Codex says which turn is the prompt's, each is told once and the next prompt is handed over",
        arguments: histories)
    func around(history: String) throws {
        let steps = history.split(separator: " ").map(String.init)
        for isRefused in [false, true] {
            var codex = try CodexFixture.running()
            try codex.end("turn")
            codex.forget()
            try codex.prompt("t_2")
            let request = try #require(codex.sent.last?["id"])
            for event in steps {
                if event.hasPrefix("+") {
                    try codex.begin(String(event.dropFirst()), root: "turn")
                } else {
                    try codex.end(String(event.dropFirst()))
                }
            }
            if isRefused { try codex.refuse(request, "no") } else { try codex.answer(request, ["turn": ["id": "mine"]]) }
            for open in Set(steps.map { String($0.dropFirst()) }).union(["mine"]).sorted() { try codex.end(open) }
            let names = Set(steps.map { $0.dropFirst() }.filter { isRefused || $0 != "mine" })
            #expect(codex.turnStarts.count { $0.isFollowUp == true } == names.count, "\(history) \(isRefused)")
            #expect(codex.turnEnds.count { $0.isFollowUp == true } == names.count, "\(history) \(isRefused)")
            #expect(codex.turnEnds.filter { $0.isFollowUp == nil }.map(\.stopReason) == [isRefused ? "error" : "end_turn"])
            codex.forget()
            try codex.prompt("t_3")
            #expect(codex.methods == ["turn/start"], "\(history) \(isRefused)")
            try codex.accept("next")
            try codex.end("next")
            #expect(codex.turnEnds == [TurnEnd(prompt: "t_3", stopReason: "end_turn")])
        }
    }

    @Test("A turn that could not be interrupted because it had not begun is interrupted when it begins")
    func early() throws {
        var codex = try CodexFixture()
        try codex.prompt("t_1")
        let request = try #require(codex.sent.last?["id"])
        codex.forget()
        try codex.act { $0.cancelTurn() }
        #expect(codex.sent.isEmpty, "It has no id yet")
        try codex.answer(request, ["turn": ["id": "turn"]])
        #expect(codex.methods == ["turn/interrupt"])
        let interrupt = try #require(codex.sent.last?["id"])
        try codex.refuse(interrupt, "no active turn to interrupt")
        #expect(codex.methods == ["turn/interrupt"], "It is not asked for in a circle")
        try codex.begin("turn")
        #expect(codex.methods == ["turn/interrupt", "turn/interrupt"])
        try codex.end("turn", "interrupted")
        #expect(codex.turnEnds == [TurnEnd(prompt: "t_1", stopReason: "cancelled")])
    }

    @Test("A stopped prompt that still waits is never handed over, and what it waits for is stopped")
    func stopWaiting() throws {
        var codex = try CodexFixture.running()
        try codex.end("turn")
        try codex.begin("more", root: "turn")
        try codex.prompt("t_2")
        codex.forget()
        try codex.act { $0.cancelTurn() }
        #expect(codex.turnEnds == [TurnEnd(prompt: "t_2", stopReason: "cancelled")])
        #expect(codex.methods == ["turn/interrupt"] && codex.sent.first?["params"]?["turnId"] == "more")
        codex.forget()
        try codex.end("more", "interrupted")
        #expect(codex.sent.isEmpty && codex.turnEnds == [TurnEnd(prompt: "t_1", stopReason: "cancelled", isFollowUp: true)])
        try codex.begin("again", root: "turn")
        #expect(codex.methods == ["turn/interrupt"], "What it goes on with after that is stopped as well")
    }

    @Test("Stopping background work stops Codex's own turn, and the prompt that waits for it continues")
    func stopOwn() throws {
        var codex = try CodexFixture.running()
        try codex.end("turn")
        try codex.begin("more", root: "turn")
        try codex.prompt("t_2")
        codex.forget()
        try codex.act { $0.stopBackground() }
        #expect(codex.methods == ["turn/interrupt"] && codex.turnEnds.isEmpty)
        try codex.end("more", "interrupted")
        #expect(codex.methods == ["turn/interrupt", "turn/start"])
        try codex.accept("turn2")
        codex.forget()
        #expect(codex.sent.isEmpty)
        try codex.end("turn2")
        #expect(codex.turnEnds == [TurnEnd(prompt: "t_2", stopReason: "end_turn")])
    }

    @Test("A turn of Codex's own before any prompt is work beside")
    func unprompted() throws {
        var codex = try CodexFixture()
        try codex.begin("goal")
        #expect(codex.background.last?.tasks.map(\.kind) == [.agent] && codex.turnStarts.isEmpty)
        try codex.end("goal")
        #expect(codex.background.last?.tasks.isEmpty == true && codex.turnEnds.isEmpty)
    }

    @Test(
        "What went wrong is told in words for a person",
        arguments: [
            (#"{"message":"boom"}"#, "boom"), (#"{"message":"boom","codexErrorInfo":"other"}"#, "boom"),
            (#"{"message":"m","codexErrorInfo":"usageLimitExceeded"}"#, "The usage limit of the account is reached: m"),
            (
                #"{"message":"Reconnecting... 1/1","codexErrorInfo":{"responseStreamDisconnected":{"httpStatusCode":401}},"additionalDetails":"unexpected status 401"}"#,
                "The model's answer broke off (HTTP 401): Reconnecting... 1/1 (unexpected status 401)"
            ),
            (
                #"{"message":"m","codexErrorInfo":{"httpConnectionFailed":{"httpStatusCode":402}}}"#,
                "There is no money for this request (HTTP 402): m"
            ),
            (
                #"{"message":"m","codexErrorInfo":{"responseStreamDisconnected":{"httpStatusCode":402}}}"#,
                "There is no money for this request (HTTP 402): m"
            ),
            (#"{"codexErrorInfo":"contextWindowExceeded"}"#, "The conversation is longer than the model takes."),
            (#"{"message":"m","codexErrorInfo":{"httpConnectionFailed":{"httpStatusCode":null}}}"#, "The model can't be reached: m"),
            (#"{"message":"m","codexErrorInfo":{"new":1}}"#, "m"), (#"{"message":7}"#, "It does not say what."),
        ])
    func faults(error: String, words: String) throws {
        for isRetried in [true, false] {
            var codex = try CodexFixture.running()
            try codex.tell(#"{"method":"error","params":{"threadId":"main","turnId":"turn","error":\#(error),"willRetry":\#(isRetried)}}"#)
            #expect(codex.notes == (isRetried ? ["The agent tries again: \(words)"] : []))
            try codex.tell(
                #"{"method":"turn/completed","params":{"threadId":"main","turn":{"id":"turn","status":"failed","error":\#(error)}}}"#)
            #expect(codex.turnEnds == [TurnEnd(prompt: "t_1", stopReason: "error", error: words)])
        }
    }

    @Test("Images go with the prompt as data")
    func images() throws {
        var codex = try CodexFixture()
        let image = PromptImage(mediaType: .png, data: Data([1, 2, 3]))
        try codex.act { $0.prompt(AgentCommand.Prompt(id: "t_1", text: "Look", images: [image])) }
        #expect(
            codex.sent.last?["params"]?["input"] == [
                ["type": "text", "text": "Look"], ["type": "image", "url": "data:image/png;base64,AQID"],
            ])
    }

    @Test("An earlier conversation is resumed, or restarted with a note where Codex can't", arguments: [true, false])
    func resume(isThere: Bool) throws {
        var codex = try CodexFixture(earlier: Conversation.Earlier(conversation: "old", recap: "…"))
        try codex.act { $0.begin() }
        try codex.tell(#"{"id":1,"result":{"userAgent":"sam/0.163.0 (x)"}}"#)
        #expect(codex.methods == ["initialize", "initialized", "thread/resume"])
        #expect(codex.sent[0]["params"]?["capabilities"] == ["experimentalApi": true])
        let params = codex.sent.last?["params"]
        #expect(params?["threadId"] == "old" && params?["cwd"] == "/workspace" && params?["sandbox"] == "danger-full-access")
        if isThere {
            try codex.tell(#"{"id":2,"result":{"thread":{"id":"old","turns":[]}}}"#)
        } else {
            try codex.tell(#"{"id":2,"error":{"code":-32600,"message":"no rollout found for thread id old"}}"#)
            #expect(codex.methods.last == "thread/start" && codex.notes.first?.contains("no rollout found") == true)
            try codex.tell(#"{"id":3,"result":{"thread":{"id":"new"}}}"#)
        }
        let identity = AgentIdentity(
            name: "Codex", version: "0.163.0", conversation: isThere ? "old" : "new", remembers: isThere ? true : nil)
        #expect(codex.events.last == .handshake(identity))
    }
}
