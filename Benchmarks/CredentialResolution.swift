import Accounts
import ArgumentParser
import Cascade
import Credentials
import Foundation
import Store
import Vault

/// What applies to a user in a project, among many credentials, against the bare query that reads the rows.
struct CredentialResolution: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resolution", abstract: "Resolution over many credentials against the bare indexed query.")

    @Option(help: "Credentials in the database.")
    var credentials = 1_000_000

    @Option(help: "Rounds; the two take turns.")
    var rounds = 15

    @Option(help: "Resolutions a round.")
    var resolutions = 2_000

    func run() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let store = try Store.sqlite(at: scratch.path + "/sam.db")
        try await store.migrate(Accounts.migrations + CredentialTables.migrations, now: 0)
        let accounts = Accounts(store: store, now: { 1 })
        let vault = try await VaultOpening.open(.file(path: scratch.path + "/vault.keys"), store: store, now: 0)
        let resolver = CredentialServices(store: store, accounts: accounts, vault: vault, now: { 1 }).resolver
        let people = credentials / 2
        try await fill(store, people: people, key: vault.currentKey.rawValue)

        var bare = Series("the bare query: three lookups in one index, rows read")
        var resolved = Series("resolution: the query, its rows understood, the cascade and its trace")
        let count = resolutions
        for round in 0...rounds {
            let numbers = (0..<count).map { _ in Int.random(in: 1...people) }
            let alone = try await ContinuousClock().measure {
                try await store.read { transaction in
                    for number in numbers {
                        let rows = try transaction.query(CredentialResolver.layersQuery, Provider.openai, "p_\(number)", "u_\(number)")
                        precondition(rows.count == 2)
                    }
                }
            }
            let whole = try await ContinuousClock().measure {
                try await store.read { transaction in
                    for number in numbers {
                        let resolution = try resolver.resolve(
                            .openai, project: ProjectID(rawValue: "p_\(number)"), user: UserID(rawValue: "u_\(number)"), in: transaction)
                        precondition(resolution.outcome.layer == .project)
                    }
                }
            }
            guard round > 0 else { continue }
            bare.add(alone / count)
            resolved.add(whole / count)
        }
        print("\n\(Series.header("one resolution among \(credentials) credentials", unit: "µs"))")
        print(resolved.row(against: bare, factor: 1_000))
        print(bare.row(against: bare, factor: 1_000))
    }

    /// Half of the credentials are users' own, half their projects'.
    private func fill(_ store: Store, people: Int, key: String) async throws {
        let numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(people))"
        for statement in [
            "INSERT INTO users (id, name, role, created_at) \(numbers) SELECT 'u_' || i, 'u' || i, 'member', 0 FROM n",
            "INSERT INTO projects (id, name, repository, sandbox, created_at) \(numbers) SELECT 'p_' || i, 'p' || i, '/', 'bubblewrap', 0 FROM n",
            credentialRows(numbers, "user", owner: "NULL, 'u_' || i", key), bindingRows(numbers, "user", owner: "NULL, 'u_' || i"),
            credentialRows(numbers, "project", owner: "'p_' || i, NULL", key), bindingRows(numbers, "project", owner: "'p_' || i, NULL"),
        ] {
            try await store.write { _ = try $0.execute(statement) }
        }
    }

    private func credentialRows(_ numbers: String, _ scope: String, owner: String, _ key: String) -> String {
        """
        INSERT INTO credentials (id, scope, project_id, user_id, provider, kind, label, sealed, key_id, version, created_by, set_by,
            created_at, updated_at)
        \(numbers) SELECT 'c_\(scope)' || i, '\(scope)', \(owner), 'openai', 'apiKey', 'openai', randomblob(150), '\(key)', 1,
            'u_' || i, 'u_' || i, 0, 0 FROM n
        """
    }

    private func bindingRows(_ numbers: String, _ scope: String, owner: String) -> String {
        """
        INSERT INTO bindings (scope, project_id, user_id, provider, state, credential_id, changed_by, changed_at)
        \(numbers) SELECT '\(scope)', \(owner), 'openai', 'active', 'c_\(scope)' || i, 'u_' || i, 0 FROM n
        """
    }
}
