import Accounts
import Cascade
import Store
import Vault

/// A layer with its entry and binding.
struct CredentialLayer {
    var owner: ScopeOwner
    var entry: Entry<CredentialSelection, CredentialTombstone, CredentialFailure>
    var binding: Binding?

    /// Reads a row of ``CredentialResolver/layersQuery``. An unreadable row fails only this layer.
    init(_ owner: ScopeOwner, _ row: Row, _ vault: Vault, now: Int64) {
        self.owner = owner
        do {
            let binding = try Binding(row)
            entry = try Self.entry(binding, row, vault, now)
            self.binding = binding
        } catch {
            entry = .failed(.unreadable("\(error)"))
        }
    }

    /// A layer without a row.
    init(absent owner: ScopeOwner) {
        self.owner = owner
        entry = .absent
    }

    private static func entry(
        _ binding: Binding, _ row: Row, _ vault: Vault, _ now: Int64
    ) throws -> Entry<CredentialSelection, CredentialTombstone, CredentialFailure> {
        switch binding.state {
        case .inactive:
            return .inactive(CredentialTombstone(by: binding.changedBy, at: binding.changedAt, reason: binding.reason))
        case .active:
            guard let credential = binding.credential, let kind = try row.optionalText("kind") else { return .failed(.missing) }
            let failure = CredentialFailure.known(
                reason: try row.optionalText("failed_reason"), expiresAt: try row.optionalInteger("expires_at").map(Int64.init), now: now)
            if let failure { return .failed(failure) }
            let key = MasterKeyID(rawValue: try row.text("key_id"))
            guard vault.knows(key) else { return .failed(.unreadable("its master key \(key.rawValue) is not on the ring")) }
            guard let kind = CredentialKind(rawValue: kind) else { return .failed(.unreadable("its kind is unknown")) }
            return .active(
                CredentialSelection(
                    credential: credential, kind: kind, version: try row.integer("version"), label: try row.text("label"),
                    setBy: try row.parsed("set_by")))
        }
    }
}
