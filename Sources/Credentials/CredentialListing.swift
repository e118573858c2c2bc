import Accounts
import Store
import Vault

/// A layer's word about a provider, or a credential that nothing selects, as it is listed.
public struct ListedCredential: Sendable, Hashable, Codable {
    /// What it is to its layer.
    public enum State: String, Sendable, Codable {
        /// Used by whoever gets as far as this layer.
        case on
        /// The layer is turned off.
        case off
        /// Stored, and not selected by its layer.
        case unused
    }

    public var scope: Scope
    /// The project's or the user's name; missing for the platform.
    public var owner: String?
    public var provider: Provider
    public var state: State
    /// Missing for a tombstone that stands on nothing.
    public var id: CredentialID?
    public var kind: CredentialKind?
    public var label: String?
    public var version: Int?
    /// The last four characters of a long key.
    public var ending: String?
    /// UTC milliseconds.
    public var updatedAt: Int64?
    public var expiresAt: Int64?
    /// Why it can't be used any more.
    public var failure: String?
    /// How many rotated tokens are held for the owner to recover.
    public var held: Int
}

extension Credentials {
    /// Everything that stands at the layers that this user may know of: their own, their projects', and for
    /// administrators the platform's. A row that can't be read hides no other.
    ///
    /// - Throws: `StoreError`.
    public func list(for user: User) async throws -> [ListedCredential] {
        let projects = try await accounts.projects(of: user.id)
        return try await store.read { transaction in
            let layers: [(owner: ScopeOwner, name: String?)] =
                projects.map { (.project($0.id), $0.name) } + [(.user(user.id), user.name)]
                + (user.role == .administrator ? [(.platform, nil)] : [])
            return try layers.flatMap { layer in
                try providers(at: [layer.owner], transaction).flatMap { try list(layer.owner, layer.name, $0, transaction) }
            }
        }
    }

    private func list(
        _ owner: ScopeOwner, _ name: String?, _ provider: Provider, _ transaction: any Transaction
    ) throws -> [ListedCredential] {
        let binding = try? binding(owner, provider, transaction)
        var listed = try credentials(of: owner, provider, transaction).map { credential in
            let isSelected = binding?.credential == credential.id
            let secret = credential.kind == .apiKey ? try? secret(of: credential, transaction) : nil
            return ListedCredential(
                scope: owner.scope, owner: name, provider: provider,
                state: !isSelected ? .unused : binding?.state == .inactive ? .off : .on, id: credential.id, kind: credential.kind,
                label: credential.label, version: credential.version, ending: secret?.ending, updatedAt: credential.updatedAt,
                expiresAt: credential.expiresAt,
                failure: credential.failedReason ?? (credential.expiresAt.map { $0 <= now() } == true ? "It has expired." : nil),
                held: try transaction.query("SELECT session_id FROM held WHERE credential_id = $1", credential.id).count)
        }
        if let binding, binding.state == .inactive, !listed.contains(where: { $0.state == .off }) {
            listed.insert(
                ListedCredential(scope: owner.scope, owner: name, provider: provider, state: .off, updatedAt: binding.changedAt, held: 0),
                at: 0)
        }
        return listed
    }
}
