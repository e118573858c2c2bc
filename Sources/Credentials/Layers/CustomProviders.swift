import Accounts
import Store

/// The custom providers with an entry at a layer, and their limit.
enum CustomProviders {
    /// The maximum number of custom providers with an entry at one layer.
    static let limit = 100

    /// The built-in providers, then the custom ones with an entry at one of the layers, sorted by name.
    static func known(at layers: [ScopeOwner], _ transaction: any Transaction) throws -> [Provider] {
        Provider.all + (try Set(layers.flatMap { try providers(at: $0, transaction) })).sorted { $0.rawValue < $1.rawValue }
    }

    /// Checks that a layer has room for a custom provider. Existing entries can always be changed.
    ///
    /// - Throws: ``CredentialsError/Code/wrongState``; `StoreError`.
    static func checkRoom(for provider: Provider, at owner: ScopeOwner, _ transaction: any Transaction) throws {
        guard provider.isCustom else { return }
        let known = try providers(at: owner, transaction)
        guard known.count >= limit, !known.contains(provider) else { return }
        throw CredentialsError(
            .wrongState,
            "The \(owner.scope.rawValue) scope has entries for \(known.count) custom providers, and \(limit) is the most. Remove one first, with `rm` and `clear`."
        )
    }

    /// The custom providers with a credential or binding at a layer.
    private static func providers(at owner: ScopeOwner, _ transaction: any Transaction) throws -> [Provider] {
        // The range of all strings that start with “custom-”.
        let rows = try transaction.query(
            """
            SELECT provider FROM credentials WHERE scope = $1 AND COALESCE(project_id, '') = $2 AND COALESCE(user_id, '') = $3
                AND provider >= 'custom-' AND provider < 'custom.'
            UNION SELECT provider FROM bindings WHERE scope = $1 AND COALESCE(project_id, '') = $2 AND COALESCE(user_id, '') = $3
                AND provider >= 'custom-' AND provider < 'custom.'
            ORDER BY 1
            """, owner.scope, owner.project?.rawValue ?? "", owner.user?.rawValue ?? "")
        return transaction.readable(rows, of: "credentials", id: { try $0.text("provider") }) { try $0.parsed("provider") }
    }
}
