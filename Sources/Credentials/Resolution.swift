import Accounts
import Cascade
import Store
import Vault

extension Credentials {
    /// The credential that a layer selects.
    public struct Selection: Sendable, Hashable {
        public var credential: CredentialID
        public var kind: CredentialKind
        public var version: Int
        public var label: String
        /// Who set it: the person whose sign-in it is.
        public var setBy: UserID
    }

    /// Who turned a layer off, when and why.
    public struct Tombstone: Sendable, Hashable {
        public var by: UserID
        /// UTC milliseconds.
        public var at: Int64
        public var reason: String?
    }

    /// Why what a layer selects can't be used.
    public enum Failure: Sendable, Hashable {
        /// The credential that the binding names is not there.
        case missing
        /// Since when, in UTC milliseconds.
        case expired(Int64)
        /// It was proved to be of no use.
        case broken(String)
        /// The row, or the seal, can't be read.
        case unreadable(String)

        /// The rest of a sentence that begins with the credential.
        public var sentence: String {
            switch self {
            case .missing: "is missing"
            case .expired: "has expired"
            case .broken(let why): "can't be used any more: \(why)"
            case .unreadable(let why): "can't be read: \(why)"
            }
        }
    }

    /// What the cascade says about a provider.
    public typealias Resolution = Cascade.Resolution<Scope, Selection, Tombstone, Failure>

    /// What applies to this provider for a user in a project: the one resolver, for everything that asks.
    ///
    /// - Parameter project: `nil` for what applies outside of any project.
    /// - Throws: `StoreError`. A row that can't be read fails its own layer and nothing else.
    public func resolve(
        _ provider: Provider, project: ProjectID?, user: UserID, in transaction: any Transaction
    ) throws -> Resolution {
        Self.resolve(try layers(provider, project: project, user: user, in: transaction))
    }

    static func resolve(_ layers: [Layer]) -> Resolution {
        Cascade.resolve(layers.map { Layered($0.owner.scope, $0.entry) })
    }

    /// A layer with what stands there.
    struct Layer {
        var owner: ScopeOwner
        var entry: Entry<Selection, Tombstone, Failure>
        var binding: Binding?
    }

    /// The layers from narrow to broad, read by one indexed query.
    func layers(
        _ provider: Provider, project: ProjectID?, user: UserID, in transaction: any Transaction
    ) throws -> [Layer] {
        let rows = try transaction.query(Self.layersQuery, provider, project?.rawValue ?? "", user)
        let byScope = Dictionary(
            rows.compactMap { row in (try? row.parsed("scope", as: Scope.self)).map { ($0, row) } }, uniquingKeysWith: { first, _ in first }
        )
        let owners: [ScopeOwner] = (project.map { [.project($0)] } ?? []) + [.user(user), .platform]
        return owners.map { owner in
            guard let row = byScope[owner.scope] else { return Layer(owner: owner, entry: .absent, binding: nil) }
            do {
                let binding = try Binding(row)
                return Layer(owner: owner, entry: try entry(binding, row), binding: binding)
            } catch {
                return Layer(owner: owner, entry: .failed(.unreadable("\(error)")), binding: nil)
            }
        }
    }

    private func entry(_ binding: Binding, _ row: Row) throws -> Entry<Selection, Tombstone, Failure> {
        switch binding.state {
        case .inactive:
            return .inactive(Tombstone(by: binding.changedBy, at: binding.changedAt, reason: binding.reason))
        case .active:
            guard let credential = binding.credential, let kind = try row.optionalText("kind") else { return .failed(.missing) }
            let failure = failure(
                reason: try row.optionalText("failed_reason"), expiresAt: try row.optionalInteger("expires_at").map(Int64.init))
            if let failure { return .failed(failure) }
            let key = MasterKeyID(rawValue: try row.text("key_id"))
            guard vault.knows(key) else { return .failed(.unreadable("its master key \(key.rawValue) is not on the ring")) }
            guard let kind = CredentialKind(rawValue: kind) else { return .failed(.unreadable("its kind is unknown")) }
            return .active(
                Selection(
                    credential: credential, kind: kind, version: try row.integer("version"), label: try row.text("label"),
                    setBy: try row.parsed("set_by")))
        }
    }

    /// What is known against a credential without opening it.
    func failure(reason: String?, expiresAt: Int64?) -> Failure? {
        if let reason { return .broken(reason) }
        return expiresAt.flatMap { $0 <= now() ? .expired($0) : nil }
    }

    /// Three lookups in one unique index, in one statement. A binding that names another owner's credential names none.
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

/// One step of a resolution as it is stored and sent: what stood at a layer and what the walk did on its account.
public struct TraceStep: Sendable, Hashable, Codable {
    public var scope: Scope
    /// `absent`, `active`, `inactive` or `failed`.
    public var finding: String
    public var verdict: String

    init<Tombstone, Failure>(_ step: Step<Scope, Tombstone, Failure>) {
        scope = step.layer
        verdict = step.verdict.rawValue
        finding =
            switch step.finding {
            case .absent: "absent"
            case .active: "active"
            case .inactive: "inactive"
            case .failed: "failed"
            }
    }
}
