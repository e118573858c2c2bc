/// Decides the actions of an exchange: one request on its way to a provider, and its answer on the way back.
///
/// It takes events, returns actions and performs no I/O, so that tests can cover early answers, disconnects and failures at any moment as
/// tables. Bodies bypass it: ``bodyWay`` and ``answerGoesToClient`` say where they go.
struct RelayMachine: Sendable {
    /// An input of the machine.
    enum Event: Sendable, Hashable {
        /// The client's request is complete.
        case requestEnded
        /// The lease is valid for the provider. A held request is not sent before it is complete.
        case granted(holdsRequest: Bool)
        /// A held request may be sent: the budgets have room.
        case cleared
        /// SAM refuses the request itself.
        case refused(Refusal)
        /// The connection to the provider is ready.
        case connected
        /// The provider's answer begins.
        case answerBegan
        /// The provider's answer is complete. `keepsAlive`: the connection may serve another request.
        case answerEnded(keepsAlive: Bool)
        /// The connection to the provider ended.
        case upstreamClosed
        /// It ended before the provider received the request, which may be sent again if its body is still available.
        case upstreamLost(isAtHand: Bool)
        /// The client disconnected.
        case clientClosed
        /// An answer without a client has taken too long or has become too large.
        case drainedEnough
        /// One side has been silent for too long.
        case timedOut
    }

    /// An output of the machine.
    enum Action: Sendable, Hashable {
        /// Reserve the cost in the budgets.
        case clear
        /// Cancel the wait for the budgets.
        case callOff
        /// Get a connection to the provider.
        case connect
        /// Get a new connection, not a reused one.
        case reconnect
        /// Send the head and the buffered body.
        case sendRequest
        /// Record the request in the ledger, then send its end.
        case endRequest
        /// Send SAM's own error, in the provider's format.
        case answer(Refusal)
        /// End the answer to the client, and close its connection or keep it for the next request.
        case endAnswer(closes: Bool)
        /// Close the client's connection, so that it notices the cut answer.
        case cutClient
        /// Return the connection to the provider to the pool.
        case keepUpstream
        case closeUpstream
        /// Write the usage to the ledger.
        case settle(isCut: Bool)
        /// Release the reservation: nothing was used.
        case release
        /// Record that an announced request was not sent and cost nothing.
        case withdraw
        /// The exchange is over.
        case finish
    }

    /// The destination of the request's bytes.
    enum BodyWay: Sendable, Hashable {
        case keep, forward, discard
    }

    private enum Phase: Sendable, Hashable {
        /// The lease is being looked up.
        case judging
        /// The request is held back until it is complete.
        case holding
        /// The budgets are being checked.
        case clearing
        case connecting
        case relaying
        /// The client is gone; the provider's answer is read to its end for its usage.
        case draining
        /// The client is gone while an operation that cannot be cancelled is in progress; its result is awaited.
        case abandoned
        /// The answer is complete but the request is not: the rest of it is dropped.
        case discarding
        case over
    }

    private var phase = Phase.judging
    private var requestIsComplete = false
    private var requestWasSent = false
    private var answerBegan = false
    /// Whether the ledger records that the request is sent.
    private var isWrittenDown = false
    /// Whether the connection has been replaced, which happens at most once.
    private var isReplaced = false
    /// Whether the client wants to keep its connection.
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

    /// Whether the answer's bytes go to the client, in addition to the meter.
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
            return [giveUp] + answer(refusal)
        case (.connecting, .connected):
            phase = .relaying
            requestWasSent = requestIsComplete
            isWrittenDown = isWrittenDown || requestIsComplete
            return requestIsComplete ? [.sendRequest, .endRequest] : [.sendRequest]
        case (.relaying, .refused(let refusal)):
            // The request could not be recorded in the ledger, so its end was not sent.
            (requestWasSent, isWrittenDown) = (false, false)
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
        case (.relaying, .upstreamLost(let isAtHand)):
            requestWasSent = false
            guard isAtHand, !isReplaced, !answerBegan else { return upstreamFailed(Self.brokenOff) }
            isReplaced = true
            phase = .connecting
            return [.reconnect]
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
        case (.draining, .upstreamLost):
            phase = .over
            return [answerBegan ? .settle(isCut: true) : giveUp, .finish]
        case (.draining, .drainedEnough), (.draining, .timedOut):
            phase = .over
            return [.closeUpstream, .settle(isCut: true), .finish]

        case (_, .clientClosed): return clientClosed()
        case (.abandoned, .connected):
            phase = .over
            return [.keepUpstream, giveUp, .finish]
        case (.abandoned, .cleared), (.abandoned, .refused):
            phase = .over
            return [giveUp, .finish]
        case (.abandoned, .granted):
            phase = .over
            return [.finish]

        case (.discarding, .timedOut), (.discarding, .drainedEnough):
            phase = .over
            return [.cutClient, .finish]
        // These have their own timeouts, and their results must be handled when they arrive.
        case (.judging, .timedOut), (.clearing, .timedOut), (.connecting, .timedOut), (.abandoned, .timedOut): return []
        case (_, .timedOut):
            // The client is silent in the middle of its request.
            return answer(Refusal(.timeout, "The request was not complete in time."))

        case (_, .answerBegan), (_, .answerEnded), (_, .upstreamClosed), (_, .upstreamLost), (_, .connected), (_, .granted), (_, .cleared),
            (_, .refused),
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
            (requestWasSent, isWrittenDown) = (true, true)
            return [.endRequest]
        case .discarding:
            phase = .over
            return [.cutClient, .finish]
        default: return []
        }
    }

    /// Ends the exchange with SAM's own answer. The rest of an incomplete request is dropped, and its connection closed.
    private mutating func answer(_ refusal: Refusal) -> [Action] {
        phase = requestIsComplete ? .over : .discarding
        return [.answer(refusal), .endAnswer(closes: !requestIsComplete || !keepsClient)] + (requestIsComplete ? [.finish] : [])
    }

    private mutating func cut() -> [Action] {
        phase = .over
        return [.cutClient, .finish]
    }

    private mutating func upstreamFailed(_ refusal: Refusal) -> [Action] {
        let word = requestWasSent || answerBegan ? .settle(isCut: true) : giveUp
        return [word] + (answerBegan ? cut() : answer(refusal))
    }

    /// The action for a request that the provider never received.
    private var giveUp: Action { isWrittenDown ? .withdraw : .release }

    private mutating func clientClosed() -> [Action] {
        switch phase {
        case .clearing:
            phase = .abandoned
            return [.callOff]
        case .judging, .connecting:
            phase = .abandoned
            return []
        case .relaying where requestWasSent:
            phase = .draining
            return []
        case .relaying:
            phase = .over
            return [.closeUpstream, answerBegan ? .settle(isCut: true) : giveUp, .finish]
        case .holding, .discarding:
            phase = .over
            return [.finish]
        case .draining, .abandoned, .over: return []
        }
    }
}
