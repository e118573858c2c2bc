import Testing

@testable import Gateway

@Suite("What an exchange does when a client leaves, or nothing happens")
struct MachineLeavingTests {
    @Test("A client that leaves before anything was asked of the provider", arguments: leftEarly)
    func early(story: Story) { tell(story) }

    static let leftEarly = [
        Story("while the lease is looked up", [(.clientClosed, []), (.granted(holdsRequest: false), [])]),
        Story("while the lease of a budget is looked up", [(.clientClosed, []), (.granted(holdsRequest: true), [])]),
        Story("while the lease of a whole request is", [(.requestEnded, []), (.clientClosed, []), (.granted(holdsRequest: true), [])]),
        Story("before the lease is refused", [(.clientClosed, []), (.refused(Story.no), [])]),
        Story("while its request is held", Story.holding + [(.clientClosed, [])]),
        // The budgets set money aside for nobody: it goes back.
        Story("before the budgets agree", Story.clearing + [(.clientClosed, [.callOff]), (.cleared, [])]),
        Story("before the budgets refuse", Story.clearing + [(.clientClosed, [.callOff]), (.refused(Story.poor), [])]),
        Story("while the connection is made", Story.connecting + [(.clientClosed, []), (.connected, [.keepUpstream])]),
        Story("while it is made, with money set aside", Story.cleared + [(.clientClosed, []), (.connected, [.keepUpstream])]),
        Story("while it fails, with money set aside", Story.cleared + [(.clientClosed, []), (.refused(Story.down), [])]),
        Story("in the middle of its request", Story.sending + [(.clientClosed, [.closeUpstream])]),
    ]

    // The provider does not notice, and bills what it writes. So it is read.
    @Test("A client that leaves its answer behind", arguments: leftLate)
    func late(story: Story) { tell(story) }

    static let unread: Story.Steps = Story.waiting + [(.clientClosed, [])]
    static let halfRead: Story.Steps = Story.answering + [(.clientClosed, [])]

    static let leftLate = [
        Story(
            "before it began",
            unread + [(.answerBegan, []), (.answerEnded(keepsAlive: true), [.keepUpstream, .settle(isCut: false)])]),
        Story("in its middle", halfRead + [(.answerEnded(keepsAlive: true), [.keepUpstream, .settle(isCut: false)])]),
        Story("from a provider that closes", halfRead + [(.answerEnded(keepsAlive: false), [.closeUpstream, .settle(isCut: false)])]),
        Story("that is never begun", unread + [(.drainedEnough, [.closeUpstream, .settle(isCut: true)])]),
        Story("that is too long", halfRead + [(.drainedEnough, [.closeUpstream, .settle(isCut: true)])]),
        Story("that never comes", unread + [(.upstreamClosed, [.settle(isCut: true)])]),
        Story("that breaks off", halfRead + [(.upstreamClosed, [.settle(isCut: true)])]),
        Story("that stops", halfRead + [(.timedOut, [.closeUpstream, .settle(isCut: true)])]),
    ]

    @Test("Silence for too long", arguments: silences)
    func silence(story: Story) { tell(story) }

    static let silences = [
        Story("of a client whose request is held", Story.holding + [(.timedOut, [.answer(Story.late)]), (.clientClosed, [])]),
        Story(
            "of a client in the middle of its request",
            Story.sending + [(.timedOut, [.answer(Story.late), .closeUpstream]), (.clientClosed, [])]),
        Story(
            "of a provider that is to answer",
            Story.waiting + [(.timedOut, [.answer(Story.late), .closeUpstream, .settle(isCut: true)]), (.clientClosed, [])]),
        Story(
            "in the middle of an answer",
            Story.answering + [(.timedOut, [.cutClient, .closeUpstream, .settle(isCut: true)]), (.clientClosed, [])]),
        Story(
            "in the middle of an early answer",
            Story.early + [(.timedOut, [.cutClient, .closeUpstream]), (.clientClosed, [])]),
    ]

    // To wait on is as good as to give up; to forget what is on its way is not.
    @Test(
        "Silence while something is asked for loses nothing of it",
        arguments: [
            ([.timedOut, .granted(holdsRequest: true), .clientClosed], false),
            ([.requestEnded, .granted(holdsRequest: true), .timedOut, .clientClosed, .cleared], true),
            ([.granted(holdsRequest: false), .timedOut, .clientClosed, .connected], false),
            ([.requestEnded, .granted(holdsRequest: true), .cleared, .timedOut, .clientClosed, .connected], true),
        ] as [([RelayMachine.Event], Bool)])
    func silenceWhileAsking(events: [RelayMachine.Event], isCleared: Bool) {
        var machine = RelayMachine(keepsClient: true)
        let log = events.flatMap { machine.apply($0) }
        #expect(log.last == .finish && log.count { $0 == .finish } == 1)
        #expect(!log.contains(.endRequest) && !log.contains { if case .settle = $0 { true } else { false } })
        #expect(!isCleared || log.count { $0 == .release } == 1)
        let ends = log.count { $0 == .keepUpstream || $0 == .closeUpstream }
        #expect(ends == (events.last == .connected ? 1 : 0))
    }

    @Test("The request's bytes wait until there is somewhere to send them, and are dropped when there will be nowhere")
    func bodyWay() {
        func way(_ steps: Story.Steps, _ last: RelayMachine.Event? = nil) -> RelayMachine.BodyWay {
            var machine = RelayMachine(keepsClient: true)
            for step in steps { _ = machine.apply(step.event) }
            if let last { _ = machine.apply(last) }
            return machine.bodyWay
        }
        #expect(way([]) == .keep && way(Story.holding) == .keep && way(Story.connecting) == .keep)
        #expect(way(Story.sending) == .forward && way(Story.early) == .forward)
        #expect(way([], .refused(Story.no)) == .discard && way(Story.holding, .refused(Story.big)) == .discard)
        #expect(way(Story.connecting, .refused(Story.down)) == .discard && way(Story.sending, .upstreamClosed) == .discard)
        #expect(way(Story.early, .answerEnded(keepsAlive: true)) == .discard)
    }

    @Test("The answer's bytes go to the client as long as it is there")
    func answerWay() {
        var machine = RelayMachine(keepsClient: true)
        for step in Story.answering { _ = machine.apply(step.event) }
        #expect(machine.answerGoesToClient && !machine.isDraining)
        _ = machine.apply(.clientClosed)
        #expect(!machine.answerGoesToClient && machine.isDraining && !machine.isOver)
        _ = machine.apply(.drainedEnough)
        #expect(machine.isOver && !machine.isDraining)
    }
}
