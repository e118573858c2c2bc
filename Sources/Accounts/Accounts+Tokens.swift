import Crypto
import Foundation
import Store

/// The id of an API token: `k_` and twelve letters or digits. It opens nothing.
public struct TokenID: RawRepresentable, Hashable, Sendable, SQLBindable {
    public let rawValue: String

    /// Wraps an id.
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// What is known of an API token. The token itself is known to its holder only.
public struct APIToken: Sendable, Hashable {
    public var id: TokenID
    /// What it is for, for a person who reads the list.
    public var name: String
    public var user: UserID
    /// UTC milliseconds.
    public var createdAt: Int64

    init(_ row: Row) throws {
        id = try row.parsed("id")
        name = try row.text("name")
        user = try row.parsed("user_id")
        createdAt = Int64(try row.integer("created_at"))
    }
}

extension Accounts {
    /// Makes an API token for a user. Only its hash is kept.
    ///
    /// - Parameter name: what the token is for, for a person who reads the list.
    /// - Returns: the token, 256 random bits in hex with the prefix `sam_`. It can't be shown again.
    /// - Throws: ``AccountsError`` for a name that says nothing; `StoreError`.
    public func makeToken(for user: UserID, name: String, by actor: UserID) async throws -> String {
        guard !name.allSatisfy(\.isWhitespace), name.count <= 80, !name.contains(where: \.isNewline) else {
            throw AccountsError(.invalid, "A token's name is a line of at most 80 characters that tells what it is for.")
        }
        let token = "sam_" + SymmetricKey(size: .bits256).withUnsafeBytes { $0.map(hexadecimal).joined() }
        let now = now()
        try await store.write { transaction in
            let id: TokenID = try newIdentifier("k")
            let isFirst = try transaction.first("SELECT id FROM api_tokens WHERE user_id = $1", user) == nil
            try transaction.execute(
                "INSERT INTO api_tokens (hash, id, user_id, name, created_at) VALUES ($1, $2, $3, $4, $5)",
                TokenHash(of: token).rawValue, id, user, name, now)
            let holder = try findUser(transaction, user.rawValue)
            try record(transaction, actor, "token.made", id.rawValue, "for \(holder.name): \(name)")
            // The first one comes with the user, from who added them.
            if actor != user, !isFirst {
                try notify(
                    .user(user), .tokenMade, id.rawValue,
                    "An administrator made an API token for you, “\(name)”. If you did not ask for it: sam tokens revoke \(id.rawValue)",
                    in: transaction)
            }
        }
        return token
    }

    /// The user whose token this is, or `nil` when it is nobody's: never made, revoked, or of a user who is disabled.
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

    /// A part of a user's tokens that open something, oldest first.
    ///
    /// - Throws: `StoreError`.
    public func tokens(of user: UserID, _ page: PageRequest) async throws -> Page<APIToken> {
        let after = page.after ?? .first
        return try await store.read { transaction in
            let rows = try transaction.query(
                """
                SELECT * FROM api_tokens WHERE user_id = $1 AND revoked_at IS NULL AND (created_at, id) > ($2, $3)
                ORDER BY created_at, id LIMIT $4
                """, user, after.number, after.text, page.probe)
            return transaction.page(rows, page, of: "api_tokens", key: { try PageKey($0, "created_at", "id") }) { try APIToken($0) }
        }
    }

    /// Makes a token open nothing any more. A user's tokens are their own to revoke, and an administrator's.
    ///
    /// - Throws: ``AccountsError/Code/notFound``, also when it is another user's; `StoreError`.
    public func revokeToken(_ id: TokenID, by actor: User) async throws {
        let now = now()
        try await store.write { transaction in
            let changed = try transaction.execute(
                "UPDATE api_tokens SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL AND (user_id = $3 OR $4 = 1)",
                now, id, actor.id, actor.role == .administrator)
            guard changed > 0 else {
                throw AccountsError(.notFound, "There is no token \(id.rawValue.prefix(40)). `sam tokens list` shows those there are.")
            }
            try record(transaction, actor.id, "token.revoked", id.rawValue, "")
            try noteAccessChange(transaction)
        }
    }
}
