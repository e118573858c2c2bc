import Crypto
import Foundation

/// The id of a master key: `mk_` and twelve letters or digits. It is stored with everything that the key has sealed.
public struct MasterKeyID: RawRepresentable, Hashable, Sendable {
    /// The id as text.
    public let rawValue: String

    /// Wraps an id without checking it.
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// A key that encrypts data keys. It never encrypts a secret itself.
public struct MasterKey: Sendable {
    /// The key's id.
    public let id: MasterKeyID
    let key: SymmetricKey

    /// Creates a random key.
    public static func random() -> MasterKey {
        // Crockford's alphabet, without letters that look like digits.
        let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz")
        let characters = (0..<12).map { _ in alphabet[Int.random(in: 0..<alphabet.count)] }
        return MasterKey(id: MasterKeyID(rawValue: "mk_" + String(characters)), key: SymmetricKey(size: .bits256))
    }

    init(id: MasterKeyID, key: SymmetricKey) {
        self.id = id
        self.key = key
    }

    /// Reads a key from base64 of 32 bytes.
    ///
    /// - Throws: ``VaultError/Code/badKeyring``.
    init(id: String, base64: String) throws(VaultError) {
        guard id.wholeMatch(of: /[A-Za-z0-9_-]{1,64}/) != nil else {
            throw VaultError(.badKeyring, "A master key's id has letters, digits, dashes and underscores, at most 64.")
        }
        guard let bytes = Data(base64Encoded: base64), bytes.count == 32 else {
            throw VaultError(.badKeyring, "The master key \(id) is not the base64 of 32 bytes.")
        }
        self.init(id: MasterKeyID(rawValue: id), key: SymmetricKey(data: bytes))
    }

    var base64: String { key.withUnsafeBytes { Data($0).base64EncodedString() } }

    /// A value that identifies the key without revealing it.
    var proof: [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Data("sam.vault.proof \(id.rawValue)".utf8), using: key))
    }
}
