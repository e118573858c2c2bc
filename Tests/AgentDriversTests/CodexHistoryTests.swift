import AgentDrivers
import AgentProtocol
import Foundation
import Testing

/// Random histories of a Codex that is played: whatever happens in which order, nothing is lost, doubled or left running.
@Suite("Histories of a conversation with Codex")
struct CodexHistoryTests {
    @Test("Turns are begun and ended once, none takes another's place, and stopping leaves nothing", arguments: 1...300)
    func histories(seed: UInt64) throws {
        var player = try CodexPlayer(seed: seed)
        for _ in 1...60 { try player.step() }
        try player.finish()
        #expect(player.faults.isEmpty, "\(player.faults)")
        #expect(player.open.isEmpty, "Turns that never ended: \(player.open)")
        #expect(player.background.isEmpty, "\(player.background)")
        #expect(player.turns.isEmpty && player.commands.isEmpty)
    }
}

/// Codex's side, with threads, turns and commands, and a person who does what comes to mind.
private struct CodexPlayer {
    private var codex: CodexFixture
    private var random: SeededGenerator
    private var count = 0
    /// The turns that run, by their threads.
    private(set) var turns: [String: String] = [:]
    /// The commands that run, with their threads and turns.
    private(set) var commands: [String: (thread: String, turn: String)] = [:]
    private var interrupted: Set<String> = []
    /// What was handed over and not taken yet.
    private var handed: JSONValue?
    /// What Codex is about to write, which comes after what it writes meanwhile: the answer to what it has taken, and the beginning of its turn.
    private var answer: (request: JSONValue, turn: String)?
    private var starting: String?
    /// Whether the main thread goes on by itself.
    private var hasGoal = false
    /// Whether everything was stopped, and nothing was handed over since.
    private var isStopped = false
    /// The turns that SAM has told the beginning of and not the end.
    private(set) var open: [Turn] = []
    private(set) var background: [BackgroundWork.Task] = []
    private(set) var faults: [String] = []
    private var agents: [String] = []

    init(seed: UInt64) throws {
        codex = try CodexFixture()
        random = SeededGenerator(seed: seed)
    }

    private mutating func name(_ kind: String) -> String {
        count += 1
        return "\(kind)\(count)"
    }

    mutating func step() throws {
        switch Int.random(in: 0..<16, using: &random) {
        case 0, 1, 2:
            if !open.contains(where: { $0.isFollowUp == nil }) {
                isStopped = false
                try codex.prompt(name("t_"))
            }
        case 3:
            // When nothing runs there is nothing to stop.
            isStopped = isStopped || !open.isEmpty || !background.isEmpty
            try codex.act { $0.cancelTurn() }
        case 4: try codex.act { $0.stopBackground() }
        case 5: if turns["main"] == nil, starting == nil { try begin("main") }
        case 6: if turns["main"] != nil { try spawn() }
        case 7: if let agent = agents.randomElement(using: &random), turns[agent] == nil { try begin(agent) }
        case 8, 9: if let thread = turns.keys.sorted().randomElement(using: &random) { try end(thread) }
        case 10: if let (thread, turn) = turns.sorted(by: { $0.key < $1.key }).randomElement(using: &random) { try run(thread, turn) }
        case 11: if turns["main"] != nil { try pursue(!hasGoal) }
        case 12, 13: try take()
        case 14: try tellAnswer()
        default: if let command = commands.keys.sorted().randomElement(using: &random) { try finish(command, "completed") }
        }
        try obey()
    }

    /// Everything that runs ends, and nothing begins by itself.
    mutating func finish() throws {
        while !turns.isEmpty || !commands.isEmpty || hasGoal || handed != nil || answer != nil || starting != nil {
            if hasGoal { try pursue(false) }
            try take()
            try tellAnswer()
            try start()
            try obey()
            if let thread = turns.keys.sorted().first {
                try end(thread)
            } else if let command = commands.keys.first {
                try finish(command, "completed")
            }
            try obey()
        }
    }

    // MARK: - What Codex does

    /// Takes what was handed over: as a turn of its own, or into one that it has begun by itself.
    private mutating func take() throws {
        guard let request = handed, answer == nil, starting == nil else { return try start() }
        handed = nil
        let turn = turns["main"] ?? name("turn")
        answer = (request, turn)
        if turns["main"] == nil { starting = turn }
        if Bool.random(using: &random) { try tellAnswer() }
        if Bool.random(using: &random) { try start() }
    }

    private mutating func tellAnswer() throws {
        guard let (request, turn) = answer else { return }
        answer = nil
        try codex.answer(request, ["turn": ["id": .string(turn)]])
    }

    private mutating func start() throws {
        guard let turn = starting else { return }
        starting = nil
        turns["main"] = turn
        try codex.begin(turn)
    }

    private mutating func pursue(_ isActive: Bool) throws {
        hasGoal = isActive
        try codex.goal(isActive ? "active" : "complete")
    }

    private mutating func begin(_ thread: String) throws {
        let turn = name("turn")
        turns[thread] = turn
        try codex.begin(turn, in: thread)
    }

    private mutating func end(_ thread: String) throws {
        guard let turn = turns.removeValue(forKey: thread) else { return }
        let isInterrupted = interrupted.contains(turn)
        if isStopped, !isInterrupted { faults.append("\(turn) ran on after everything was stopped") }
        try codex.end(turn, in: thread, isInterrupted ? "interrupted" : "completed")
        guard thread == "main", hasGoal, !isInterrupted, starting == nil else { return }
        try obey()
        if background.isEmpty { faults.append("Nothing is waited for while a goal is pursued") }
        // It takes what came meanwhile, or goes on.
        if turns["main"] == nil, starting == nil, hasGoal { try begin("main") }
    }

    private mutating func spawn() throws {
        let (agent, turn, call) = (name("agent"), name("turn"), name("call"))
        agents.append(agent)
        turns[agent] = turn
        try codex.spawn(agent, turn: turn, by: call)
    }

    private mutating func run(_ thread: String, _ turn: String) throws {
        let command = name("command")
        commands[command] = (thread, turn)
        try codex.command(command, "sleep", in: thread, turn: turn)
    }

    private mutating func finish(_ command: String, _ status: String) throws {
        guard let (thread, turn) = commands.removeValue(forKey: command) else { return }
        try codex.command(command, "sleep", in: thread, turn: turn, status)
    }

    /// Does what SAM has asked for, and notes what SAM has told.
    private mutating func obey() throws {
        while !codex.sent.isEmpty || !codex.actions.isEmpty {
            let (requests, events) = (codex.sent, codex.events)
            codex.forget()
            for event in events { note(event) }
            for request in requests { try answer(request) }
        }
    }

    private mutating func note(_ event: AgentEvent) {
        switch event {
        case .turnStarted(let turn):
            if open.contains(turn) { faults.append("\(turn) began twice") }
            open.append(turn)
        case .turnEnded(let end):
            let turn = Turn(prompt: end.prompt, isFollowUp: end.isFollowUp)
            guard let place = open.firstIndex(of: turn) else { return faults.append("\(turn) ended and never began") }
            open.remove(at: place)
        case .background(let work):
            if work.tasks == background { faults.append("The same was told twice") }
            background = work.tasks
        default: break
        }
    }

    private mutating func answer(_ request: JSONValue) throws {
        let id = request["id"] ?? .null
        let thread = request["params"]?["threadId"]?.string ?? ""
        switch request["method"]?.string {
        case "turn/start":
            if turns["main"] != nil || handed != nil { faults.append("A turn took the place of another") }
            handed = id
            if Bool.random(using: &random) { try take() }
        case "turn/interrupt":
            let turn = request["params"]?["turnId"]?.string ?? ""
            guard turns[thread] == turn else { return try codex.refuse(id, "no active turn to interrupt") }
            if !interrupted.insert(turn).inserted { faults.append("\(turn) was interrupted twice") }
            if Bool.random(using: &random) { try end(thread) }
            try codex.answer(id, .object([:]))
        case "thread/goal/clear":
            let wasActive = hasGoal
            hasGoal = false
            try codex.answer(id, ["cleared": .bool(wasActive)])
            if wasActive { try codex.tell("thread/goal/cleared", in: thread) }
        case "thread/backgroundTerminals/clean":
            try codex.answer(id, .object([:]))
            for command in commands.filter({ $0.value.thread == thread }).keys.sorted() { try finish(command, "failed") }
        case "thread/backgroundTerminals/list":
            let data = commands.filter { $0.value.thread == thread }.keys.sorted().map { item -> JSONValue in
                ["itemId": .string(item), "processId": .string(item)]
            }
            try codex.answer(id, ["data": .array(data), "nextCursor": nil])
        case "thread/backgroundTerminals/terminate":
            try finish(request["params"]?["processId"]?.string ?? "", "failed")
        default: faults.append("It sent \(request)")
        }
    }
}

private struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

    /// SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
