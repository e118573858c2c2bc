import Accounts
import Cascade
import Credentials
import Store
import Vault

/// What is checked once, when a history is over: what would be too dear, or too early, after each step.
extension HistoryRun {
    mutating func disagreementAtEnd(of history: History) -> String? {
        // Where nothing was taken away, each session sends what it has left and ends; then no token may be lost.
        if history.isUndisturbed {
            for session in History.Session.allCases where model.pins[session] != nil {
                for step in [History.Step.sync(session), .settle(session)] {
                    if let sentence = disagreement(after: step) { return "After the story, \(step): \(sentence)" }
                }
            }
            for credential in model.credentials.values where history.writes(at: credential.layer) <= 1 {
                guard model.spent.contains(credential.secret) else { continue }
                return "At the end credential \(credential.id) holds \(credential.secret.text), which is spent."
            }
        }
        do {
            if let sentence = try disagreementInResolution() { return "At the end \(sentence)" }
            for id in unread.sorted() {
                guard let credential = model.credentials[id], credential.layer != .platform else { continue }
                if let sentence = disagreement(about: id, stored: try open(credential)) { return "At the end \(sentence)" }
            }
        } catch {
            return "At the end SAM throws \(error)"
        }
        return nil
    }

    func disagreementInResolution() throws -> String? {
        for person in History.Person.allCases {
            let expected = model.resolve(for: person)
            let outcome = try resolve(for: person)
            guard outcome == expected else { return "for \(person) the model resolves to \(expected), SAM to \(outcome)." }
        }
        return nil
    }

    private func resolve(for person: History.Person) throws -> CredentialModel.Outcome {
        let user = user(person).id
        switch try sam.credentials.resolver.resolve(.openaiChatGPT, project: sam.project, user: user, in: transaction).outcome {
        case .found(let selection, at: let scope):
            let name = names[selection.credential.rawValue] ?? 0
            return .found(name, version: selection.version, at: History.Layer(scope))
        case .blocked: return .blocked
        case .failed: return .failed
        case .absent: return .absent
        }
    }

    func disagreement(about id: Int, stored secret: Secret) -> String? {
        guard let credential = model.credentials[id] else { return nil }
        let expected = authFile(credential.secret.text)
        guard secret.reveal() != expected else { return nil }
        return "credential \(id) must hold \(credential.secret.text), and holds \(secret.reveal())"
    }

    /// Bends the tables until a new session of the owner's is given this very credential. Only at the end, since the
    /// roll-back straightens them. A platform's secret can't be had in this way; its version and seal were compared.
    private func open(_ credential: CredentialModel.Stored) throws -> Secret {
        let scope = credential.layer.rawValue
        guard let real = names.first(where: { $0.value == credential.id })?.key else { throw CannotOpen(why: "it has no real id") }
        try transaction.execute("DELETE FROM bindings WHERE scope <> $1", scope)
        if try transaction.first("SELECT 1 AS one FROM bindings") == nil { _ = try perform(.off, at: credential.layer) }
        try transaction.execute("UPDATE bindings SET state = 'active', credential_id = $1", real)
        try transaction.execute("UPDATE credentials SET set_by = $1", sam.owner.id)
        try transaction.execute("UPDATE pins SET settled_at = 1")
        switch try pin(SessionReference(rawValue: "probe-\(credential.id)"), for: .owner) {
        case .pinned(let pin): return try sam.credentials.pins.currentSecret(of: pin, in: transaction)
        case .refused, .busy: throw CannotOpen(why: "a session of the owner's is not given it")
        }
    }

    private struct CannotOpen: Error, CustomStringConvertible {
        let why: String

        var description: String { "no credential: the test can't open one, since \(why)." }
    }
}
