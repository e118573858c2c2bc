import Accounts
import Store
import Wording

/// What each layer says about each provider: changed by people, and listed for them.
public struct CredentialLayers: Sendable {
    let store: Store
    let accounts: Accounts
    let rows: CredentialRows
    let held: HeldRows
    let resolver: CredentialResolver

    /// Performs an act on a layer and records it in the audit trail, in one transaction.
    ///
    /// - Parameter dryRun: reports the result and changes nothing.
    /// - Throws: ``CredentialsError``; `AccountsError` when the actor may not change the layer; `StoreError`.
    public func perform(_ act: CredentialAct, _ change: CredentialChange, dryRun: Bool = false) async throws -> ChangeReport {
        do {
            return try await store.write { transaction in
                let report = try perform(act, change, in: transaction)
                if dryRun { throw DryRun(report: report) }
                return report
            }
        } catch let dryRun as DryRun {
            return dryRun.report
        }
    }

    /// Thrown to roll back the transaction of a dry run.
    private struct DryRun: Error {
        var report: ChangeReport
    }

    package func perform(_ act: CredentialAct, _ change: CredentialChange, in transaction: any Transaction) throws -> ChangeReport {
        try accounts.check(change.actor, mayChange: change.owner, in: transaction)
        if let reason = change.reason, let fault = PlainLine.fault(in: reason, of: "A reason", limit: 500, mayBeBlank: true) {
            throw CredentialsError(.invalid, fault)
        }
        let before = try resolver.explain(for: change, transaction)
        let done = try LayerEdit(rows: rows, held: held, change: change).perform(act, transaction)
        let place = "\(change.provider.rawValue)@\(change.owner.scope.rawValue):\(change.owner.owner)"
        try accounts.record(transaction, change.actor.id, "credential.\(act.name)", place, change.reason ?? "")
        return ChangeReport(done: done, before: before, after: try resolver.explain(for: change, transaction))
    }

    /// The number of credentials at a layer.
    ///
    /// - Throws: `StoreError`.
    public func count(at owner: ScopeOwner, in transaction: any Transaction) throws -> Int {
        try rows.count(at: owner, transaction)
    }

    /// Deletes all credentials, held rotations and bindings of a layer whose owner was removed.
    ///
    /// - Throws: `StoreError`.
    public func forget(_ owner: ScopeOwner, in transaction: any Transaction) throws {
        try BindingRows.removeAll(of: owner, transaction)
        try rows.removeAll(of: owner, transaction)
    }

    /// Reads every credential and binding, so that unreadable rows are reported.
    ///
    /// - Throws: `StoreError`.
    public static func readAll(in transaction: any Transaction) throws {
        try CredentialRows.readAll(transaction)
        try BindingRows.readAll(transaction)
    }
}

extension CredentialResolver {
    /// The resolution that the actor of a change sees.
    func explain(for change: CredentialChange, _ transaction: any Transaction) throws -> CredentialExplanation {
        try explain(change.provider, project: change.owner.project, user: change.actor.id, transaction)
    }
}
