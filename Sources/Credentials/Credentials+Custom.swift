import Accounts
import Store

extension Credentials {
    /// All providers by name: those that SAM knows, and the custom ones for which a layer has an entry.
    func providers(at layers: [ScopeOwner], _ transaction: any Transaction) throws -> [Provider] {
        Provider.all + (try Set(layers.flatMap { try custom(at: $0, transaction) })).sorted { $0.rawValue < $1.rawValue }
    }

    /// The custom providers of which a layer has a credential or says something.
    func custom(at owner: ScopeOwner, _ transaction: any Transaction) throws -> [Provider] {
        // What begins with “custom-” sorts from it up to the next character.
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
