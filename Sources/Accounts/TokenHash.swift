import Crypto
import Foundation
import Store

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

func hexadecimal(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16)
    return digits.count == 1 ? "0" + digits : digits
}
