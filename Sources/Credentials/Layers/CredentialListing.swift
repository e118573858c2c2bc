import Accounts
import Store
import Vault

/// A list entry: what a layer sets for a provider, or a credential that its layer does not select.
public struct ListedCredential: Sendable, Hashable, Codable {
    /// The state of the entry in its layer.
    public enum State: String, Sendable, Codable {
        /// Selected and active: used when resolution reaches this layer.
        case on
        /// The layer is turned off.
        case off
        /// Stored, but not selected by its layer.
        case unused
    }

    /// The scope of the layer.
    public var scope: Scope
    /// The name of the project or user; `nil` for the platform.
    public var owner: String?
    /// The provider.
    public var provider: Provider
    /// The state in the layer.
    public var state: State
    /// `nil` for a tombstone without a credential.
    public var id: CredentialID?
    /// The kind of credential.
    public var kind: CredentialKind?
    /// The credential's label.
    public var label: String?
    /// The credential's version.
    public var version: Int?
    /// The last four characters of a long key.
    public var ending: String?
    /// The last write, in UTC milliseconds.
    public var updatedAt: Int64?
    /// The expiry, in UTC milliseconds; `nil` without a known expiry.
    public var expiresAt: Int64?
    /// Why the credential is unusable.
    public var failure: String?
    /// The number of rotated tokens held for the owner to recover.
    public var held: Int
}

extension CredentialLayers {
    /// The credentials and tombstones at the layers that this user may see: their own, their projects' and, for administrators, the
    /// platform's. Unreadable rows do not affect the others.
    ///
    /// - Throws: `StoreError`.
    public func list(for user: User) async throws -> [ListedCredential] {
        let projects = try await accounts.projects(of: user.id)
        return try await store.read { transaction in
            let layers: [(owner: ScopeOwner, name: String?)] =
                projects.map { (.project($0.id), $0.name) } + [(.user(user.id), user.name)]
                + (user.role == .administrator ? [(.platform, nil)] : [])
            return try layers.flatMap { layer in
                try CustomProviders.known(at: [layer.owner], transaction).flatMap { try list(layer.owner, layer.name, $0, transaction) }
            }
        }
    }

    private func list(
        _ owner: ScopeOwner, _ name: String?, _ provider: Provider, _ transaction: any Transaction
    ) throws -> [ListedCredential] {
        let binding = try? BindingRows.binding(owner, provider, transaction)
        var listed = try rows.credentials(of: owner, provider, transaction).map { credential in
            let isSelected = binding?.credential == credential.id
            let secret = credential.kind == .apiKey ? try? rows.secret(of: credential, transaction) : nil
            return ListedCredential(
                scope: owner.scope, owner: name, provider: provider,
                state: !isSelected ? .unused : binding?.state == .inactive ? .off : .on, id: credential.id, kind: credential.kind,
                label: credential.label, version: credential.version, ending: secret?.ending, updatedAt: credential.updatedAt,
                expiresAt: credential.expiresAt,
                failure: credential.failedReason ?? (credential.expiresAt.map { $0 <= rows.now() } == true ? "It has expired." : nil),
                held: try held.count(of: credential.id, transaction))
        }
        if let binding, binding.state == .inactive, !listed.contains(where: { $0.state == .off }) {
            listed.insert(
                ListedCredential(scope: owner.scope, owner: name, provider: provider, state: .off, updatedAt: binding.changedAt, held: 0),
                at: 0)
        }
        return listed
    }
}
