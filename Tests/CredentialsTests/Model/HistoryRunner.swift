import Accounts
import Credentials
import Store
import Vault

/// Runs histories against the real credentials and the model side by side.
struct HistoryRunner: Sendable {
    let sam: CredentialsFixture
    var mutation: CredentialModel.Mutation?

    /// A history that ended differently from what the model says, as short as it could be made.
    struct Failure: Sendable, CustomStringConvertible {
        let story: History
        let disagreement: String

        var description: String { "\(disagreement)\nThe story:\n\(story)" }
    }

    /// The first disagreement in the history, in a sentence; `nil` when there is none.
    ///
    /// All happens in one transaction that is rolled back, so that each history begins with nothing and none is slow.
    func disagreement(in history: History) async throws -> String? {
        do {
            try await sam.store.write { (transaction: any Transaction) throws -> Void in
                var run = HistoryRun(sam: sam, transaction: transaction, model: CredentialModel(mutation: mutation))
                throw RolledBack(disagreement: run.firstDisagreement(in: history))
            }
            return "The transaction was committed, though it was to be rolled back."
        } catch let end as RolledBack {
            return end.disagreement
        }
    }

    /// The failure of a history, shrunk.
    func failure(of history: History) async throws -> Failure? {
        guard try await disagreement(in: history) != nil else { return nil }
        let story = try await history.shrunk { try await disagreement(in: $0) != nil }
        return Failure(story: story, disagreement: try await disagreement(in: story) ?? "It fails only now and then.")
    }

    /// Walks the histories of a world that take one of these steps after its opening, all in one transaction that is rolled back.
    ///
    /// - Returns: how many they were, up to the first failure, and that failure, shrunk.
    func walk(_ world: SmallWorld, beginningWith steps: [History.Step], withOpening: Bool) async throws -> (count: Int, failure: Failure?) {
        do {
            try await sam.store.write { (transaction: any Transaction) throws -> Void in
                var walk = WorldWalk(world: world, transaction: transaction)
                let run = HistoryRun(sam: sam, transaction: transaction, model: CredentialModel(mutation: mutation))
                try walk.walk(run, then: steps, withOpening: withOpening)
                throw Walked(count: walk.count, failing: walk.failing)
            }
            return (0, nil)
        } catch let walked as Walked {
            guard let failing = walked.failing else { return (walked.count, nil) }
            let failure = try await failure(of: failing)
            return (walked.count, failure ?? Failure(story: failing, disagreement: "It fails only as a branch of others."))
        }
    }

    private struct RolledBack: Error {
        let disagreement: String?
    }

    private struct Walked: Error {
        let count: Int
        let failing: History?
    }
}

/// One run of a history inside its transaction.
struct HistoryRun {
    let sam: CredentialsFixture
    let transaction: any Transaction
    var model: CredentialModel
    /// The model's names of the real credentials.
    var names: [String: Int] = [:]
    /// What the real code gave to the sessions that started.
    var pins: [History.Session: Pin] = [:]
    /// The sealed secrets as they were after the step before.
    var sealed: [Int: SQLValue] = [:]
    /// Credentials whose secret was written since it was last opened.
    var unread: Set<Int> = []

    init(sam: CredentialsFixture, transaction: any Transaction, model: CredentialModel) {
        self.sam = sam
        self.transaction = transaction
        self.model = model
    }

    mutating func firstDisagreement(in history: History) -> String? {
        for (index, step) in history.steps.enumerated() {
            if let sentence = disagreement(after: step) { return "At step \(index + 1), \(step): \(sentence)" }
        }
        return disagreementAtEnd(of: history)
    }

    /// Takes one step on both sides and compares the answers and all that can be seen from outside.
    mutating func disagreement(after step: History.Step) -> String? {
        let before = model
        let expected = model.take(step)
        guard expected != .notAsked else { return nil }
        do {
            let answer = try ask(step, before)
            guard answer == expected else { return "the model says \(expected), SAM says \(answer)." }
            return try disagreementInTables(before) ?? disagreementInSecrets(after: step, expected)
                ?? disagreementInResolution(after: step)
        } catch {
            return "SAM throws \(error)"
        }
    }
}

extension HistoryRun {
    private mutating func disagreementInTables(_ before: CredentialModel) throws -> String? {
        let now = try TablesSnapshot(transaction)
        for (layer, binding) in model.bindings {
            // The real id of a new credential is known from the binding that selects it.
            guard let id = binding.selected, before.credentials[id] == nil else { continue }
            if let real = now.bindings[layer]?.credential, names[real] == nil { names[real] = id }
        }
        if let difference = model.facts.difference(from: now.facts(names)) { return difference }
        for (real, credential) in now.credentials {
            guard let id = names[real] else { continue }
            let isWritten = sealed.updateValue(credential.sealed, forKey: id) != credential.sealed
            let mustBeWritten = before.credentials[id]?.secret != model.credentials[id]?.secret
            guard isWritten == mustBeWritten else {
                return "the secret of credential \(id) was \(isWritten ? "" : "not ")written, contrary to the model."
            }
            if isWritten { unread.insert(id) }
        }
        return nil
    }

    /// Opens what a session was given or has just written: it has a pin to open it with.
    private mutating func disagreementInSecrets(
        after step: History.Step, _ expected: CredentialModel.Answer
    ) throws -> String? {
        if let stray = model.credentials.values.first(where: { $0.secret.issuedFor != $0.id }) {
            return "credential \(stray.id) holds \(stray.secret.text), which was not issued for it."
        }
        switch (step, expected) {
        case (.start(let session), .started), (.sync(let session), .synced(.updated)):
            guard let pin = pins[session], let id = names[pin.credential.rawValue] else { return nil }
            unread.remove(id)
            return disagreement(about: id, stored: try sam.credentials.pins.currentSecret(of: pin, in: transaction))
        default:
            return nil
        }
    }

    /// A sync must change no binding, which the tables show; so what applies to whom is asked after people's acts only.
    private func disagreementInResolution(after step: History.Step) throws -> String? {
        switch step {
        case .set, .off, .on, .remove, .clear, .recover: try disagreementInResolution()
        case .start, .rotate, .sync, .syncGarbage, .syncForeign, .settle: nil
        }
    }
}
