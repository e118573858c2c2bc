import Testing

@testable import Gateway

/// What happens to an exchange, and what it has to do each time.
struct Story: Sendable, CustomTestStringConvertible {
    typealias Steps = [(event: RelayMachine.Event, actions: [RelayMachine.Action])]

    let testDescription: String
    let keepsClient: Bool
    let steps: Steps

    init(_ name: String, keepsClient: Bool = true, _ steps: Steps) {
        testDescription = name
        self.keepsClient = keepsClient
        self.steps = steps
    }

    static let no = Refusal(.forbidden, "Nobody gave this project a key.")
    static let poor = Refusal(.overBudget, "The budget of July is used up.")
    static let big = Refusal(.tooLarge, "That is too much.")
    static let down = Refusal(.badGateway, "Nobody is there.")
    static let late = Refusal(.timeout, "Nobody said anything.")
    static let full = Refusal(.unavailable, "The disk is full.")

    // How far a story has come when something happens.
    static let connecting: Steps = [(.granted(holdsRequest: false), [.connect])]
    static let sending: Steps = connecting + [(.connected, [.sendRequest])]
    static let waiting: Steps = sending + [(.requestEnded, [.endRequest])]
    static let answering: Steps = waiting + [(.answerBegan, [])]
    static let early: Steps = sending + [(.answerBegan, [])]
    static let holding: Steps = [(.granted(holdsRequest: true), [])]
    static let clearing: Steps = holding + [(.requestEnded, [.clear])]
    static let cleared: Steps = clearing + [(.cleared, [.connect])]
    /// A connection that was used before was closed while the request was on its way.
    static let lost: Steps = [(.upstreamLost(isAtHand: true), [.reconnect])]
    static let done: Steps = [(.answerEnded(keepsAlive: true), [.endAnswer(closes: false), .keepUpstream, .settle(isCut: false)])]
}

/// Tells a machine a story and looks at what it does.
///
/// Left open is what the contract leaves open: in which order the actions of one step come, when the exchange is over as long as
/// nothing comes after, and whatever is done to a side that is not there any more.
func tell(_ story: Story) {
    var machine = RelayMachine(keepsClient: story.keepsClient)
    var told = Told()
    for step in story.steps {
        let actions = machine.apply(step.event)
        told.take(step.event, actions)
        #expect(Set(actions).count == actions.count, "twice at once, at \(step.event)")
        #expect(Set(actions.compactMap(told.essence)) == Set(step.actions.compactMap(told.essence)), "at \(step.event)")
    }
    #expect(machine.isOver)
    told.checkEnd()
}

/// What has happened and was done so far.
private struct Told {
    var events: [RelayMachine.Event] = []
    var log: [RelayMachine.Action] = []
    /// Whether the request was made, so that its use has to be written down.
    var isMade = false

    mutating func take(_ event: RelayMachine.Event, _ actions: [RelayMachine.Action]) {
        switch event {
        case .refused, .upstreamLost: isMade = false
        default: break
        }
        if actions.contains(.endRequest) { isMade = true }
        events.append(event)
        log += actions
    }

    /// What of an action the contract tells; `nil` for nothing.
    func essence(of action: RelayMachine.Action) -> RelayMachine.Action? {
        let isClientGone = events.contains(.clientClosed)
        let isAnswered = log.contains { if case .answer = $0 { true } else { false } }
        let isEnded = log.contains { if case .endAnswer = $0 { true } else { false } }
        switch action {
        // Looked at when the story ends.
        case .finish, .release: return nil
        // Whether a request that was never made can have cost something is not told.
        case .settle: return isMade ? action : nil
        // In which words the machine speaks by itself is its own affair.
        case .answer(let refusal): return isClientGone ? nil : .answer(Refusal(refusal.kind, ""))
        case .endAnswer: return isClientGone || isAnswered ? nil : action
        case .cutClient:
            if isClientGone || isEnded { return nil }
            // A client that is silent may be told, or left.
            let mayBeTold = events.last == .timedOut && !events.contains(.answerBegan)
            return mayBeTold ? .answer(Refusal(.timeout, "")) : action
        case .closeUpstream: return events.last == .upstreamClosed ? nil : action
        // A connection over which nothing was sent is as good as new.
        case .keepUpstream: return log.contains(.sendRequest) ? action : .closeUpstream
        case .clear, .callOff, .connect, .reconnect, .sendRequest, .endRequest, .withdraw: return action
        }
    }

    func checkEnd() {
        #expect(log.last == .finish && log.count { $0 == .finish } == 1, "\(log)")
        let settled = log.count { if case .settle = $0 { true } else { false } }
        let released = log.count { $0 == .release || $0 == .withdraw }
        #expect(settled + released <= 1, "\(log)")
        if isMade { #expect(settled == 1, "\(log)") }
        if events.contains(.cleared) { #expect(settled + released == 1, "\(log)") }
        if let head = log.firstIndex(of: .sendRequest), let end = log.firstIndex(of: .endRequest) { #expect(head < end) }
    }
}
