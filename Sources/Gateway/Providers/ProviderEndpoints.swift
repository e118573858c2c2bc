import Accounts
import Credentials
import Foundation
import Metering
import Store

/// The addresses of all providers: the official ones, and those that administrators set.
///
/// A value around the store; safe to share between tasks.
public struct ProviderEndpoints: Sendable {
    let store: Store
    let accounts: Accounts
    let rehearsal: String?
    let now: @Sendable () -> Int64

    /// Creates the addresses.
    ///
    /// - Parameter rehearsal: the Unix socket of SAM's scripted provider.
    public init(store: Store, accounts: Accounts, rehearsal: String? = nil, now: @escaping @Sendable () -> Int64) {
        self.rehearsal = rehearsal
        self.store = store
        self.accounts = accounts
        self.now = now
    }

    /// The official addresses, from the providers' references.
    private static let official: [(provider: Provider, url: String, dialect: Dialect)] = [
        (.anthropic, "https://api.anthropic.com", .anthropic),
        (.openai, "https://api.openai.com", .openai),
        (.openaiChatGPT, "https://chatgpt.com/backend-api/codex", .openai),
        (.google, "https://generativelanguage.googleapis.com", .google),
        (.mistral, "https://api.mistral.ai", .openai),
    ]

    /// The address that refreshes a provider's sign-ins; `nil` for a provider without sign-ins.
    ///
    /// - Throws: `StoreError`.
    func tokenURL(of provider: Provider) async throws -> String? {
        guard provider == .openaiChatGPT else { return nil }
        return try await store.read { try endpoint(provider, in: $0)?.tokenURL } ?? Self.officialTokenURL
    }

    private static let officialTokenURL = "https://auth.openai.com/oauth/token"

    /// The address of a provider's API or token endpoint.
    ///
    /// - Throws: `StoreError`; ``GatewayError`` for an invalid address.
    func endpoint(_ provider: Provider, _ place: ProviderRoute.Place, in transaction: any Transaction) throws -> ProviderEndpoint? {
        guard let endpoint = try endpoint(provider, in: transaction), place == .tokens else {
            return try endpoint(provider, in: transaction)
        }
        return try ProviderEndpoint(
            provider, url: endpoint.tokenURL ?? Self.officialTokenURL, dialect: endpoint.dialect, allowsPrivate: endpoint.allowsPrivate,
            isBuiltIn: endpoint.isBuiltIn || endpoint.tokenURL == nil)
    }

    /// The provider's API dialect; `openai` for a custom one, whose configured address may state another.
    public static func dialect(of provider: Provider) -> Dialect {
        official.first { $0.provider == provider }?.dialect ?? .openai
    }

    /// The address of a provider; `nil` for a custom one without an address.
    ///
    /// - Throws: `StoreError`.
    func endpoint(_ provider: Provider, in transaction: any Transaction) throws -> ProviderEndpoint? {
        if let row = try transaction.first("SELECT * FROM provider_endpoints WHERE provider = $1", provider) {
            return try Self.endpoint(row)
        }
        return builtIn(provider)
    }

    private static func endpoint(_ row: Row) throws -> ProviderEndpoint {
        try ProviderEndpoint(
            row.parsed("provider"), url: row.text("url"), dialect: row.parsed("dialect"), tokenURL: row.optionalText("token_url"),
            allowsPrivate: row.flag("allows_private"))
    }

    /// Reads every configured address, so that unreadable ones are reported.
    ///
    /// - Throws: `StoreError`.
    public static func readAll(in transaction: any Transaction) throws {
        _ = transaction.readable(
            try transaction.query("SELECT * FROM provider_endpoints ORDER BY provider"), of: "provider_endpoints", id: name, endpoint)
    }

    private static func name(_ row: Row) throws -> String { try row.text("provider") }

    private func builtIn(_ provider: Provider) -> ProviderEndpoint? {
        if provider == .rehearsal { return rehearsal.map { ProviderEndpoint(.rehearsal, socket: $0, dialect: .openai) } }
        return Self.official.first { $0.provider == provider }.flatMap { known in
            try? ProviderEndpoint(known.provider, url: known.url, dialect: known.dialect, allowsPrivate: false, isBuiltIn: true)
        }
    }

    /// All addresses in display order: built-in providers, custom ones, then the rehearsal.
    ///
    /// - Throws: `StoreError`. Unreadable rows are reported and do not affect the others.
    public func list() async throws -> [ProviderEndpoint] {
        try await store.read { transaction in
            let rows = try transaction.query("SELECT * FROM provider_endpoints ORDER BY provider")
            let set = transaction.readable(rows, of: "provider_endpoints", id: Self.name, Self.endpoint)
            // A provider whose configured address is unreadable does not fall back to the official one.
            let others = (Provider.all + [.rehearsal]).filter { provider in
                !rows.contains { (try? Self.name($0)) == provider.rawValue }
            }.compactMap(builtIn)
            let all = others + set
            return (Provider.all + set.map(\.provider).filter(\.isCustom) + [.rehearsal]).compactMap { provider in
                all.first { $0.provider == provider }
            }
        }
    }

    /// Sets the address of a provider, for all users.
    ///
    /// - Throws: `AccountsError` when the actor is not an administrator; ``GatewayError/Code/invalid`` for the rehearsal and for an
    ///   address on this machine or in a private network without permission; `StoreError`.
    public func set(_ endpoint: ProviderEndpoint, by actor: User) async throws {
        try actor.requireAdministrator("Where providers are reached is the administrators' to set.")
        guard endpoint.provider.takesCredential else {
            throw GatewayError(.invalid, "\(endpoint.provider.rawValue) is SAM's own and nowhere else.")
        }
        for host in endpoint.hosts where !endpoint.allowsPrivate {
            guard let address = AddressRules.literal(host), let why = AddressRules.objection(to: address) else { continue }
            throw GatewayError(
                .invalid,
                """
                \(host) is \(why). Keys would be sent there. If that is what you want, say so with --allow-private.
                """)
        }
        try await store.write { [self] transaction in
            try transaction.execute(
                """
                INSERT INTO provider_endpoints (provider, url, dialect, token_url, allows_private, changed_by, changed_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7)
                ON CONFLICT (provider) DO UPDATE SET url = excluded.url, dialect = excluded.dialect, token_url = excluded.token_url,
                    allows_private = excluded.allows_private, changed_by = excluded.changed_by, changed_at = excluded.changed_at
                """, endpoint.provider, endpoint.url, endpoint.dialect, endpoint.tokenURL, endpoint.allowsPrivate, actor.id, now())
            try accounts.record(
                transaction, actor.id, "provider.set", endpoint.provider.rawValue,
                endpoint.url + (endpoint.allowsPrivate ? ", may be private" : ""))
        }
    }

    /// Deletes a configured address. The official one, if any, applies again.
    ///
    /// - Throws: `AccountsError`; ``GatewayError/Code/notFound``; `StoreError`.
    public func remove(_ provider: Provider, by actor: User) async throws {
        try actor.requireAdministrator("Where providers are reached is the administrators' to set.")
        try await store.write { [self] transaction in
            guard try transaction.execute("DELETE FROM provider_endpoints WHERE provider = $1", provider) > 0 else {
                throw GatewayError(.notFound, "No address was set for \(provider.rawValue).")
            }
            try accounts.record(transaction, actor.id, "provider.removed", provider.rawValue, "")
        }
    }
}
