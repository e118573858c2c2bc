import Credentials
import Limits
import Metering
import NIOCore
import NIOHTTP1

/// One request and its answer, from the head to the ledger entry. Executes the actions of its ``RelayMachine``: it passes bytes, events and
/// time between the client, the provider, and the parts that each know one side of it.
///
/// Use only on its event loop.
final class Exchange {
    let id = RequestID()
    let route: ProviderRoute
    /// The last activity on either side, for the timeouts.
    private(set) var lastMove = NIODeadline.now()

    private let relay: EventLoopRelay
    private weak var client: RelayHandler?
    private var dialect: Dialect
    private var grant: Grant?
    private var upstream: UpstreamHandler?

    private var machine: RelayMachine
    private let judge: RequestJudge
    private var place: OutgoingPlace
    private var request: OutgoingRequest
    private var answer = IncomingAnswer()
    private var account: ExchangeAccount

    /// The wait for budget.
    private var clearing: Task<Void, Never>?
    private var drainingSince = NIODeadline.distantFuture

    init(_ head: HTTPRequestHead, _ route: ProviderRoute, entrance: Entrance, client: RelayHandler, relay: EventLoopRelay) {
        self.route = route
        self.client = client
        self.relay = relay
        dialect = route.dialect
        machine = RelayMachine(keepsClient: head.isKeepAlive)
        judge = RequestJudge(route, entrance: entrance)
        place = OutgoingPlace(at: entrance.listener, of: relay.services.admission)
        request = OutgoingRequest(head)
        account = ExchangeAccount(
            id, route, method: head.method, coding: head.headers["content-encoding"].joined(separator: ","), ledger: relay.services.ledger,
            startedAt: relay.services.now())
    }

    deinit {
        // Release reservations when the connection was torn down.
        if let grant { account.abandon(for: grant.payer) }
    }

    /// Starts by checking the lease.
    func start() {
        relay.enter(self)
        let question: GrantDesk.Question
        do {
            question = try judge.question(request.head)
        } catch {
            return perform(.refused(error))
        }
        if let answer = relay.services.grants.recall(question) { return granted(answer) }
        // Pause reading until the lease is checked.
        client?.pause(true)
        relay.afterwards { [grants = relay.services.grants] in
            await grants.ask(question)
        } then: {
            self.granted($0)
        }
    }

    private func granted(_ answer: Result<Grant, Refusal>) {
        switch answer {
        case .failure(let refusal): perform(.refused(refusal))
        case .success(let grant):
            self.grant = grant
            if let refusal = admit(grant) {
                perform(.refused(refusal))
                break
            }
            // A chat completion may have to be amended to ask for usage; this is known only when the request is complete.
            request.isHeld = (grant.isBudgeted || grant.refusesUnpriced) && account.format != .free || asksForUsage(grant)
            if request.isHeld { client?.answerExpectation() }
            perform(.granted(holdsRequest: request.isHeld))
        }
        resumeClientIfReady()
    }

    /// Takes the request's places and memory, and checks its limits.
    private func admit(_ grant: Grant) -> Refusal? {
        if client?.prove(grant.payer.holder) == false { return Refusal(.overRate(seconds: 1), LimitReason.holder.sentence) }
        if let reason = place.take(for: grant) { return Refusal(.overRate(seconds: 1), reason.sentence) }
        if !request.hold(in: relay.services.held.hold(for: grant.payer.holder)) {
            return Refusal(.overRate(seconds: 1), place.noMemory().sentence)
        }
        if let session = grant.payer.session {
            relay.services.open.begin(id, of: SessionReference(rawValue: session), at: relay.services.now())
        }
        if route.provider.isCustom, grant.endpoint.dialect != dialect {
            dialect = grant.endpoint.dialect
            account.format = route.format(request.head.method, as: dialect)
        }
        account.ownPrices = grant.prices
        return judge.refusal(grant, account.format, request.head.method)
            ?? relay.services.rates.take(grant.rates, at: relay.services.uptime()).map { Refusal($0.rate, wait: $0.wait) }
    }

    private func asksForUsage(_ grant: Grant) -> Bool {
        // Mistral's streams report usage unasked, and its API does not know the option.
        account.format == .chat && grant.endpoint.provider != .mistral && route.target.path.hasSuffix("completions")
    }

    // MARK: - The client's side

    func clientBody(_ bytes: ByteBuffer) {
        lastMove = .now()
        account.readRequest(bytes)
        switch machine.bodyWay {
        case .forward:
            request.forwarded(bytes)
            upstream?.send(.body(.byteBuffer(bytes)))
        case .discard: break
        case .keep:
            switch request.keep(bytes, isHolding: machine.isHolding) {
            case .kept: break
            case .enough: client?.pause(true)
            case .tooLarge:
                perform(.refused(Refusal(.tooLarge, "The request is larger than \(OutgoingRequest.heldLimit >> 20) MiB.")))
            case .noMemory: perform(.refused(Refusal(.overRate(seconds: 2), place.noMemory().sentence)))
            }
        }
    }

    func clientReadComplete() {
        upstream?.flush()
    }

    func clientEnd(_ trailers: HTTPHeaders?) {
        lastMove = .now()
        account.endRequest(asksForUsage: grant.map(asksForUsage) ?? (account.format == .chat))
        request.end(trailers)
        perform(.requestEnded)
    }

    func clientClosed() {
        client = nil
        perform(.clientClosed)
        // The client no longer limits the speed of the answer.
        upstream?.pause(false)
    }

    func clientWritable(_ isWritable: Bool) {
        lastMove = .now()
        upstream?.pause(!isWritable)
    }

    private func resumeClientIfReady() {
        if machine.bodyWay != .keep || machine.isHolding { client?.pause(upstream.map { !$0.isWritable } ?? false) }
    }

    // MARK: - Time

    /// Checks the timeouts.
    func watch(_ now: NIODeadline, _ limits: RelayLimits) {
        request.age(now - lastMove)
        if machine.isDraining, now - drainingSince > limits.drain { return perform(.drainedEnough) }
        if now - lastMove > (request.isComplete ? limits.silence : limits.request) { perform(.timedOut) }
    }

    // MARK: - Actions of the machine

    private func perform(_ event: RelayMachine.Event) {
        for action in machine.apply(event) { perform(action) }
        if machine.isDraining, drainingSince == .distantFuture { drainingSince = .now() }
    }

    private func perform(_ action: RelayMachine.Action) {
        switch action {
        case .clear: clear()
        case .callOff: clearing?.cancel()
        case .connect: connect(relay.pool.take)
        case .reconnect: connect { _ in nil }
        case .sendRequest: sendRequest()
        case .endRequest: endRequest()
        case .answer(let refusal): refuse(refusal)
        case .endAnswer(let closes): client?.finishAnswer(answer.trailers, closes: closes || answer.saysClose)
        case .cutClient: client?.cut()
        case .keepUpstream:
            if let upstream { relay.pool.give(upstream) }
            upstream = nil
        case .closeUpstream:
            upstream?.close()
            upstream = nil
        case .settle(let isCut): settle(isCut: isCut)
        case .withdraw: account.withdraw()
        case .release: account.release()
        case .finish:
            relay.leave(self)
            request.finish()
            place.give()
            if let session = grant?.payer.session { relay.services.open.end(id, of: SessionReference(rawValue: session)) }
        }
    }

    /// Reserves the request's maximum cost in the budgets, and waits while the room is reserved for others.
    private func clear() {
        guard let grant else { return perform(.cleared) }
        let amount: LayeredMoney
        switch judge.clearance(grant, account) {
        case .nothing: return perform(.cleared)
        case .refused(let refusal): return perform(.refused(refusal))
        case .amount(let most): amount = most
        }
        let (payer, kind, timeout) = (grant.payer, account.kind(for: grant.payer), grant.budgetWait)
        clearing = relay.afterwards { [desk = relay.services.desk, id] in
            do {
                return try await desk.reserve(amount, for: id, like: kind, of: payer, timeout: timeout)
            } catch {
                return nil
            }
        } then: { (answer: Reservation?) in
            self.clearing = nil
            switch answer {
            case .granted: self.account.reserve(amount)
            case .refused, .busy, .calledOff: break
            case nil:
                // The answer was lost, so the reservation may exist.
                self.account.reserve(amount)
                self.account.release()
            }
            if let refusal = Refusal(by: answer) { self.perform(.refused(refusal)) } else { self.perform(.cleared) }
        }
    }

    // MARK: - Towards the provider

    /// - Parameter used: returns a reusable connection, if there is one.
    private func connect(_ used: (ProviderEndpoint) -> UpstreamHandler?) {
        guard let grant else { return }
        if let upstream = used(grant.endpoint) { return connected(upstream) }
        let address = grant.endpoint.address
        relay.pool.connect(to: address, isVetted: grant.endpoint.isVetted, for: "provider \(address.host)") { result in
            switch result {
            case .success(let upstream): self.connected(upstream)
            case .failure(let error): self.perform(.refused(Refusal(connectingTo: grant.endpoint, error)))
            }
        }
    }

    private func connected(_ upstream: UpstreamHandler) {
        self.upstream = upstream
        upstream.receiver = self
        lastMove = .now()
        perform(.connected)
        resumeClientIfReady()
    }

    private func sendRequest() {
        guard let upstream, let grant else { return }
        let credentials: [(name: String, value: String)]
        do {
            credentials = try grant.credentialHeaders()
        } catch {
            return perform(.refused(error))
        }
        if request.isHeld, asksForUsage(grant), let amendment = account.facts.amendment, request.amend(amendment) { answer.removeUsage() }
        upstream.send(.head(request.head(for: grant, route, credentials)))
        let blocks = request.takeBody(mayBeLost: upstream.isReused)
        for bytes in blocks.dropLast() { upstream.send(.body(.byteBuffer(bytes))) }
        if let last = blocks.last {
            upstream.send(.body(.byteBuffer(last))) { self.request.handedOver() }
        } else {
            request.handedOver()
        }
        // A provider can act on the body's last byte, so a complete request leaves only when it is recorded.
        if !request.isComplete { flushRequest() }
    }

    private func endRequest() {
        guard let upstream, let grant else { return }
        do throws(MeteringError) {
            try account.open(for: grant.payer)
        } catch {
            return perform(.refused(Refusal(.unavailable, "SAM can't write down what is used, so nothing was sent. \(error.message)")))
        }
        upstream.send(.end(request.trailers))
        flushRequest()
    }

    /// Flushes unless more input is being read: a head and body from one read go out in one write.
    private func flushRequest() {
        if client?.isReading != true { upstream?.flush() }
    }

    // MARK: - Towards the client

    private func refuse(_ refusal: Refusal) {
        request.drop()
        let (head, body) = answer.refuse(refusal, dialect, id, to: request)
        client?.send(.head(head))
        if let body { client?.send(.body(.byteBuffer(body))) }
    }

    // MARK: - Afterwards

    private func settle(isCut: Bool) {
        guard let grant, account.settle(for: grant.payer, isCut: isCut) else { return }
        let session = grant.payer.session.map(SessionReference.init(rawValue:))
        Task { [ledger = relay.services.ledger, grants = relay.services.grants] in
            await ledger.flush()
            if let session { await grants.endBackground(ifOver: session) }
        }
    }

    /// A sign-in that was refused is refreshed for the next request; no other credential is used.
    private func noteRefusal(of loan: Loan, _ status: HTTPResponseStatus) {
        Task { [lender = relay.services.lender, broker = relay.services.grants.broker] in
            if status == .unauthorized, loan.kind == .oauth, let rejected = try? CodexSignIn(loan.secret).accessToken,
                await broker.renew(loan.credential, rejecting: rejected) == nil
            {
                return
            }
            try? await lender.recordRefusal(of: loan.credential, status: Int(status.code))
        }
    }
}

// MARK: - The provider's side

extension Exchange: UpstreamReceiver {
    func upstreamHead(_ head: HTTPResponseHead) {
        lastMove = .now()
        request.dropReplay()
        if head.isInformationalAnswer {
            // A held body is already complete, so `100 Continue` is dropped.
            if machine.answerGoesToClient, !(request.isHeld && head.status == .continue) { client?.sendNow(head) }
            return
        }
        account.beginAnswer(head)
        answer.begin(head, to: request)
        perform(.answerBegan)
        if machine.answerGoesToClient { client?.send(.head(answer.clientHead(head, to: request.head))) }
        if head.status == .unauthorized || head.status == .forbidden, let loan = grant?.loan { noteRefusal(of: loan, head.status) }
        // An answer can last for hours, and the key is no longer needed.
        grant?.forgetKey()
    }

    func upstreamBody(_ bytes: ByteBuffer) {
        lastMove = .now()
        if machine.answerGoesToClient {
            if let passed = answer.pass(bytes) { client?.send(.body(.byteBuffer(passed))) }
        } else if machine.isDraining {
            answer.drain(bytes)
        }
        account.readAnswer(bytes)
        if answer.isTooLarge { perform(.drainedEnough) }
    }

    func upstreamReadComplete() {
        client?.flush()
    }

    func upstreamEnd(_ trailers: HTTPHeaders?) {
        let rest = answer.end(trailers)
        if machine.answerGoesToClient, let rest { client?.send(.body(.byteBuffer(rest))) }
        perform(.answerEnded(keepsAlive: upstream?.keepsAlive ?? false))
    }

    /// A model request costs money and must not be executed twice: RFC 9110, section 9.2.2, allows a resend only when it is known that
    /// the request was not executed. A reused connection can show that when it ends; a new one never does.
    func upstreamClosed() {
        let ended = upstream
        upstream = nil
        let body = request.takeReplay()
        // Later, a connection may end for other reasons, and the body is no longer kept.
        let isLost =
            ended?.isUnread == true
            || body != nil && (ended?.wasReset == true || request.changesNothing && ended?.isUnanswered == true)
        guard isLost else { return perform(.upstreamClosed) }
        if let body { request.restore(body) }
        perform(.upstreamLost(isAtHand: body != nil))
    }

    func upstreamWritable(_ isWritable: Bool) {
        lastMove = .now()
        if machine.bodyWay == .forward { client?.pause(!isWritable) }
    }
}
