import Credentials
import Foundation
import Limits
import Metering
import NIOCore
import NIOHTTP1

/// One request and its answer, from its head to the line in the ledger. It does what its ``RelayMachine`` decides.
///
/// To be used on its event loop only.
final class Exchange {
    let id = RequestID()
    let route: ProviderRoute
    /// What the request and its answer are watched by: the last time that anything moved.
    private(set) var lastMove = NIODeadline.now()

    private let line: RelayLine
    private weak var client: RelayHandler?
    private let head: HTTPRequestHead
    private let entrance: Entrance
    private var dialect: Dialect
    private var account: ExchangeAccount

    private var machine: RelayMachine
    private var grant: Grant?
    private var upstream: UpstreamHandler?

    // The request
    private var kept = HeldBody()
    /// What of it is counted, once it is known whose it is.
    private var hold: Hold?
    /// Who has a place for the connection to the provider, until the exchange is over.
    private var place: String?
    private var trailers: HTTPHeaders?
    private var isComplete = false
    private var isHeld = false
    private var isAmended = false

    // The answer
    private var filter: UsageChunkFilter?
    private var saidClose = false
    private var drainedBytes = 0
    private var answerTrailers: HTTPHeaders?

    /// The most that is held back of a request, for a budget or to change it.
    static let heldLimit = 96 << 20
    /// The most that is kept of a request while its lease is looked up and its connection made; then the client has to wait.
    private static let keptLimit = 64 << 10
    static let drainLimit = 16 << 20

    init(_ head: HTTPRequestHead, _ route: ProviderRoute, entrance: Entrance, client: RelayHandler, line: RelayLine) {
        self.head = head
        self.route = route
        self.entrance = entrance
        self.client = client
        self.line = line
        dialect = route.dialect
        account = ExchangeAccount(
            id, route, method: head.method, ledger: line.services.ledger, startedAt: line.services.now())
        machine = RelayMachine(keepsClient: head.isKeepAlive)
    }

    /// Begins: whose lease it is comes first.
    func start() {
        line.enter(self)
        if head.headers[canonicalForm: "upgrade"].contains(where: { $0.lowercased() == "websocket" }) {
            return perform(.refused(Refusal(.upgradeRequired, "WebSocket is not relayed. Use plain HTTP.")))
        }
        if route.target.climbs {
            return perform(.refused(Refusal(.badRequest, "The path has dots for folders in it.")))
        }
        guard let claim else {
            return perform(
                .refused(Refusal(.unauthenticated, "Send the key of a session or of `sam keys create` where a provider's key goes.")))
        }
        let question = GrantDesk.Question(claim: claim, provider: route.provider, place: route.place, entrance: entrance)
        if let answer = line.services.grants.recall(question) { return judge(answer) }
        // Until the lease is judged, no more is kept than what came with the head.
        client?.pause(true)
        line.afterwards { [grants = line.services.grants] in
            await grants.ask(question)
        } then: {
            self.judge($0)
        }
    }

    /// What the request comes with. An agent that keeps its own sign-in sends that, and nothing when it refreshes it.
    private var claim: GrantDesk.Question.Claim? {
        let token = LeaseToken(in: head)
        if route.place == .api, let token { return .lease(token) }
        guard case .session = entrance, route.provider.kind == .oauth, token == nil else { return nil }
        return .own
    }

    private func judge(_ answer: Result<Grant, Refusal>) {
        switch answer {
        case .failure(let refusal): perform(.refused(refusal))
        case .success(let grant):
            self.grant = grant
            if let reason = takePlace(grant.payer.holder) {
                perform(.refused(Refusal(.overRate(seconds: 1), reason.sentence)))
                break
            }
            if let session = grant.payer.session {
                line.services.open.begin(id, of: SessionReference(rawValue: session), at: line.services.now())
            }
            if route.provider.isCustom, grant.endpoint.dialect != dialect {
                dialect = grant.endpoint.dialect
                account.format = WireFormat(dialect, method: head.method.rawValue, path: route.target.path)
            }
            if let limit = line.services.rates.take(grant.rates) {
                perform(.refused(Refusal(limit.rate, wait: limit.wait)))
                break
            }
            // A stream of chat completions may have to be asked for its usage, and that shows when the request is complete.
            isHeld = grant.isBudgeted || asksForUsage(grant)
            if isHeld { client?.answerExpectation() }
            perform(.granted(holdsRequest: isHeld))
        }
        resumeClientIfReady()
    }

    /// A place for a connection of theirs, one for that to the provider, and room for what is kept.
    private func takePlace(_ holder: String) -> LimitReason? {
        let admission = line.services.admission
        if client?.prove(holder) == false { return .holder }
        if let reason = admission.takeOutgoing(for: holder, at: entrance.listener) { return reason }
        place = holder
        let hold = line.services.held.hold(for: holder)
        self.hold = hold
        guard hold.add(kept.count) else {
            admission.refusals.count(.memory, at: entrance.listener)
            return .memory
        }
        return nil
    }

    private func asksForUsage(_ grant: Grant) -> Bool {
        // Mistral's streams tell it without being asked, and its API knows no such wish.
        account.format == .chat && grant.endpoint.provider != .mistral && route.target.path.hasSuffix("completions")
    }

    // MARK: - The client's side

    func clientBody(_ bytes: ByteBuffer) {
        lastMove = .now()
        account.readRequest(bytes)
        switch machine.bodyWay {
        case .forward: upstream?.send(.body(.byteBuffer(bytes)))
        case .discard: break
        case .keep:
            if machine.isHolding, kept.count + bytes.readableBytes > Self.heldLimit {
                return perform(.refused(Refusal(.tooLarge, "The request is larger than \(Self.heldLimit >> 20) MiB.")))
            }
            // While a connection is made the client waits instead: what may come before it does is little.
            if hold?.add(bytes.readableBytes) == false, machine.isHolding {
                line.services.admission.refusals.count(.memory, at: entrance.listener)
                return perform(.refused(Refusal(.overRate(seconds: 2), LimitReason.memory.sentence)))
            }
            kept.append(bytes)
            if !machine.isHolding, kept.count > Self.keptLimit { client?.pause(true) }
        }
    }

    func clientReadComplete() {
        upstream?.flush()
    }

    func clientEnd(_ trailers: HTTPHeaders?) {
        lastMove = .now()
        self.trailers = trailers
        account.endRequest(asksForUsage: grant.map(asksForUsage) ?? (account.format == .chat))
        isComplete = true
        perform(.requestEnded)
    }

    func clientClosed() {
        client = nil
        perform(.clientClosed)
        // Nobody slows the answer down any more.
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

    /// Looks whether one side has been silent for too long.
    func watch(_ now: NIODeadline, _ limits: RelayLimits) {
        if machine.isDraining, now - drainingSince > limits.drain { return perform(.drainedEnough) }
        if now - lastMove > (isComplete ? limits.silence : limits.request) { perform(.timedOut) }
    }

    private var drainingSince = NIODeadline.distantFuture

    // MARK: - What the machine decides

    private func perform(_ event: RelayMachine.Event) {
        for action in machine.apply(event) { perform(action) }
        if machine.isDraining, drainingSince == .distantFuture { drainingSince = .now() }
    }

    private func perform(_ action: RelayMachine.Action) {
        switch action {
        case .clear: clear()
        case .connect: connect()
        case .sendRequest: sendRequest()
        case .endRequest: endRequest()
        case .answer(let refusal): answer(refusal)
        case .endAnswer(let closes):
            client?.finishAnswer(answerTrailers, closes: closes || saidClose)
        case .cutClient: client?.cut()
        case .keepUpstream:
            if let upstream { line.pool.give(upstream) }
            upstream = nil
        case .closeUpstream:
            upstream?.close()
            upstream = nil
        case .settle(let isCut):
            if let grant { account.settle(for: grant.payer, isCut: isCut) }
        case .release: release()
        case .finish:
            line.leave(self)
            kept.clear()
            hold?.end()
            if let place { line.services.admission.giveOutgoing(for: place) }
            place = nil
            if let session = grant?.payer.session { line.services.open.end(id, of: SessionReference(rawValue: session)) }
        }
    }

    /// Asks the budgets for room.
    private func clear() {
        guard let grant, grant.isBudgeted, account.format != .free else { return perform(.cleared) }
        let amount = account.most
        let payer = grant.payer
        line.afterwards { [desk = line.services.desk, id] in
            do {
                return try await desk.reserve(amount, for: id, of: payer)
            } catch {
                return nil
            }
        } then: { (answer: Reservation?) in
            switch answer {
            case .granted:
                self.account.reserve(amount)
                self.perform(.cleared)
            case .refused(let sentence, _): self.perform(.refused(Refusal(.overBudget, sentence)))
            case nil: self.perform(.refused(Refusal(.unavailable, "SAM can't look up its budgets now. Try again.")))
            }
        }
    }

    private func release() {
        guard account.release(), let grant else { return }
        let payer = grant.payer
        Task { [desk = line.services.desk, id] in try? await desk.release(id, of: payer) }
    }

    private func connect() {
        guard let grant else { return }
        if let upstream = line.pool.take(grant.endpoint) { return connected(upstream) }
        let address = grant.endpoint.address
        line.pool.connect(to: address, isVetted: grant.endpoint.isVetted, for: "provider \(address.host)") { result in
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

    // MARK: - Towards the provider

    private func sendRequest() {
        guard let upstream, let grant else { return }
        let credentials: [(name: String, value: String)]
        do {
            credentials = try grant.credentialHeaders()
        } catch {
            return perform(.refused(error))
        }
        var framing = HeaderRules.framing(of: head.headers)
        if isHeld {
            amend()
            if framing != .none || kept.count > 0 { framing = .length(kept.count) }
        }
        upstream.send(
            .head(
                HeaderRules.upstream(
                    isHeld ? head.withoutExpectation : head, uri: grant.endpoint.basePath + route.target.withoutKey,
                    host: grant.endpoint.address.hostHeader, credentials: credentials, framing: framing, isAmended: isAmended,
                    keepsKeys: grant.passesOwnKey)))
        let blocks = kept.blocks
        kept.clear()
        for bytes in blocks.dropLast() { upstream.send(.body(.byteBuffer(bytes))) }
        // Until then it is in memory still.
        if let last = blocks.last {
            upstream.send(.body(.byteBuffer(last))) { [hold] in hold?.end() }
        } else {
            hold?.end()
        }
        flushRequest()
    }

    /// Sends what was written, unless more is about to come: a head and a body that came in one read go out in one write.
    private func flushRequest() {
        if client?.isReading != true { upstream?.flush() }
    }

    /// The one change that SAM makes to a body.
    private func amend() {
        guard let grant, asksForUsage(grant), let amendment = account.facts.amendment else { return }
        kept.replace(amendment.range, with: Array(amendment.bytes))
        isAmended = true
        filter = UsageChunkFilter()
    }

    private func endRequest() {
        guard let upstream, let grant else { return }
        do throws(MeteringError) {
            try account.open(for: grant.payer)
        } catch {
            return perform(.refused(Refusal(.unavailable, "SAM can't write down what is used, so nothing was sent. \(error.message)")))
        }
        upstream.send(.end(trailers))
        flushRequest()
    }

    // MARK: - Towards the client

    private func answer(_ refusal: Refusal) {
        kept.clear()
        hold?.end()
        var (head, body) = refusal.answer(dialect, request: id)
        if !isComplete || !self.head.isKeepAlive {
            saidClose = true
            head.headers.add(name: "connection", value: "close")
        }
        client?.send(.head(head))
        if self.head.method != .HEAD { client?.send(.body(.byteBuffer(ByteBuffer(bytes: body)))) }
    }
}

// MARK: - The provider's side

extension Exchange: UpstreamReceiver {
    func upstreamHead(_ head: HTTPResponseHead) {
        lastMove = .now()
        if head.isInformationalAnswer {
            // A body that was held back here is not waited for any more.
            if machine.answerGoesToClient, !(isHeld && head.status == .continue) { client?.sendNow(head) }
            return
        }
        account.beginAnswer(head)
        if !(head.headers.first(name: "content-type") ?? "").lowercased().hasPrefix("text/event-stream") { filter = nil }
        let knowsChunks = self.head.version.knowsChunks
        saidClose = !isComplete || !self.head.isKeepAlive || !knowsChunks
        perform(.answerBegan)
        if machine.answerGoesToClient {
            client?.send(
                .head(
                    HeaderRules.client(
                        head, isToHead: self.head.method == .HEAD, closes: saidClose, isAmended: filter != nil,
                        knowsChunks: knowsChunks)))
        }
        if head.status == .unauthorized || head.status == .forbidden, let loan = grant?.loan { refused(loan, head.status) }
        // An answer can go on for hours, and nothing is asked with the key any more.
        grant?.forgetKey()
    }

    /// The answer goes to the client as it is. A sign-in is refreshed for the next request; nothing else takes its place.
    private func refused(_ loan: Loan, _ status: HTTPResponseStatus) {
        Task { [credentials = line.services.credentials, broker = line.services.grants.broker] in
            if status == .unauthorized, loan.kind == .oauth, let rejected = try? CodexSignIn(loan.secret).accessToken,
                await broker.renew(loan.credential, rejecting: rejected) == nil
            {
                return
            }
            try? await credentials.recordRefusal(of: loan.credential, status: Int(status.code))
        }
    }

    func upstreamBody(_ bytes: ByteBuffer) {
        lastMove = .now()
        if machine.answerGoesToClient {
            if filter != nil {
                let passed = bytes.withUnsafeReadableBytes { filter?.feed($0) ?? [] }
                if !passed.isEmpty { client?.send(.body(.byteBuffer(ByteBuffer(bytes: passed)))) }
            } else {
                client?.send(.body(.byteBuffer(bytes)))
            }
        } else if machine.isDraining {
            drainedBytes += bytes.readableBytes
        }
        account.readAnswer(bytes)
        if drainedBytes > Self.drainLimit { perform(.drainedEnough) }
    }

    func upstreamReadComplete() {
        client?.flush()
    }

    func upstreamEnd(_ trailers: HTTPHeaders?) {
        if machine.answerGoesToClient, let rest = filter?.finish(), !rest.isEmpty {
            client?.send(.body(.byteBuffer(ByteBuffer(bytes: rest))))
        }
        answerTrailers = trailers
        perform(.answerEnded(keepsAlive: upstream?.keepsAlive ?? false))
    }

    func upstreamClosed() {
        upstream = nil
        perform(.upstreamClosed)
    }

    func upstreamWritable(_ isWritable: Bool) {
        lastMove = .now()
        if machine.bodyWay == .forward { client?.pause(!isWritable) }
    }
}

extension HTTPRequestHead {
    /// The head without the wish to be told to go on, which is answered here.
    fileprivate var withoutExpectation: HTTPRequestHead {
        var head = self
        head.headers.remove(name: "expect")
        return head
    }
}
