import Accounts
import Credentials
import Metering
import Settings
import Store
import Synchronization

/// Resolves leases to grants: lease → pin → credential, or for a person's key, lease → cascade → credential.
///
/// Answers are cached for 250 ms, so that turning something off takes effect within that time. Safe to share.
final class GrantDesk: Sendable {
    struct Question: Hashable, Sendable {
        /// The authorization that a request carries.
        enum Authorization: Hashable, Sendable {
            case lease(LeaseToken)
            /// The agent's own authorization. Only the socket identifies the session.
            case own
        }

        var authorization: Authorization
        var provider: Provider
        var place: ProviderRoute.Place
        var entrance: Entrance
    }

    private struct Remembered {
        var answer: Result<Grant, Refusal>
        var until: ContinuousClock.Instant
    }

    private struct Memory {
        var answers: [Question: Remembered] = [:]
        /// Lookups in progress, shared by concurrent callers with the same question.
        var lookups: [Question: Task<Result<Grant, Refusal>, Never>] = [:]
        /// The time until which a failed early refresh of a sign-in is not retried.
        var unrenewed: [CredentialID: ContinuousClock.Instant] = [:]
        /// Incremented when everything is forgotten: results of earlier lookups are then not cached.
        var age = 0
        /// Whether a task is waiting to remove expired answers.
        var isSwept = false
    }

    /// How long an answer is cached.
    static let span = Duration.milliseconds(250)
    /// How long a transient refresh failure is cached, so that an agent's requests do not each call a failing provider.
    static let rest = Duration.seconds(2)

    /// The minimum interval between removals of expired answers, because each one scans all of them.
    private static let sweepPause = Duration.milliseconds(100)

    /// How long to wait after a failed early refresh before the next attempt.
    static let pause = Duration.seconds(60)

    private let store: Store
    private let accounts: Accounts
    private let leases: Leases
    private let lender: CredentialLender
    private let endpoints: ProviderEndpoints
    private let budgets: Budgets
    private let settings: Settings
    let broker: TokenBroker
    private let memory = Mutex(Memory())

    init(
        store: Store, accounts: Accounts, leases: Leases, lender: CredentialLender, endpoints: ProviderEndpoints, budgets: Budgets,
        settings: Settings, broker: TokenBroker
    ) {
        self.store = store
        self.accounts = accounts
        self.leases = leases
        self.lender = lender
        self.endpoints = endpoints
        self.budgets = budgets
        self.settings = settings
        self.broker = broker
    }

    /// The cached answer, if it has not expired.
    func recall(_ question: Question) -> Result<Grant, Refusal>? {
        let now = ContinuousClock.now
        return memory.withLock { memory in
            guard let answer = memory.answers[question], answer.until > now else { return nil }
            return answer.answer
        }
    }

    /// Looks the answer up and caches it.
    func ask(_ question: Question) async -> Result<Grant, Refusal> {
        // Counted from before the lookup, so that changes during it are seen within the span.
        let until = ContinuousClock.now + Self.span
        let lookup = memory.withLock { memory in
            if let lookup = memory.lookups[question] { return lookup }
            let age = memory.age
            let lookup = Task {
                let (answer, isInTrouble) = await lookUp(question)
                remember(Remembered(answer: answer, until: isInTrouble ? .now + Self.rest : until), question, age)
                return answer
            }
            memory.lookups[question] = lookup
            return lookup
        }
        return await lookup.value
    }

    private func remember(_ answer: Remembered, _ question: Question, _ age: Int) {
        memory.withLock { memory in
            guard memory.age == age else { return }
            memory.lookups[question] = nil
            memory.answers[question] = answer
            guard !memory.isSwept else { return }
            memory.isSwept = true
            Task { [weak self] in await Self.sweep { self?.forgetExpired() } }
        }
    }

    /// Removes answers as they expire, until none are left. A secret is overwritten with its last copy.
    private static func sweep(_ forgetExpired: () -> ContinuousClock.Instant?) async {
        while let next = forgetExpired() {
            do { try await Task.sleep(until: next, clock: .continuous) } catch { return }
        }
    }

    /// - Returns: the next expiry; `nil` when no answers are left.
    private func forgetExpired() -> ContinuousClock.Instant? {
        let now = ContinuousClock.now
        return memory.withLock { memory in
            memory.answers = memory.answers.filter { $0.value.until > now }
            let next = memory.answers.values.map(\.until).min()
            if next == nil { memory.isSwept = false }
            return next.map { max($0, now + Self.sweepPause) }
        }
    }

    /// The number of cached answers.
    var remembered: Int { memory.withLock { $0.answers.count } }

    /// Looks the answer up, and refreshes a sign-in that needs it.
    ///
    /// - Returns: the answer, and whether the refresh failed transiently.
    private func lookUp(_ question: Question) async -> (Result<Grant, Refusal>, isInTrouble: Bool) {
        let answer = await find(question)
        guard case .success(let grant) = answer, let loan = grant.loan else { return (answer, false) }
        switch broker.need(loan) {
        case .nothing: return (answer, false)
        case .soon:
            renewBeside(loan.credential)
            return (answer, false)
        case .first:
            if let why = await broker.renew(loan.credential) {
                let refusal = Refusal(
                    why.isTransient ? .unavailable : .forbidden,
                    "The sign-in for \(question.provider.rawValue) has expired. \(why.sentence)")
                return (.failure(refusal), why.isTransient)
            }
            return (await find(question), false)
        }
    }

    /// Refreshes a sign-in that is still valid, in the background. After a failure it pauses before it tries again.
    private func renewBeside(_ credential: CredentialID) {
        let now = ContinuousClock.now
        guard memory.withLock({ $0.unrenewed[credential].map { $0 < now } ?? true }) else { return }
        Task {
            let isRenewed = await broker.renew(credential) == nil
            memory.withLock { $0.unrenewed[credential] = isRenewed ? nil : .now + Self.pause }
        }
    }

    private func find(_ question: Question) async -> Result<Grant, Refusal> {
        do {
            return try await store.read { [self] transaction in
                do throws(Refusal) {
                    return .success(try lookUp(question, transaction))
                } catch {
                    return .failure(error)
                }
            }
        } catch {
            // Without the database the tombstones are unknown, so nothing is allowed.
            return .failure(Refusal(.unavailable, "SAM can't look up its keys now. Try again."))
        }
    }

    /// Ends background responses that were started by a request of a session that has ended meanwhile.
    func endBackground(ifOver session: SessionReference) async {
        do {
            try await store.write { [leases] transaction in
                if try leases.lease(of: session, in: transaction) == nil { try leases.end(session, in: transaction) }
            }
        } catch {
            // The response is then booked later, when the provider no longer keeps it.
        }
    }

    /// Clears the cache, so that a change takes effect with the next request.
    func forget() {
        memory.withLock { memory in
            memory.answers = [:]
            memory.lookups = [:]
            memory.unrenewed = [:]
            memory.age += 1
        }
    }

    // MARK: - The lookup

    private func lookUp(_ question: Question, _ transaction: any Transaction) throws(Refusal) -> Grant {
        do {
            let lease = try lease(question, transaction)
            try check(lease, question, transaction)
            guard let endpoint = try endpoints.endpoint(question.provider, question.place, in: transaction) else {
                throw Refusal(
                    .forbidden, "\(question.provider.rawValue) has no address. An administrator sets one: sam providers set …")
            }
            return try grant(lease, question, endpoint, transaction)
        } catch let refusal as Refusal {
            throw refusal
        } catch let error as SettingsError {
            throw Refusal(.unavailable, error.message)
        } catch let error as MeteringError {
            throw Refusal(.unavailable, error.message)
        } catch {
            throw Refusal(.unavailable, "SAM can't read what it keeps on this key. Try again.")
        }
    }

    private func lease(_ question: Question, _ transaction: any Transaction) throws -> Lease {
        switch (question.authorization, question.entrance) {
        case (.lease(let token), _):
            if let lease = try leases.lease(token, in: transaction) { return lease }
        case (.own, .session(let session)):
            if let lease = try leases.lease(of: session, in: transaction) { return lease }
        case (.own, .network), (.own, .remote): break
        }
        throw Refusal(.unauthenticated, "This key opens nothing any more: its session has ended, or it was revoked.")
    }

    /// Checks that the lease may be used at this entrance.
    private func check(_ lease: Lease, _ question: Question, _ transaction: any Transaction) throws {
        switch (lease.holder, question.entrance) {
        case (.session(let session, _, _), .session(let entered)) where session == entered: return
        case (.session, _):
            throw Refusal(.forbidden, "This is a session's key. It opens something inside of that session's workspace only.")
        case (.key, .session):
            throw Refusal(.forbidden, "Inside of a workspace only the session's own key opens something.")
        case (.key(_, let project, let provider), .network), (.key(_, let project, let provider), .remote):
            guard provider == nil || provider == question.provider else {
                throw Refusal(.forbidden, "This key is for \(provider?.rawValue ?? "") alone.")
            }
            let isIn =
                try project.map { try accounts.mayRun(lease.user, in: $0, transaction) }
                ?? accounts.isActive(lease.user, in: transaction)
            guard isIn else {
                throw Refusal(.forbidden, "The owner of this key was shut out, or may not work on the project any more that it belongs to.")
            }
        }
    }

    private func grant(
        _ lease: Lease, _ question: Question, _ endpoint: ProviderEndpoint, _ transaction: any Transaction
    ) throws -> Grant {
        let provider = question.provider
        var payer = Payer(user: lease.user, project: nil, session: nil, key: nil, provider: provider.rawValue, scope: nil, credential: nil)
        let lending: Lending?
        switch lease.holder {
        case .session(let session, let agent, let project):
            payer.project = project
            payer.session = session.rawValue
            let caller = SessionIdentity(session: session, agent: agent, project: project, user: lease.user)
            lending =
                try !provider.takesCredential
                ? nil
                : question.authorization == .own
                    ? lender.passOn(provider, of: caller, in: transaction)
                    : lender.lend(provider, to: caller, in: transaction)
        case .key(let id, let project, _):
            payer.project = project
            payer.key = id.rawValue
            lending = try !provider.takesCredential ? nil : lender.lend(provider, project: project, user: lease.user, in: transaction)
        }
        let wait = try settings.integers(.budgetWait, of: [.platform], in: transaction).first?.value ?? Setting.budgetWait.standard.integer
        let rates = try settings.integers(.requestRate, of: payer.owners, in: transaction).map { Rate(owner: $0, requestsPerMinute: $1) }
        let key: Grant.Key
        switch lending {
        case nil: return Grant(payer: payer, endpoint: endpoint, key: .none, isBudgeted: false, rates: rates)
        case .refused(let sentence): throw Refusal(.forbidden, sentence)
        case .lent(let loan):
            payer.scope = loan.scope
            payer.credential = loan.credential.rawValue
            key = .lent(loan)
        case .own(let credential, let scope):
            payer.scope = scope
            payer.credential = credential.rawValue
            key = .own
        }
        let unmetered = try settings.text(.unmeteredPaths, project: payer.project, user: payer.user, in: transaction)
        let unpriced = try settings.text(.unpricedModels, project: payer.project, user: payer.user, in: transaction)
        return Grant(
            payer: payer, endpoint: endpoint, key: key, isBudgeted: try budgets.apply(to: payer.owners, in: transaction),
            allowsUnmetered: unmetered == Setting.estimateUnmetered, budgetWait: .seconds(wait ?? 0), rates: rates,
            prices: try payer.project.map { try ProjectPriceBook.prices(of: $0, in: transaction) } ?? .none,
            refusesUnpriced: unpriced == Setting.refuseUnpriced)
    }
}
