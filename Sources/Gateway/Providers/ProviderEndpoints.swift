import Accounts
import Credentials
import Foundation
import Metering
import Store

/// Where each provider is reached: the official addresses, and those that administrators set.
///
/// A value around the store; safe to share between tasks.
public struct ProviderEndpoints: Sendable {
    let store: Store
    let accounts: Accounts
    let rehearsal: String?
    let now: @Sendable () -> Int64

    /// Opens the addresses.
    ///
    /// - Parameter rehearsal: the Unix socket of SAM's own scripted provider.
    public init(store: Store, accounts: Accounts, rehearsal: String? = nil, now: @escaping @Sendable () -> Int64) {
        self.rehearsal = rehearsal
        self.store = store
        self.accounts = accounts
        self.now = now
    }

    /// The official addresses, as the providers' references give them.
    private static let official: [(provider: Provider, url: String, dialect: Dialect)] = [
        (.anthropic, "https://api.anthropic.com", .anthropic),
        (.openai, "https://api.openai.com", .openai),
        (.openaiChatGPT, "https://chatgpt.com/backend-api/codex", .openai),
        (.google, "https://generativelanguage.googleapis.com", .google),
        (.mistral, "https://api.mistral.ai", .openai),
    ]

    /// Where a provider's sign-ins are refreshed.
    ///
    /// - Throws: `StoreError`.
    func tokenURL(of provider: Provider) async throws -> String? {
        guard provider == .openaiChatGPT else { return nil }
        return try await store.read { try endpoint(provider, in: $0)?.tokenURL } ?? Self.officialTokenURL
    }

    private static let officialTokenURL = "https://auth.openai.com/oauth/token"

    /// Where a place of a provider's is reached.
    ///
    /// - Throws: `StoreError`; ``GatewayError`` for an address that is none.
    func endpoint(_ provider: Provider, _ place: ProviderRoute.Place, in transaction: any Transaction) throws -> ProviderEndpoint? {
        guard let endpoint = try endpoint(provider, in: transaction), place == .tokens else {
            return try endpoint(provider, in: transaction)
        }
        return try ProviderEndpoint(
            provider, url: endpoint.tokenURL ?? Self.officialTokenURL, dialect: endpoint.dialect, allowsPrivate: endpoint.allowsPrivate,
            isBuiltIn: endpoint.isBuiltIn || endpoint.tokenURL == nil)
    }

    /// The dialect of a provider of this name; a custom one speaks like OpenAI's unless it is told otherwise.
    public static func dialect(of provider: Provider) -> Dialect {
        official.first { $0.provider == provider }?.dialect ?? .openai
    }

    /// Where a provider is reached; `nil` for a custom one that nobody gave an address.
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

    /// Reads every address that was set, so that those that can't be read are reported.
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

    /// All that are reached, in the order in which providers are shown, custom ones last.
    ///
    /// - Throws: `StoreError`. A row that can't be read is reported and hides no other.
    public func list() async throws -> [ProviderEndpoint] {
        try await store.read { transaction in
            let rows = try transaction.query("SELECT * FROM provider_endpoints ORDER BY provider")
            let set = transaction.readable(rows, of: "provider_endpoints", id: Self.name, Self.endpoint)
            // One that was set and can't be read is not the official one.
            let others = (Provider.all + [.rehearsal]).filter { provider in
                !rows.contains { (try? Self.name($0)) == provider.rawValue }
            }.compactMap(builtIn)
            let all = others + set
            return (Provider.all + set.map(\.provider).filter(\.isCustom) + [.rehearsal]).compactMap { provider in
                all.first { $0.provider == provider }
            }
        }
    }

    /// Sets where a provider is reached, for everybody.
    ///
    /// - Throws: `AccountsError` for who is no administrator; ``GatewayError/Code/invalid`` for an address on this machine or in
    ///   a private network that was not allowed to be there; `StoreError`.
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

    /// Forgets an address that somebody set. The official one, where there is one, holds again.
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
