import Testing

@testable import Gateway

@Suite("What an exchange does next")
struct MachineTests {
    @Test("A request that is let through", arguments: through)
    func letThrough(story: Story) { tell(story) }

    static let through = [
        Story("while it arrives", Story.answering + Story.done),
        Story(
            "once it is there",
            [
                (.requestEnded, []), (.granted(holdsRequest: false), [.connect]), (.connected, [.sendRequest, .endRequest]),
                (.answerBegan, []),
            ]
                + Story.done),
        Story(
            "that ends while the connection is made",
            Story.connecting + [(.requestEnded, []), (.connected, [.sendRequest, .endRequest]), (.answerBegan, [])] + Story.done),
        Story(
            "of a client that wants no other", keepsClient: false,
            Story.answering + [
                (.answerEnded(keepsAlive: true), [.endAnswer(closes: true), .keepUpstream, .settle(isCut: false)])
            ]),
        Story(
            "to a provider that wants no other",
            Story.answering + [
                (.answerEnded(keepsAlive: false), [.endAnswer(closes: false), .closeUpstream, .settle(isCut: false)])
            ]),
        Story(
            "by the budgets", Story.cleared + [(.connected, [.sendRequest, .endRequest]), (.answerBegan, [])] + Story.done),
        Story(
            "by the budgets, when it was there before the lease",
            [(.requestEnded, []), (.granted(holdsRequest: true), [.clear]), (.cleared, [.connect])]
                + [(.connected, [.sendRequest, .endRequest]), (.answerBegan, [])] + Story.done),
    ]

    @Test("A request that SAM answers", arguments: refused)
    func answered(story: Story) { tell(story) }

    static let refused = [
        Story("before it is there", [(.refused(Story.no), [.answer(Story.no)]), (.requestEnded, [])]),
        Story("before it is there, and the client leaves", [(.refused(Story.no), [.answer(Story.no)]), (.clientClosed, [])]),
        Story("once it is there", [(.requestEnded, []), (.refused(Story.no), [.answer(Story.no)])]),
        Story("of a client that wants no other", keepsClient: false, [(.requestEnded, []), (.refused(Story.no), [.answer(Story.no)])]),
        Story("too large to be held", Story.holding + [(.refused(Story.big), [.answer(Story.big)]), (.requestEnded, [])]),
        Story("beyond the budgets", Story.clearing + [(.refused(Story.poor), [.answer(Story.poor)])]),
        Story("to nobody", Story.connecting + [(.refused(Story.down), [.answer(Story.down)]), (.requestEnded, [])]),
        Story("to nobody, whole", Story.connecting + [(.requestEnded, []), (.refused(Story.down), [.answer(Story.down)])]),
        Story("to nobody, with money reserved", Story.cleared + [(.refused(Story.down), [.answer(Story.down)])]),
        Story("that can't be written down", Story.waiting + [(.refused(Story.full), [.answer(Story.full), .closeUpstream])]),
        Story(
            "that can't be written down, with money reserved",
            Story.cleared + [
                (.connected, [.sendRequest, .endRequest]), (.refused(Story.full), [.answer(Story.full), .closeUpstream]),
            ]),
        Story(
            "that can't be written down, and the answer has begun",
            Story.early + [
                (.requestEnded, [.endRequest]), (.refused(Story.full), [.cutClient, .closeUpstream]), (.clientClosed, []),
            ]),
        Story(
            "that can't be written down, and the client has left",
            Story.waiting + [(.clientClosed, []), (.refused(Story.full), [.closeUpstream])]),
    ]

    // The provider did not read to the end of the request, and the client did not write to it: neither connection is at a
    // place where another request could begin.
    @Test("An answer that comes before the request is there", arguments: earlyAnswers)
    func earlyAnswer(story: Story) { tell(story) }

    static let cutShort: Story.Steps =
        Story.early + [(.answerEnded(keepsAlive: true), [.endAnswer(closes: true), .closeUpstream])]

    static let earlyAnswers = [
        Story("and the client sends the rest", cutShort + [(.requestEnded, [])]),
        Story("and the client leaves", cutShort + [(.clientClosed, [])]),
        Story("and the client falls silent", cutShort + [(.timedOut, []), (.clientClosed, [])]),
        Story(
            "from a provider that closes",
            Story.early + [(.answerEnded(keepsAlive: false), [.endAnswer(closes: true), .closeUpstream]), (.requestEnded, [])]),
        Story("and is cut", Story.early + [(.upstreamClosed, [.cutClient]), (.clientClosed, [])]),
    ]

    @Test("A provider that breaks off", arguments: broken)
    func brokenOff(story: Story) { tell(story) }

    static let broken = [
        Story("while the request is sent", Story.sending + [(.upstreamClosed, [.answer(Story.down)]), (.requestEnded, [])]),
        Story("before it answers", Story.waiting + [(.upstreamClosed, [.answer(Story.down), .settle(isCut: true)])]),
        Story(
            "before it answers, with money reserved",
            Story.cleared + [
                (.connected, [.sendRequest, .endRequest]), (.upstreamClosed, [.answer(Story.down), .settle(isCut: true)]),
            ]),
        Story(
            "in the middle of its answer",
            Story.answering + [(.upstreamClosed, [.cutClient, .settle(isCut: true)]), (.clientClosed, [])]),
    ]

    @Test("A used connection that was closed before the provider had the request", arguments: lost)
    func closedBefore(story: Story) { tell(story) }

    private static let again: Story.Steps = [(.connected, [.sendRequest, .endRequest]), (.answerBegan, [])]
    private static let costsNothing: [RelayMachine.Action] = [.answer(Story.down), .withdraw]

    static let lost = [
        Story("is replaced by a new one", Story.waiting + Story.lost + again + Story.done),
        Story(
            "while the request is sent, is replaced and gets the rest",
            Story.sending + Story.lost + [(.connected, [.sendRequest]), (.requestEnded, [.endRequest]), (.answerBegan, [])] + Story.done),
        Story(
            "while the request is sent, and it ends before there is another",
            Story.sending + Story.lost + [(.requestEnded, [])] + again + Story.done),
        Story(
            "with money reserved",
            Story.cleared + [(.connected, [.sendRequest, .endRequest])] + Story.lost + again + Story.done),
        Story("is not replaced when the request is gone", Story.waiting + [(.upstreamLost(isAtHand: false), costsNothing)]),
        Story(
            "is not replaced when the request is gone that was not whole",
            Story.sending + [(.upstreamLost(isAtHand: false), [.answer(Story.down)]), (.requestEnded, [])]),
        Story(
            "is replaced once",
            Story.waiting + Story.lost + [(.connected, [.sendRequest, .endRequest]), (.upstreamLost(isAtHand: true), costsNothing)]),
        Story("and no other can be had", Story.waiting + Story.lost + [(.refused(Story.down), costsNothing)]),
        Story(
            "and the other breaks off",
            Story.waiting + Story.lost + [
                (.connected, [.sendRequest, .endRequest]), (.upstreamClosed, [.answer(Story.down), .settle(isCut: true)]),
            ]),
        Story(
            "and the client leaves before there is another",
            Story.waiting + Story.lost + [(.clientClosed, []), (.connected, [.keepUpstream, .withdraw])]),
        Story(
            "and the client leaves, and no other can be had",
            Story.waiting + Story.lost + [(.clientClosed, []), (.refused(Story.down), [.withdraw])]),
        Story("and the client has left", Story.waiting + [(.clientClosed, []), (.upstreamLost(isAtHand: true), [.withdraw])]),
    ]

    @Test("What SAM says is what it was told to say")
    func sentences() throws {
        for steps in [[], Story.holding, Story.clearing, Story.connecting, Story.waiting] {
            var machine = RelayMachine(keepsClient: true)
            for step in steps { _ = machine.apply(step.event) }
            #expect(machine.apply(.refused(Story.no)).contains(.answer(Story.no)))
        }
    }
}
