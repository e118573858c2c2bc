import Logging
import Vault
import Wording

/// Refreshes sign-ins for the gateway: one refresh at a time per credential, across processes, and each token is spent once.
///
/// A refresh continues when its caller is cancelled.
public actor TokenBroker {
    private let refreshes: Refreshes
    private let endpoint: TokenEndpoint
    private let sleep: @Sendable (Duration) async -> Void
    private var running: [CredentialID: Task<RefreshFailure?, Never>] = [:]
    /// Outcomes that are not in the database yet.
    private var kept: KeptOutcomes { refreshes.kept }
    private var logger: Logger { refreshes.logger }

    /// The pause between attempts to store a kept outcome.
    private static let pause = Duration.seconds(5)

    /// Creates a broker.
    ///
    /// - Parameter sleep: waits between attempts to store an outcome.
    public init(
        refreshes: Refreshes, endpoint: TokenEndpoint,
        sleep: @escaping @Sendable (Duration) async -> Void = { try? await Task.sleep(for: $0) }
    ) {
        self.refreshes = refreshes
        self.endpoint = endpoint
        self.sleep = sleep
    }

    /// Whether a sign-in must be refreshed before it is used.
    public nonisolated func need(_ loan: Loan) -> Need {
        guard loan.kind == .oauth else { return .nothing }
        switch refreshes.need(loan.credential, loan.secret) {
        case .none: return .nothing
        case .due: return .soon
        case .overdue: return .first
        }
    }

    /// Whether a sign-in must be refreshed before it is used.
    public enum Need: Sendable, Hashable {
        /// No refresh is needed.
        case nothing
        /// It should be refreshed, and can be used meanwhile.
        case soon
        /// It must be refreshed first.
        case first
    }

    /// Refreshes a sign-in, unless it no longer needs it when the claim is made.
    ///
    /// - Parameter rejected: the access token that the provider refused; `nil` when the refresh is due by time.
    /// - Returns: why it could not be refreshed; `nil` when the stored token is good.
    @discardableResult
    public func renew(_ id: CredentialID, rejecting rejected: Secret? = nil) async -> RefreshFailure? {
        await alone(id) { await self.run(id, rejected) }
    }

    private func alone(_ id: CredentialID, _ work: @escaping @Sendable () async -> RefreshFailure?) async -> RefreshFailure? {
        if let task = running[id] { return await task.value }
        // Detached from the caller: a spent token must be stored even if the client disconnects.
        let task = Task { await work() }
        running[id] = task
        let outcome = await task.value
        running[id] = nil
        return outcome
    }

    /// Takes up the outcomes that an earlier process could not store, and tries once to store each; those that fail are tried again later.
    /// Call it once, before the first request and before sessions start.
    ///
    /// - Returns: a sentence about each that can't be read.
    public func recover() async -> [String] {
        let problems = kept.load()
        for id in kept.credentials {
            _ = await alone(id) { await self.storeOnce(id) }
            if kept.oldest(of: id) != nil { Task { await storeKept(id) } }
        }
        return problems
    }

    private func storeOnce(_ id: CredentialID) async -> RefreshFailure? {
        do {
            return try await settleKept(id)
        } catch {
            logger.notice("The outcome of refreshing the sign-in \(id.rawValue) still can't be stored: \(logWords(of: error))")
            return RefreshFailure(reason(of: error), isTransient: true)
        }
    }

    private func run(_ id: CredentialID, _ rejected: Secret?) async -> RefreshFailure? {
        while true {
            do {
                // The database does not know yet what became of the token.
                if let why = try await settleKept(id) { return why }
                switch try await refreshes.claim(id, rejecting: rejected) {
                case .settled: return nil
                case .impossible(let sentence): return RefreshFailure(sentence)
                case .postponed(let why): return why
                case .wait: try? await Task.sleep(for: .milliseconds(50))
                case .spend(let ticket):
                    return await settle(ticket.attempt, await endpoint.refresh(ticket.provider, ticket.token))
                }
            } catch {
                return RefreshFailure("It can't be refreshed now: \(reason(of: error))", isTransient: true)
            }
        }
    }

    // MARK: - Storing outcomes

    /// Stores the outcome. Only this process has the new token: after about 13 seconds of failures the caller continues, and the outcome is
    /// kept until it is stored.
    private func settle(_ attempt: RefreshAttempt, _ outcome: RefreshOutcome) async -> RefreshFailure? {
        kept.add(outcome, of: attempt)
        // Before the first attempt to store it: a process that ends in between loses nothing.
        var unkept = write(attempt)
        var pause = Duration.milliseconds(50)
        var isLogged = false
        while true {
            do {
                return try await store(attempt, outcome, isLate: false, wasLogged: isLogged)
            } catch {
                if unkept != nil { unkept = write(attempt) }
                if !isLogged { logKept(attempt, error, unkept) }
                isLogged = true
                guard pause < .seconds(8) else {
                    Task { await storeKept(attempt.credential) }
                    let sentence = "What was refreshed can't be stored now, and SAM keeps it until it can: \(reason(of: error))"
                    let warning = unkept.map { "Until then, don't stop SAM: \($0)" }
                    return RefreshFailure([sentence, warning].compactMap(\.self).joined(separator: " "), isTransient: true)
                }
                await sleep(pause)
                pause *= 2
            }
        }
    }

    /// Stores an outcome, or records that it can never be stored.
    ///
    /// - Parameter wasLogged: whether the log says that it is kept.
    /// - Returns: why there is no new token; `nil` when there is one.
    /// - Throws: an error that may pass; the outcome is still kept.
    private func store(
        _ attempt: RefreshAttempt, _ outcome: RefreshOutcome, isLate: Bool, wasLogged: Bool
    ) async throws -> RefreshFailure? {
        let why: RefreshFailure?
        do {
            why = try await refreshes.settle(attempt, outcome, isLate: isLate)
            if wasLogged { logger.notice("The outcome of refreshing \(name(attempt)), which was kept, is stored now.") }
        } catch {
            guard Refreshes.isLasting(error) else { throw error }
            logger.error("The outcome of refreshing \(name(attempt)) can never be stored: \(logWords(of: error))")
            guard let failure = try await giveUp(attempt, error) else { return RefreshFailure(reason(of: error)) }
            why = failure
        }
        do {
            try kept.remove(attempt)
        } catch {
            logger.warning("The outcome of refreshing \(name(attempt)) is stored, but its file stays: \(error)")
        }
        return why
    }

    /// Records a lasting failure on the sign-in.
    ///
    /// - Returns: `nil` when that can't be recorded either, because the sign-in's own row is damaged. The file stays for the next start.
    /// - Throws: an error that may pass.
    private func giveUp(_ attempt: RefreshAttempt, _ error: any Error) async throws -> RefreshFailure? {
        do {
            return try await refreshes.giveUp(attempt, because: error)
        } catch {
            guard Refreshes.isLasting(error) else { throw error }
            kept.setAside(attempt)
            logger.error("Neither can that be recorded; the next start tries again: \(logWords(of: error))")
            return nil
        }
    }

    /// Stores the kept outcomes of a sign-in.
    ///
    /// - Returns: why there is no new token; `nil` when there is one, or nothing is kept.
    /// - Throws: an error that may pass; the outcomes are still kept.
    private func settleKept(_ id: CredentialID) async throws -> RefreshFailure? {
        var why: RefreshFailure?
        while let (attempt, outcome) = kept.oldest(of: id) {
            why = try await store(attempt, outcome, isLate: true, wasLogged: true)
        }
        return why
    }

    private func storeKept(_ id: CredentialID) async {
        while kept.oldest(of: id) != nil {
            await renew(id)
            guard let (attempt, _) = kept.oldest(of: id) else { return }
            writeAgain(attempt)
            await sleep(Self.pause)
        }
    }

    // MARK: - The folder

    /// Writes an outcome to the folder, unless it is there.
    ///
    /// - Returns: why it is in memory only.
    private func write(_ attempt: RefreshAttempt) -> String? {
        do {
            try kept.write(attempt)
            return nil
        } catch {
            return reason(of: error)
        }
    }

    private func writeAgain(_ attempt: RefreshAttempt) {
        do {
            if try kept.write(attempt) { logger.notice("The outcome of refreshing \(name(attempt)) is in a file now.") }
        } catch {
            // It was logged when the outcome was kept, and it is tried again after the next pause.
        }
    }

    // MARK: - The log

    private func logKept(_ attempt: RefreshAttempt, _ error: any Error, _ unkept: String?) {
        let line = "The outcome of refreshing \(name(attempt)) can't be stored now and is kept: \(logWords(of: error))"
        guard let unkept else { return logger.notice("\(line)") }
        logger.warning("\(line) It is in memory only, so don't stop SAM: \(unkept)")
    }

    private func name(_ attempt: RefreshAttempt) -> String { "the sign-in \(attempt.credential.rawValue) (version \(attempt.version))" }
}
