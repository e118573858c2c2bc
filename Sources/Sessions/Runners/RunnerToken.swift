import Crypto
import Foundation

/// The tokens of runners: 256 random bits in base64.
public enum RunnerToken {
    private static let length = 32

    /// Creates a token.
    static func random() -> String {
        SymmetricKey(size: .bits256).withUnsafeBytes { Data($0).base64EncodedString() }
    }

    /// Whether a text has the form of a runner's token. Tokens of people and leases don't.
    ///
    /// The hash of a token is dropped with its attempt, so a token of this form that opens nothing is one of an attempt that is over.
    public static func hasForm(_ text: String) -> Bool {
        Data(base64Encoded: text)?.count == length
    }
}
