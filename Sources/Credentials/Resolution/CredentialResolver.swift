import Accounts
import Cascade
import Store
import Vault

/// Resolves providers through the cascade of the project's, the user's and the platform's layer. This is the only resolver.
public struct CredentialResolver: Sendable {
    let store: Store
    let accounts: Accounts
    let rows: CredentialRows

    /// Resolves a provider for a user in a project.
    ///
    /// - Parameter project: `nil` outside any project.
    /// - Throws: `StoreError`. An unreadable row fails only its own layer.
    public func resolve(
        _ provider: Provider, project: ProjectID?, user: UserID, in transaction: any Transaction
    ) throws -> CredentialResolution {
        Self.resolve(try layers(provider, project: project, user: user, transaction))
    }

    static func resolve(_ layers: [CredentialLayer]) -> CredentialResolution {
        Cascade.resolve(layers.map { Layered($0.owner.scope, $0.entry) })
    }

    /// The layers from narrow to broad, read with one indexed query.
    func layers(
        _ provider: Provider, project: ProjectID?, user: UserID, _ transaction: any Transaction
    ) throws -> [CredentialLayer] {
        let found = try transaction.query(Self.layersQuery, provider, project?.rawValue ?? "", user)
        let byScope = Dictionary(
            found.compactMap { row in (try? row.parsed("scope", as: Scope.self)).map { ($0, row) } },
            uniquingKeysWith: { first, _ in first }
        )
        return ScopeOwner.layers(project: project, user: user).map { owner in
            byScope[owner.scope].map { CredentialLayer(owner, $0, rows.vault, now: rows.now()) } ?? CredentialLayer(absent: owner)
        }
    }

    /// Three lookups in one unique index, in one statement. A binding to another owner's credential is joined with no credential.
    package static let layersQuery = ["'project'", "'user'", "'platform'"].map { scope in
        """
        SELECT b.scope, b.project_id, b.user_id, b.provider, b.state, b.credential_id, b.reason, b.changed_by, b.changed_at,
            c.kind, c.version, c.label, c.key_id, c.expires_at, c.failed_reason, c.set_by
        FROM bindings b LEFT JOIN credentials c ON c.id = b.credential_id AND c.scope = b.scope AND c.provider = b.provider
            AND COALESCE(c.project_id, '') = COALESCE(b.project_id, '') AND COALESCE(c.user_id, '') = COALESCE(b.user_id, '')
        WHERE b.scope = \(scope) AND COALESCE(b.project_id, '') = \(scope == "'project'" ? "$2" : "''")
            AND COALESCE(b.user_id, '') = \(scope == "'user'" ? "$3" : "''") AND b.provider = $1
        """
    }.joined(separator: "\nUNION ALL\n")
}
