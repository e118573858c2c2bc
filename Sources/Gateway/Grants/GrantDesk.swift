import Accounts
import Credentials
import Metering
import Settings
import Store
import Synchronization

/// Tells what a lease opens: lease → pin → credential, or for a person's key, lease → cascade → credential.
///
/// An answer is remembered for a quarter of a second, so that turning something off bites within one. Safe to share.
final class GrantDesk: Sendable {
    struct Question: Hashable, Sendable {
        /// What a request comes with.
        enum Claim: Hashable, Sendable {
            case lease(LeaseToken)
            /// An authorization of the agent's own. The socket alone says whose it is.
            case own
        }

        var claim: Claim
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
        /// Lookups under way: who asks the same meanwhile shares the answer.
        var lookups: [Question: Task<Result<Grant, Refusal>, Never>] = [:]
        /// Until when nobody tries again to refresh a sign-in that is good still.
        var unrenewed: [CredentialID: ContinuousClock.Instant] = [:]
        /// Counts how often everything was forgotten: what was looked up before is not remembered after.
        var age = 0
        /// Whether somebody waits to forget what has expired.
        var isSwept = false
    }

    /// How long an answer is remembered.
    static let span = Duration.milliseconds(250)
    /// How long nobody is asked again after something was not to be had: every request of an agent would ask a provider in trouble.
    static let rest = Duration.seconds(2)

    /// Expired answers are looked for no more often than this: each look goes through all of them.
    private static let sweepPause = Duration.milliseconds(100)

    /// How long a refresh that was not pressing, and came to nothing, is let be.
    static let pause = Duration.seconds(60)

    private let store: Store
    private let accounts: Accounts
    private let leases: Leases
    private let credentials: Credentials
    private let endpoints: ProviderEndpoints
    private let budgets: Budgets
    private let settings: Settings
    let broker: TokenBroker
    private let memory = Mutex(Memory())

    init(
        store: Store, accounts: Accounts, leases: Leases, credentials: Credentials, endpoints: ProviderEndpoints, budgets: Budgets,
        settings: Settings, broker: TokenBroker
    ) {
        self.store = store
        self.accounts = accounts
        self.leases = leases
        self.credentials = credentials
        self.endpoints = endpoints
        self.budgets = budgets
        self.settings = settings
        self.broker = broker
    }

    /// The answer, if it was found a moment ago.
    func recall(_ question: Question) -> Result<Grant, Refusal>? {
        let now = ContinuousClock.now
        return memory.withLock { memory in
            guard let answer = memory.answers[question], answer.until > now else { return nil }
            return answer.answer
        }
    }

    /// Looks the answer up.
    func ask(_ question: Question) async -> Result<Grant, Refusal> {
        // What changes while it is looked up is seen a quarter of a second later at most.
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

    /// Forgets answers as they expire, until there are none. With the last copy of an answer its secret is overwritten.
    private static func sweep(_ forgetExpired: () -> ContinuousClock.Instant?) async {
        while let next = forgetExpired() {
            do { try await Task.sleep(until: next, clock: .continuous) } catch { return }
        }
    }

    /// - Returns: when the next expires; `nil` when nothing is remembered any more.
    private func forgetExpired() -> ContinuousClock.Instant? {
        let now = ContinuousClock.now
        return memory.withLock { memory in
            memory.answers = memory.answers.filter { $0.value.until > now }
            let next = memory.answers.values.map(\.until).min()
            if next == nil { memory.isSwept = false }
            return next.map { max($0, now + Self.sweepPause) }
        }
    }

    /// How many answers are remembered.
    var remembered: Int { memory.withLock { $0.answers.count } }

    /// Looks it up, and has a sign-in refreshed that needs it.
    ///
    /// - Returns: the answer, and whether it is such that whoever refreshes sign-ins is in trouble.
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
                    why.isPassing ? .unavailable : .forbidden, "The sign-in for \(question.provider.rawValue) has expired. \(why.sentence)")
                return (.failure(refusal), why.isPassing)
            }
            return (await find(question), false)
        }
    }

    /// Refreshes what is good still, and does not try that again for a while when it came to nothing.
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
            // Without the database nobody knows what is off, so nothing is on.
            return .failure(Refusal(.unavailable, "SAM can't look up its keys now. Try again."))
        }
    }

    /// Forgets everything, so that a change bites with the next request.
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
                    .forbidden, "Nobody gave \(question.provider.rawValue) an address. An administrator does: sam providers set …")
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
        switch (question.claim, question.entrance) {
        case (.lease(let token), _):
            if let lease = try leases.lease(token, in: transaction) { return lease }
        case (.own, .session(let session)):
            if let lease = try leases.lease(of: session, in: transaction) { return lease }
        case (.own, .network), (.own, .remote): break
        }
        throw Refusal(.unauthenticated, "This key opens nothing any more: its session has ended, or it was revoked.")
    }

    /// Whether the lease may be used here.
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
            let caller = SyncCaller(session: session, agent: agent, project: project, user: lease.user)
            lending =
                try !provider.takesCredential
                ? nil
                : question.claim == .own
                    ? credentials.passOn(provider, of: caller, in: transaction)
                    : credentials.lend(provider, to: caller, in: transaction)
        case .key(let id, let project, _):
            payer.project = project
            payer.key = id.rawValue
            lending = try !provider.takesCredential ? nil : credentials.lend(provider, project: project, user: lease.user, in: transaction)
        }
        let rates = try settings.integers(.requestRate, of: payer.owners, in: transaction).map { Rate(owner: $0, requestsPerMinute: $1) }
        switch lending {
        case nil: return Grant(payer: payer, endpoint: endpoint, key: .none, isBudgeted: false, rates: rates)
        case .refused(let sentence): throw Refusal(.forbidden, sentence)
        case .lent(let loan):
            payer.scope = loan.scope
            payer.credential = loan.credential.rawValue
            return Grant(
                payer: payer, endpoint: endpoint, key: .lent(loan),
                isBudgeted: try budgets.apply(to: payer.owners, in: transaction), rates: rates)
        case .own(let credential, let scope):
            payer.scope = scope
            payer.credential = credential.rawValue
            return Grant(
                payer: payer, endpoint: endpoint, key: .own,
                isBudgeted: try budgets.apply(to: payer.owners, in: transaction), rates: rates)
        }
    }
}
