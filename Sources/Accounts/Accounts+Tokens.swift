import Crypto
import Foundation
import Store
import Wording

/// The id of an API token: `k_` and twelve letters or digits. It grants no access.
public struct TokenID: RawRepresentable, Hashable, Sendable, SQLBindable {
    /// The id as text.
    public let rawValue: String

    /// Wraps an id without checking it.
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// The metadata of an API token. Only its holder has the token itself.
public struct APIToken: Sendable, Hashable {
    /// The token's id.
    public var id: TokenID
    /// The token's purpose, for people.
    public var name: String
    /// The user whom it authenticates.
    public var user: UserID
    /// The time of its creation, in UTC milliseconds.
    public var createdAt: Int64

    init(_ row: Row) throws {
        id = try row.parsed("id")
        name = try row.text("name")
        user = try row.parsed("user_id")
        createdAt = Int64(try row.integer("created_at"))
    }
}

extension Accounts {
    /// The most valid API tokens of a user.
    public static let tokenLimit = 100

    /// Creates an API token for a user. Only its hash is stored.
    ///
    /// - Parameters:
    ///   - name: the token's purpose, for people.
    ///   - limit: the most valid tokens of this user.
    /// - Returns: the token: `sam_` and 256 random bits in hex. It can't be shown again.
    /// - Throws: ``AccountsError`` for a blank or malformed name, and for one token too many; `StoreError`.
    public func makeToken(for user: UserID, name: String, by actor: UserID, limit: Int = Accounts.tokenLimit) async throws -> String {
        if let fault = PlainLine.fault(in: name, of: "A token's name", limit: 80, purpose: " that tells what it is for") {
            throw AccountsError(.invalid, fault)
        }
        let token = "sam_" + SymmetricKey(size: .bits256).withUnsafeBytes { $0.map(hexadecimal).joined() }
        let now = now()
        try await store.write { transaction in
            let id: TokenID = try newIdentifier("k")
            let count = try transaction.first(
                "SELECT COUNT(*) AS count FROM api_tokens WHERE user_id = $1 AND revoked_at IS NULL", user)
            guard try count?.integer("count") ?? 0 < limit else {
                throw AccountsError(
                    .invalid,
                    "There are \(limit) API tokens of this user, and that is the limit. Revoke one first: sam tokens revoke")
            }
            let isFirst = try transaction.first("SELECT id FROM api_tokens WHERE user_id = $1", user) == nil
            try transaction.execute(
                "INSERT INTO api_tokens (hash, id, user_id, name, created_at) VALUES ($1, $2, $3, $4, $5)",
                TokenHash(of: token).rawValue, id, user, name, now)
            let holder = try findUser(transaction, user.rawValue)
            try record(transaction, actor, "token.made", id.rawValue, "for \(holder.name): \(name)")
            // A user's first token is made by the administrator who added the user, so no notification is due.
            if actor != user, !isFirst {
                try notify(
                    .user(user), .tokenMade, id.rawValue,
                    "An administrator made an API token for you, “\(name)”. If you did not ask for it: sam tokens revoke \(id.rawValue)",
                    in: transaction)
            }
        }
        return token
    }

    /// The user of this token; `nil` if it is unknown or revoked, or its user is disabled.
    ///
    /// - Throws: `StoreError`.
    public func user(withToken token: String) async throws -> User? {
        let hash = TokenHash(of: token).rawValue
        return try await store.read { transaction in
            try transaction.first(
                """
                SELECT \(User.columns) FROM api_tokens t JOIN users u ON u.id = t.user_id
                WHERE t.hash = $1 AND t.revoked_at IS NULL AND u.disabled_at IS NULL
                """, hash
            ).map(User.init)
        }
    }

    /// Whose token this is, also one that was revoked or whose user is disabled; `nil` for one that was never made.
    ///
    /// - Throws: `StoreError`.
    public func holder(ofToken token: String) async throws -> User? {
        let hash = TokenHash(of: token).rawValue
        return try await store.read { transaction in
            try transaction.first(
                "SELECT \(User.columns) FROM api_tokens t JOIN users u ON u.id = t.user_id WHERE t.hash = $1", hash
            ).map(User.init)
        }
    }

    /// A page of a user's valid tokens, oldest first.
    ///
    /// - Throws: `StoreError`.
    public func tokens(of user: UserID, _ page: PageRequest) async throws -> Page<APIToken> {
        let after = page.after ?? .first
        return try await store.read { transaction in
            let rows = try transaction.rows(
                for: page,
                """
                SELECT * FROM api_tokens WHERE user_id = $1 AND revoked_at IS NULL AND (created_at, id) > ($2, $3)
                ORDER BY created_at, id LIMIT $4
                """, user, after.number, after.text, page.probe)
            return transaction.page(rows, of: "api_tokens", key: { try PageKey($0, "created_at", "id") }) { try APIToken($0) }
        }
    }

    /// Revokes a token. Users may revoke their own tokens, administrators any.
    ///
    /// - Parameter idOrName: the token's id, or the name of exactly one of the actor's valid tokens.
    /// - Returns: the token.
    /// - Throws: ``AccountsError/Code/notFound``, also if it is another user's; ``AccountsError/Code/invalid`` for a name that several have;
    ///   `StoreError`.
    @discardableResult
    public func revokeToken(_ idOrName: String, by actor: User) async throws -> APIToken {
        let now = now()
        return try await store.write { transaction in
            let rows =
                try transaction.query(
                    "SELECT * FROM api_tokens WHERE id = $1 AND revoked_at IS NULL AND (user_id = $2 OR $3 = 1)",
                    idOrName, actor.id, actor.role == .administrator)
                + transaction.query(
                    "SELECT * FROM api_tokens WHERE user_id = $1 AND revoked_at IS NULL AND name = $2 ORDER BY created_at, id",
                    actor.id, idOrName)
            let token: APIToken
            switch IDOrName(idOrName, among: try rows.map { try APIToken($0) }, id: \.id.rawValue, name: \.name) {
            case .one(let found): token = found
            case .none:
                throw AccountsError(.notFound, "There is no token “\(idOrName.prefix(80))”. `sam tokens list` shows those there are.")
            case .several(let found):
                throw AccountsError(
                    .invalid, IDOrName<APIToken>.ambiguity(idOrName, of: "tokens", found.map(\.id.rawValue), "sam tokens revoke"))
            }
            try transaction.execute("UPDATE api_tokens SET revoked_at = $1 WHERE id = $2", now, token.id)
            try record(transaction, actor.id, "token.revoked", token.id.rawValue, token.name)
            try noteAccessChange(transaction)
            return token
        }
    }
}
