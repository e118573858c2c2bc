import Fuzzing
import Testing

@testable import Gateway

@Suite("Whatever happens to an exchange, in whatever order")
struct MachineHistoryTests {
    // A history that goes wrong is told with its seed, so that it can be looked at again.
    @Test("Nothing is lost, and nothing done twice", arguments: [true, false])
    func histories(keepsClient: Bool) {
        var reached: Set<String> = []
        for seed in 0..<10_000 {
            var generator = SeededGenerator(seed: UInt64(seed))
            var world = World(keepsClient: keepsClient)
            do {
                try world.run(using: &generator)
            } catch {
                Issue.record("\(error), seed \(seed), after \(world.history): \(world.log)")
                return
            }
            reached.formUnion(world.done)
        }
        // Otherwise the histories would be too tame to show anything.
        let all: Set<String> = [
            "clear", "callOff", "connect", "sendRequest", "endRequest", "answer", "endAnswer", "cutClient", "keepUpstream", "closeUpstream",
            "settle", "finish", "reconnect", "withdraw",
        ]
        #expect(reached.isSuperset(of: all))
    }
}

private struct Problem: Error { var what: String }

private func demand(_ condition: Bool, _ what: String) throws {
    if !condition { throw Problem(what: what) }
}

/// Everything around one exchange: what can happen next, and what must never be done.
private struct World {
    enum Answer: Hashable { case none, began, ended(keepsAlive: Bool) }

    let keepsClient: Bool
    var machine: RelayMachine
    var history: [RelayMachine.Event] = []
    var log: [RelayMachine.Action] = []
    var done: Set<String> = []

    // What was asked for and has not come. A lease is looked up from the beginning.
    var isJudging = true
    var isHolding = false
    var isClearing = false
    var isConnecting = false
    /// The spool may still refuse to write the request down.
    var isWriting = false

    var clientIsThere = true
    var requestIsWhole = false
    var upstreamIsOpen = false
    var answer = Answer.none
    /// Whether money was set aside.
    var isCleared = false
    /// Whether the request is made, as far as anybody can tell.
    var isMade = false
    var isWrittenDown = false
    var isReplaced = false
    var silences = 0

    init(keepsClient: Bool) {
        self.keepsClient = keepsClient
        machine = RelayMachine(keepsClient: keepsClient)
    }

    var isAnswered: Bool { done.contains("answer") || done.contains("endAnswer") }
    var isFinished: Bool { done.contains("finish") }

    var possible: [RelayMachine.Event] {
        var events: [RelayMachine.Event] = []
        if clientIsThere { events.append(.clientClosed) }
        if clientIsThere, !requestIsWhole, !done.contains("cutClient") { events.append(.requestEnded) }
        if isJudging { events += [.granted(holdsRequest: true), .granted(holdsRequest: false), .refused(Story.no)] }
        if isHolding, clientIsThere, !requestIsWhole, !isAnswered, !done.contains("cutClient") { events.append(.refused(Story.big)) }
        if isClearing { events += [.cleared, .refused(Story.poor)] }
        if isConnecting { events += [.connected, .refused(Story.down)] }
        if isWriting { events.append(.refused(Story.full)) }
        if upstreamIsOpen {
            events.append(.upstreamClosed)
            if answer == .none { events.append(.answerBegan) }
            if answer == .none, done.contains("sendRequest"), !isReplaced {
                events += [.upstreamLost(isAtHand: true), .upstreamLost(isAtHand: false)]
            }
            if answer == .began { events += [.answerEnded(keepsAlive: true), .answerEnded(keepsAlive: false)] }
        }
        if machine.isDraining { events.append(.drainedEnough) }
        if silences < 2 { events.append(.timedOut) }
        return events
    }

    mutating func run(using generator: inout SeededGenerator) throws {
        while !isFinished {
            // Trouble at every step would end all histories at their beginning.
            let trouble: Set<RelayMachine.Event> = [
                .clientClosed, .timedOut, .upstreamClosed, .refused(Story.full), .upstreamLost(isAtHand: true),
                .upstreamLost(isAtHand: false),
            ]
            let quiet = possible.filter { !trouble.contains($0) }
            let isQuiet = Int.random(in: 0..<4, using: &generator) > 0
            let event = (isQuiet ? quiet.randomElement(using: &generator) : nil) ?? possible.randomElement(using: &generator)
            guard let event, history.count < 40 else { throw Problem(what: "it never ends") }
            if isWriting { isWriting = Bool.random(using: &generator) || event == .refused(Story.full) }
            try take(event)
        }
        for event in possible {
            var machine = machine
            try demand(machine.apply(event).isEmpty, "something is done after the end, at \(event)")
        }
    }

    private mutating func take(_ event: RelayMachine.Event) throws {
        history.append(event)
        switch event {
        case .requestEnded: requestIsWhole = true
        case .granted(let holds): (isJudging, isHolding) = (false, holds)
        case .cleared: (isClearing, isCleared) = (false, true)
        case .refused:
            (isJudging, isHolding, isClearing, isConnecting) = (false, false, false, false)
            if isWriting { (isWriting, isMade, isWrittenDown) = (false, false, false) }
        case .connected: (isConnecting, upstreamIsOpen) = (false, true)
        case .answerBegan: answer = .began
        case .answerEnded(let keepsAlive): answer = .ended(keepsAlive: keepsAlive)
        case .upstreamClosed: upstreamIsOpen = false
        case .upstreamLost: (upstreamIsOpen, isMade, isWriting) = (false, false, false)
        case .clientClosed: clientIsThere = false
        case .timedOut: silences += 1
        case .drainedEnough: break
        }
        for action in machine.apply(event) { try look(at: action) }
        try lookAround()
    }
}

// What must hold.
extension World {
    fileprivate mutating func look(at action: RelayMachine.Action) throws {
        log.append(action)
        try demand(!isFinished, "something is done after the end")
        try demand(done.insert(String(String(describing: action).prefix { $0 != "(" })).inserted, "\(action) twice")
        switch action {
        case .clear:
            try demand(isHolding && requestIsWhole && clientIsThere && !isAnswered, "budgets asked too early or for nobody")
            (isHolding, isClearing) = (false, true)
        case .callOff: try demand(isClearing && !clientIsThere, "the budgets' answer not waited for, and somebody waits")
        case .connect:
            try demand(!isJudging && !isHolding && !isClearing && clientIsThere && !isAnswered, "connected too early or for nobody")
            isConnecting = true
        case .reconnect:
            try demand(history.last == .upstreamLost(isAtHand: true) && clientIsThere && !isAnswered, "a request repeated for nobody")
            try demand(!isReplaced && answer == .none, "a request repeated twice, or one that was answered")
            (isReplaced, isConnecting) = (true, true)
            done.subtract(["sendRequest", "endRequest"])
        case .withdraw:
            try demand(isWrittenDown && !isMade && !done.contains("settle") && !done.contains("release"), "what was made taken back")
        case .sendRequest: try demand(upstreamIsOpen && clientIsThere && !isAnswered, "a request sent to or for nobody")
        case .endRequest:
            try demand(done.contains("sendRequest") && requestIsWhole && upstreamIsOpen && clientIsThere, "an end out of place")
            (isWriting, isMade, isWrittenDown) = (!isWrittenDown, true, true)
        case .answer: try demand(!clientIsThere || (answer == .none && !done.contains("endAnswer")), "answered by SAM and relayed")
        case .endAnswer(let closes):
            try demand(closes || keepsClient, "a client kept that did not want it")
            guard clientIsThere, !done.contains("answer") else { break }
            if case .ended = answer {} else { throw Problem(what: "an answer ended that has not") }
            try demand(closes || requestIsWhole, "a client kept in the middle of its request")
        case .cutClient: break
        case .keepUpstream:
            let isUnused = !done.contains("sendRequest")
            let isDone = answer == .ended(keepsAlive: true) && isMade
            try demand(upstreamIsOpen && (isUnused || isDone), "a connection kept that is not fit for it")
            try demand(!done.contains("closeUpstream"), "a closed connection kept")
            upstreamIsOpen = false
        case .closeUpstream:
            try demand(upstreamIsOpen || history.last == .upstreamClosed, "a connection closed that is not there")
            upstreamIsOpen = false
        case .settle(let isCut):
            try demand(!done.contains("release"), "released and settled")
            if isMade, case .ended = answer { try demand(!isCut, "a whole answer taken for a cut one") }
            if isMade, answer == .none || answer == .began { try demand(isCut, "a cut answer taken for a whole one") }
        case .release:
            try demand(!done.contains("settle") && !isClearing && !isMade && !isWrittenDown, "released too early, or what was used")
        case .finish:
            try demand(!isClearing && !isConnecting && !upstreamIsOpen, "over while something is open")
            if isMade { try demand(done.contains("settle"), "a request forgotten") }
            if isWrittenDown, !isMade { try demand(done.contains("withdraw"), "a request left open that was never made") }
            if isCleared { try demand(!done.isDisjoint(with: ["settle", "release", "withdraw"]), "money forgotten") }
            try demand(!clientIsThere || isAnswered || done.contains("cutClient"), "a client left waiting")
        }
    }

    fileprivate func lookAround() throws {
        try demand(machine.isOver == isFinished, "over and not finished, or the other way round")
        try demand(!machine.isDraining || !clientIsThere || done.contains("cutClient"), "read for nobody while the client waits")
        try demand(!machine.answerGoesToClient || clientIsThere, "an answer sent to nobody")
        if clientIsThere, upstreamIsOpen, answer == .began, !done.contains("cutClient") {
            try demand(machine.answerGoesToClient, "an answer kept from its client")
        }
        let isUpstreamOver = !isJudging && !isClearing && !isConnecting && !upstreamIsOpen
        let isClientOver = !clientIsThere || done.contains("cutClient") || (isAnswered && requestIsWhole)
        try demand(isFinished || !isUpstreamOver || !isClientOver, "both sides are over and the exchange is not")
    }
}
