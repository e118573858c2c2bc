import Credentials
import Metering
import NIOHTTP1

/// Judges a request before any of it is sent: whether it can be relayed, whose it is, and what the budgets are asked. It takes nothing.
struct RequestJudge {
    private let route: ProviderRoute
    private let entrance: Entrance

    init(_ route: ProviderRoute, entrance: Entrance) {
        self.route = route
        self.entrance = entrance
    }

    // MARK: - By its head

    /// The question whose answer is the request's grant.
    ///
    /// - Throws: ``Refusal`` for a request that can't be relayed or has no authorization.
    func question(_ head: HTTPRequestHead) throws(Refusal) -> GrantDesk.Question {
        if head.headers[canonicalForm: "upgrade"].contains(where: { $0.lowercased() == "websocket" }) {
            throw Refusal(.upgradeRequired, "WebSocket is not relayed. Use plain HTTP.")
        }
        if route.place == .api, let complaint = route.target.complaint { throw Refusal(.badRequest, complaint) }
        if let method = head.otherMethod {
            throw Refusal(.badRequest, "The request is a \(head.method.rawValue) and asks to be taken for a \(method).")
        }
        guard let authorization = authorization(head) else {
            throw Refusal(.unauthenticated, "Send the key of a session or of `sam keys create` where a provider's key goes.")
        }
        return GrantDesk.Question(authorization: authorization, provider: route.provider, place: route.place, entrance: entrance)
    }

    /// The authorization of the request. An agent with its own sign-in sends that, or none when it refreshes it.
    private func authorization(_ head: HTTPRequestHead) -> GrantDesk.Question.Authorization? {
        let token = LeaseToken(in: head)
        if route.place == .api, let token { return .lease(token) }
        guard case .session = entrance, route.provider.kind == .oauth, token == nil else { return nil }
        return .own
    }

    // MARK: - By its grant

    /// Refuses a request whose cost has no bound under a budget.
    func refusal(_ grant: Grant, _ format: WireFormat, _ method: HTTPMethod) -> Refusal? {
        Refusal(unboundedBy: grant, format, method, route)
    }

    // MARK: - By all of it

    /// What the budgets are asked for a complete request.
    enum Clearance {
        case nothing
        case amount(LayeredMoney)
        case refused(Refusal)
    }

    func clearance(_ grant: Grant, _ account: borrowing ExchangeAccount) -> Clearance {
        guard account.format != .free else { return .nothing }
        if grant.isBudgeted || grant.refusesUnpriced, !account.isReadable {
            return .refused(
                Refusal(
                    .badRequest,
                    "The content encoding of the request can't be read, so its cost can't be estimated. Send it in gzip, deflate, br or zstd, or as it is."
                ))
        }
        if grant.refusesUnpriced, !account.isPriced {
            return .refused(Refusal(unpriced: account.facts.model, inProject: grant.payer.project != nil))
        }
        return grant.isBudgeted ? .amount(account.most) : .nothing
    }
}

extension Refusal {
    /// Refuses a request that the budgets did not grant; `nil` if they did.
    ///
    /// - Parameter answer: the answer of the budgets; `nil` if they can't be asked.
    init?(by answer: Reservation?) {
        switch answer {
        case .granted: return nil
        case .refused(let sentence, _): self.init(.overBudget, sentence)
        case .busy(let sentence, let seconds): self.init(.overRate(seconds: seconds), sentence)
        // The client is gone.
        case .calledOff: self.init(.unavailable, "The request was called off.")
        case nil: self.init(.unavailable, "SAM can't look up its budgets now. Try again.")
        }
    }
}

extension HTTPRequestHead {
    /// A method override that differs from the request's method, and would give the request a wrong price.
    fileprivate var otherMethod: String? {
        ["x-http-method-override", "x-http-method", "x-method-override"].lazy.compactMap { headers.first(name: $0) }
            .first { $0.uppercased() != method.rawValue }.map { String($0.prefix(20)) }
    }
}
