import Crypto
import Foundation
import Store

/// A person who uses SAM.
public struct User: Sendable, Hashable {
    public var id: UserID
    public var name: String
}

extension Accounts {
    /// The local owner, made at the first call: whoever runs SAM on their own machine.
    ///
    /// - Throws: `StoreError`.
    public func owner() async throws -> User {
        let now = now()
        return try await store.write { transaction in
            if let row = try transaction.first("SELECT id, name FROM users WHERE role = $1", "administrator") {
                return User(id: try row.parsed("id"), name: try row.text("name"))
            }
            let user = User(id: try newIdentifier("u"), name: "owner")
            try transaction.execute(
                "INSERT INTO users (id, name, role, created_at) VALUES ($1, $2, $3, $4)",
                user.id, user.name, "administrator", now)
            return user
        }
    }

    /// Makes an API token for a user. Only its hash is kept.
    ///
    /// - Parameter name: what the token is for, for a person who reads the list.
    /// - Returns: the token, 256 random bits in hex with the prefix `sam_`. It can't be shown again.
    /// - Throws: `StoreError`.
    public func makeToken(for user: UserID, name: String) async throws -> String {
        let token = "sam_" + SymmetricKey(size: .bits256).withUnsafeBytes { $0.map(hexadecimal).joined() }
        let now = now()
        _ = try await store.write { transaction in
            try transaction.execute(
                "INSERT INTO api_tokens (hash, user_id, name, created_at) VALUES ($1, $2, $3, $4)",
                TokenHash(of: token).rawValue, user, name, now)
        }
        return token
    }

    /// The user whose token this is, or `nil` when it is nobody's.
    ///
    /// - Throws: `StoreError`.
    public func user(withToken token: String) async throws -> User? {
        let hash = TokenHash(of: token).rawValue
        return try await store.read { transaction in
            let row = try transaction.first(
                "SELECT u.id, u.name FROM api_tokens t JOIN users u ON u.id = t.user_id WHERE t.hash = $1", hash)
            return try row.map { User(id: try $0.parsed("id"), name: try $0.text("name")) }
        }
    }
}

/// What is kept of a token: enough to recognise it, too little to use it.
///
/// A plain SHA-256 is right for tokens of 256 random bits; there is nothing to guess.
public struct TokenHash: RawRepresentable, Hashable, Sendable, SQLBindable {
    public let rawValue: String

    /// Wraps a stored hash.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Hashes a token.
    public init(of token: String) {
        rawValue = SHA256.hash(data: Data(token.utf8)).map(hexadecimal).joined()
    }
}

private func hexadecimal(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16)
    return digits.count == 1 ? "0" + digits : digits
}

func newIdentifier<Identifier: RawRepresentable<String>>(
    _ prefix: String, as type: Identifier.Type = Identifier.self
) throws -> Identifier {
    guard let identifier = Identifier.random(prefix: prefix) else {
        throw AccountsError(.invalid, "No id could be made.")
    }
    return identifier
}
