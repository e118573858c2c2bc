import Synchronization

/// Outcomes of refreshes that are not in the database yet, in memory and in the folder.
///
/// ``TokenBroker`` changes them, one task per credential at a time. Others only ask whether there is one.
final class KeptOutcomes: Sendable {
    private struct Kept {
        var attempt: RefreshAttempt
        var outcome: RefreshOutcome
        var isWritten: Bool
    }

    private let folder: OutcomeFolder?
    /// Of each credential, by version.
    private let all = Mutex<[CredentialID: [Kept]]>([:])

    /// - Parameter folder: `nil` keeps them in memory only.
    init(folder: OutcomeFolder?) {
        self.folder = folder
    }

    /// Takes up what an earlier process left in the folder.
    ///
    /// - Returns: a sentence about each file that can't be read.
    func load() -> [String] {
        guard let found = folder?.all() else { return [] }
        for (attempt, outcome) in found.outcomes { insert(Kept(attempt: attempt, outcome: outcome, isWritten: true)) }
        return found.problems
    }

    /// The credentials with an outcome.
    var credentials: [CredentialID] { all.withLock { $0.keys.sorted { $0.rawValue < $1.rawValue } } }

    /// Whether there is an outcome of a refresh of this version.
    func holds(_ id: CredentialID, version: Int) -> Bool {
        all.withLock { $0[id, default: []].contains { $0.attempt.version == version } }
    }

    /// The outcome of a credential's lowest version. They are stored in this order: each begins where the one before ended.
    func oldest(of id: CredentialID) -> (attempt: RefreshAttempt, outcome: RefreshOutcome)? {
        all.withLock { $0[id]?.first.map { ($0.attempt, $0.outcome) } }
    }

    /// Keeps an outcome in memory.
    func add(_ outcome: RefreshOutcome, of attempt: RefreshAttempt) {
        insert(Kept(attempt: attempt, outcome: outcome, isWritten: false))
    }

    /// Writes an outcome to the folder, unless it is there.
    ///
    /// - Returns: whether it was written now.
    /// - Throws: ``CredentialsError/Code/unkept`` or `VaultError`; it is in memory only then.
    @discardableResult
    func write(_ attempt: RefreshAttempt) throws -> Bool {
        guard let outcome = all.withLock({ $0[attempt.credential]?.first { $0.attempt == attempt && !$0.isWritten }?.outcome })
        else { return false }
        guard let folder else { throw CredentialsError(.unkept, "No folder is set for it.") }
        try folder.write(outcome, of: attempt)
        all.withLock { all in
            guard let place = all[attempt.credential]?.firstIndex(where: { $0.attempt == attempt }) else { return }
            all[attempt.credential]?[place].isWritten = true
        }
        return true
    }

    /// Forgets an outcome. Its file stays for the next start.
    func setAside(_ attempt: RefreshAttempt) {
        all.withLock { all in
            let rest = all[attempt.credential, default: []].filter { $0.attempt != attempt }
            all[attempt.credential] = rest.isEmpty ? nil : rest
        }
    }

    /// Removes a stored outcome and its file.
    ///
    /// - Throws: ``CredentialsError/Code/unkept`` when the file stays.
    func remove(_ attempt: RefreshAttempt) throws(CredentialsError) {
        setAside(attempt)
        try folder?.remove(attempt)
    }

    private func insert(_ kept: Kept) {
        all.withLock { all in
            let rest = all[kept.attempt.credential, default: []].filter { $0.attempt.version != kept.attempt.version }
            all[kept.attempt.credential] = (rest + [kept]).sorted { $0.attempt.version < $1.attempt.version }
        }
    }
}
