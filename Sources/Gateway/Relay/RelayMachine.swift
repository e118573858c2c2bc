/// Decides what an exchange does next: one request on its way to a provider, and its answer on the way back.
///
/// It takes events and returns actions and touches nothing itself, so that early answers, disconnects and failures at any
/// moment are tables in a test. Bodies go past it: ``bodyWay`` and ``answerGoesToClient`` say where to.
struct RelayMachine: Sendable {
    /// What happened.
    enum Event: Sendable, Hashable {
        /// The client's request is complete.
        case requestEnded
        /// The lease opens the provider. A request that must be held back goes nowhere before it is complete.
        case granted(holdsRequest: Bool)
        /// A request that was held back may go: there is room in the budgets.
        case cleared
        /// SAM answers by itself.
        case refused(Refusal)
        /// There is a connection to the provider.
        case connected
        /// The provider's answer begins.
        case answerBegan
        /// The provider's answer is complete. The connection may serve another request.
        case answerEnded(keepsAlive: Bool)
        /// The connection to the provider ended.
        case upstreamClosed
        /// The client is gone.
        case clientClosed
        /// An answer that nobody waits for has taken too long or has become too large.
        case drainedEnough
        /// One side has been silent for too long.
        case timedOut
    }

    /// What is to be done.
    enum Action: Sendable, Hashable {
        /// Ask the budgets for room.
        case clear
        /// Get a connection to the provider.
        case connect
        /// Send the head, and what came of the body so far.
        case sendRequest
        /// Write down that the request is made, then send its end.
        case endRequest
        /// Answer by itself, in the provider's shape.
        case answer(Refusal)
        /// Complete the answer to the client, and close its connection or leave it for the next request.
        case endAnswer(closes: Bool)
        /// Close the client's connection: it is to see that its answer is cut.
        case cutClient
        /// The connection to the provider may serve the next request.
        case keepUpstream
        case closeUpstream
        /// Write down what was used.
        case settle(isCut: Bool)
        /// Nothing was used: give back what the budgets held.
        case release
        /// The exchange is over.
        case finish
    }

    /// Where the bytes of the request go.
    enum BodyWay: Sendable, Hashable {
        case keep, forward, discard
    }

    private enum Phase: Sendable, Hashable {
        /// The lease is looked up.
        case judging
        /// The request is held back until it is complete.
        case holding
        /// The budgets are asked.
        case clearing
        case connecting
        case relaying
        /// The client is gone; the provider's answer is read to its end, for its usage.
        case draining
        /// The client is gone while something was asked for that can't be called off: its coming is awaited.
        case abandoned
        /// The answer is complete and the request is not: the rest of it is read and dropped.
        case discarding
        case over
    }

    private var phase = Phase.judging
    private var requestIsComplete = false
    private var requestWasSent = false
    private var answerBegan = false
    /// Whether the client wants its connection kept.
    private let keepsClient: Bool

    init(keepsClient: Bool) {
        self.keepsClient = keepsClient
    }

    var bodyWay: BodyWay {
        switch phase {
        case .judging, .holding, .clearing, .connecting: .keep
        case .relaying: .forward
        case .draining, .abandoned, .discarding, .over: .discard
        }
    }

    /// Whether the answer's bytes go to the client, beside the meter.
    var answerGoesToClient: Bool { phase == .relaying }

    var isDraining: Bool { phase == .draining }
    var isHolding: Bool { phase == .holding }
    var isOver: Bool { phase == .over }

    mutating func apply(_ event: Event) -> [Action] {
        switch (phase, event) {
        case (.over, _): return []

        case (_, .requestEnded): return requestEnded()
        case (.judging, .granted(let holds)) where holds:
            phase = requestIsComplete ? .clearing : .holding
            return requestIsComplete ? [.clear] : []
        case (.judging, .granted), (.clearing, .cleared):
            phase = .connecting
            return [.connect]
        case (.judging, .refused(let refusal)), (.holding, .refused(let refusal)), (.clearing, .refused(let refusal)):
            return answer(refusal)
        case (.connecting, .refused(let refusal)):
            return [.release] + answer(refusal)
        case (.connecting, .connected):
            phase = .relaying
            requestWasSent = requestIsComplete
            return requestIsComplete ? [.sendRequest, .endRequest] : [.sendRequest]
        case (.relaying, .refused(let refusal)):
            // The request could not be written down, so its end was not sent.
            requestWasSent = false
            return [.closeUpstream, .release] + (answerBegan ? cut() : answer(refusal))
        case (.relaying, .answerBegan):
            answerBegan = true
            return []

        case (.relaying, .answerEnded(let keepsAlive)):
            phase = requestIsComplete ? .over : .discarding
            let isReusable = keepsAlive && requestWasSent
            return [
                .settle(isCut: false), isReusable ? .keepUpstream : .closeUpstream, .endAnswer(closes: !requestIsComplete || !keepsClient),
            ]
                + (requestIsComplete ? [.finish] : [])
        case (.relaying, .upstreamClosed): return upstreamFailed(Self.brokenOff)
        case (.relaying, .timedOut): return [.closeUpstream] + upstreamFailed(Self.silent)

        case (.draining, .answerBegan):
            answerBegan = true
            return []
        case (.draining, .answerEnded(let keepsAlive)):
            phase = .over
            return [.settle(isCut: false), keepsAlive ? .keepUpstream : .closeUpstream, .finish]
        case (.draining, .refused):
            phase = .over
            return [.closeUpstream, .release, .finish]
        case (.draining, .upstreamClosed):
            phase = .over
            return [.settle(isCut: true), .finish]
        case (.draining, .drainedEnough), (.draining, .timedOut):
            phase = .over
            return [.closeUpstream, .settle(isCut: true), .finish]

        case (_, .clientClosed): return clientClosed()
        case (.abandoned, .connected):
            phase = .over
            return [.keepUpstream, .release, .finish]
        case (.abandoned, .cleared), (.abandoned, .refused):
            phase = .over
            return [.release, .finish]
        case (.abandoned, .granted):
            phase = .over
            return [.finish]

        case (.discarding, .timedOut), (.discarding, .drainedEnough):
            phase = .over
            return [.cutClient, .finish]
        // These have their own clocks, and what they bring has to be taken care of when it comes.
        case (.judging, .timedOut), (.clearing, .timedOut), (.connecting, .timedOut), (.abandoned, .timedOut): return []
        case (_, .timedOut):
            // The client is silent in the middle of its request.
            return answer(Refusal(.timeout, "The request was not complete in time."))

        case (_, .answerBegan), (_, .answerEnded), (_, .upstreamClosed), (_, .connected), (_, .granted), (_, .cleared), (_, .refused),
            (_, .drainedEnough):
            return []
        }
    }

    private static let brokenOff = Refusal(.badGateway, "The provider closed the connection before it answered. Try again.")
    private static let silent = Refusal(.timeout, "The provider has not answered for too long. Try again.")

    private mutating func requestEnded() -> [Action] {
        guard !requestIsComplete else { return [] }
        requestIsComplete = true
        switch phase {
        case .holding:
            phase = .clearing
            return [.clear]
        case .relaying:
            requestWasSent = true
            return [.endRequest]
        case .discarding:
            phase = .over
            return [.cutClient, .finish]
        default: return []
        }
    }

    /// SAM's own answer ends the exchange. What is still to come of the request is dropped, and the connection with it.
    private mutating func answer(_ refusal: Refusal) -> [Action] {
        phase = requestIsComplete ? .over : .discarding
        return [.answer(refusal), .endAnswer(closes: !requestIsComplete || !keepsClient)] + (requestIsComplete ? [.finish] : [])
    }

    private mutating func cut() -> [Action] {
        phase = .over
        return [.cutClient, .finish]
    }

    private mutating func upstreamFailed(_ refusal: Refusal) -> [Action] {
        let word: Action = requestWasSent || answerBegan ? .settle(isCut: true) : .release
        return [word] + (answerBegan ? cut() : answer(refusal))
    }

    private mutating func clientClosed() -> [Action] {
        switch phase {
        case .judging, .clearing, .connecting:
            phase = .abandoned
            return []
        case .relaying where requestWasSent:
            phase = .draining
            return []
        case .relaying:
            phase = .over
            return [.closeUpstream, answerBegan ? .settle(isCut: true) : .release, .finish]
        case .holding, .discarding:
            phase = .over
            return [.finish]
        case .draining, .abandoned, .over: return []
        }
    }
}
