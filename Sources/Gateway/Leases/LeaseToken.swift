import Crypto
import Foundation
import NIOHTTP1

/// A bearer token for the gateway: 256 random bits in hex, with a prefix that distinguishes it from providers' keys.
///
/// Only its hash is stored.
public struct LeaseToken: Sendable, Hashable {
    /// The complete token.
    public let text: String

    /// The prefix of every lease token, so that leaked tokens are recognisable.
    static let prefix = "sam_lease_"
    private static let length = prefix.utf8.count + 64

    /// Creates a random token.
    public init() {
        let bytes = SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }
        text = Self.prefix + bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }

    init?(_ text: some StringProtocol) {
        guard text.utf8.count == Self.length, text.hasPrefix(Self.prefix),
            text.utf8.dropFirst(Self.prefix.utf8.count).allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return nil }
        self.text = String(text)
    }

    /// The hash that is stored.
    var hash: String {
        SHA256.hash(data: Data(text.utf8)).map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }

    /// Finds the token in a request, in any place where clients put a key. Keys that are not lease tokens are ignored.
    init?(in head: HTTPRequestHead) {
        for (name, value) in head.headers where HeaderRules.carriesKey(name) {
            let bare = value.lowercased().hasPrefix("bearer ") ? value.dropFirst(7).drop(while: { $0 == " " }) : value[...]
            if let token = LeaseToken(bare) {
                self = token
                return
            }
        }
        guard let key = RequestTarget(head.uri).key, let token = LeaseToken(key) else { return nil }
        self = token
    }
}
