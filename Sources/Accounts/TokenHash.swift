import Crypto
import Foundation
import Store

/// The stored hash of a token: it identifies the token but does not reveal it.
///
/// A plain SHA-256 is sufficient for tokens of 256 random bits, which can't be guessed.
public struct TokenHash: RawRepresentable, Hashable, Sendable, SQLBindable {
    /// The hash in hex.
    public let rawValue: String

    /// Wraps a stored hash.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Hashes a token.
    public init(of token: String) {
        rawValue = SHA256.hash(data: Data(token.utf8)).map(hexadecimal).joined()
    }
}

func hexadecimal(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16)
    return digits.count == 1 ? "0" + digits : digits
}
