import AgentDrivers
import AgentProtocol
import Foundation
import Testing

/// Random histories of a Claude Code that is played: whatever happens in which order, each turn begins and ends once, and nobody takes it
/// for idle while something is still to come.
@Suite("Histories of a conversation with Claude Code")
struct ClaudeHistoryTests {
    @Test("Turns begin and end once, no wait is forgotten, and stopping leaves nothing", arguments: 1...300)
    func histories(seed: UInt64) {
        var player = ClaudePlayer(seed: seed)
        for _ in 1...80 { player.step() }
        player.finish()
        #expect(player.faults.isEmpty, "\(player.faults)\n\(player.log.suffix(40).joined(separator: "\n"))")
    }
}

/// Claude Code's side, with its queue and its tasks, and a person who does what comes to mind.
private struct ClaudePlayer {
    private enum Running: Equatable {
        case person(String)
        /// By the run of the task that it is about.
        case own(String)
    }

    private var claude = ClaudeProgram()
    private var random: Random
    private var count = 0
    private(set) var faults: [String] = []
    private(set) var log: [String] = []

    // The program.
    private var running: Running?
    /// Prompts that were written and have not been read yet, and those that wait.
    private var pipe: [String] = []
    private var queue: [String] = []
    /// Ends that the model was not told of.
    private var pending: [String] = []
    private var tasks: [String] = []

    // What SAM has told.
    private var person: String?
    private var isFollowingUp = false
    private var shown: [BackgroundWork.Task] = []
    private var wasCancelled = false

    private struct Random: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 33)
        }
    }

    init(seed: UInt64) {
        random = Random(state: seed &* 7_919)
    }

    private mutating func chance(_ share: Int) -> Bool { Int.random(in: 0..<share, using: &random) == 0 }

    private mutating func name(_ kind: String) -> String {
        count += 1
        return "\(kind)\(count)"
    }

    mutating func step() {
        switch Int.random(in: 0..<12, using: &random) {
        case 0, 1:
            if person == nil {
                let prompt = name("p")
                wasCancelled = false
                pipe.append(prompt)
                note(claude.write(prompt), "write \(prompt)")
            }
        case 2, 3: read()
        case 4, 5: begin()
        case 6: if running != nil { start() }
        case 7: if let task = tasks.randomElement(using: &random) { end(task, "completed") }
        case 8, 9: if running != nil { stop("completed") }
        case 10: if chance(3) { cancel() }
        default: if case .own? = running, !queue.isEmpty { takeIn() }
        }
    }

    mutating func finish() {
        for _ in 0..<200 where running != nil || !pipe.isEmpty || !queue.isEmpty || !pending.isEmpty || !tasks.isEmpty {
            read()
            begin()
            if running != nil { stop("completed") }
            if let task = tasks.first { end(task, "completed") }
        }
        if person != nil || isFollowingUp { faults.append("A turn never ended: \(person ?? "a follow-up")") }
        if !shown.isEmpty { faults.append("Still shown: \(shown)") }
    }

    // MARK: - What the program does

    private mutating func read() {
        guard !pipe.isEmpty else { return }
        let prompt = pipe.removeFirst()
        queue.append(prompt)
        says(claude.lifecycle(prompt, "queued"))
    }

    private mutating func begin() {
        guard running == nil else { return }
        if !pending.isEmpty {
            running = .own(pending.removeFirst())
        } else if !queue.isEmpty {
            let prompt = queue.removeFirst()
            running = .person(prompt)
            says(claude.lifecycle(prompt, "started"))
        } else {
            return
        }
        says(ClaudeProgram.start)
    }

    /// Ends the turn that runs.
    private mutating func stop(_ reason: String) {
        let fields = reason == "completed" ? #""result":"x""# : #""is_error":true"#
        let result = #""type":"result","subtype":"success",\#(fields),"terminal_reason":"\#(reason)""#
        switch running {
        case .person(let prompt)?:
            says("{\(result)}", claude.lifecycle(prompt, reason == "completed" ? "completed" : "cancelled"))
        case .own(let run)?: says(#"{\#(result),"origin":{"kind":"task-notification","runId":"\#(run)"}}"#)
        case nil: return
        }
        running = nil
        // It is not idle while a sub-agent runs or something is still to be told.
        if pending.isEmpty, queue.isEmpty, !tasks.contains(where: { $0.hasPrefix("a") }) {
            says(ClaudeProgram.idle)
        }
    }

    /// A prompt that waits is taken into the program's own turn.
    private mutating func takeIn() {
        guard case .own? = running, !queue.isEmpty else { return }
        let prompt = queue.removeFirst()
        says(claude.lifecycle(prompt, "started"), claude.lifecycle(prompt, "completed"))
        stop("completed")
    }

    private mutating func start() {
        let task = name(chance(2) ? "a" : "b")
        tasks.append(task)
        let (set, started) = (ClaudeProgram.set(tasks), ClaudeProgram.started(task, by: "toolu_\(task)"))
        if chance(2) { says(set, started) } else { says(started, set) }
    }

    private mutating func end(_ task: String, _ status: String) {
        tasks.removeAll { $0 == task }
        says(ClaudeProgram.ended(task, by: "toolu_\(task)", status))
        // What ends during a turn may be told in it.
        if status == "completed", running == nil || chance(2) { pending.append("run-\(task)") }
        says(ClaudeProgram.set(tasks))
    }

    private mutating func cancel() {
        wasCancelled = true
        note(claude.cancel(), "cancel")
        // The program reads what was written before it reads the request to stop.
        while !pipe.isEmpty { read() }
        for request in claude.requests() {
            switch request["subtype"]?.string {
            case "interrupt":
                for prompt in queue where request["cancel_queued"] == true { says(claude.lifecycle(prompt, "cancelled")) }
                if request["cancel_queued"] == true { queue = [] }
                for task in tasks where task.hasPrefix("a") { end(task, "stopped") }
                if running != nil { stop("aborted_streaming") }
            case "stop_task":
                if let task = request["task_id"]?.string, tasks.contains(task) { end(task, "stopped") }
            default: break
            }
        }
        if !tasks.isEmpty { faults.append("Not stopped: \(tasks)") }
        if person != nil, pending.isEmpty { faults.append("Cancelled, and never ended: \(person ?? "")") }
    }

    // MARK: - What is told

    private mutating func says(_ lines: String...) {
        for line in lines { note(claude.says(line), line) }
    }

    private mutating func note(_ events: [AgentEvent], _ line: String) {
        log.append("\(line) → \(events)")
        for event in events {
            switch event {
            case .turnStarted(let turn) where turn.isFollowUp == true:
                if isFollowingUp { fault("A follow-up began twice") }
                isFollowingUp = true
            case .turnStarted(let turn):
                if person != nil { fault("A turn began within another") }
                person = turn.prompt.rawValue
            case .turnEnded(let end) where end.isFollowUp == true:
                if !isFollowingUp { fault("A follow-up ended that had not begun") }
                isFollowingUp = false
            case .turnEnded(let end):
                if person != end.prompt.rawValue { fault("Another's turn ended") }
                person = nil
            case .background(let work):
                if work.tasks == shown { fault("Told twice") }
                shown = work.tasks
            default: break
            }
        }
        // Between a turn's end and what follows from it there is always something that tells of it: a turn that has not ended, or a task.
        // What ends while no turn runs tells of itself; the runner holds that back for a moment.
        if case .turnEnded? = events.last, !wasCancelled, person == nil, !isFollowingUp, shown.isEmpty, !pending.isEmpty {
            fault("It is taken for idle, and \(pending) is still to come")
        }
    }

    private mutating func fault(_ words: String) {
        faults.append("\(words), after \(log.count) lines")
    }
}
