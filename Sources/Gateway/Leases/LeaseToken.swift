import Crypto
import Foundation
import NIOHTTP1

/// A bearer token for the gateway: 256 random bits in hex behind a prefix that tells it from a provider's key.
///
/// Only its hash is kept.
public struct LeaseToken: Sendable, Hashable {
    /// The whole of it, as it is handed out.
    public let text: String

    /// All of SAM's tokens begin like this, so that one that strayed is known for what it is.
    static let prefix = "sam_lease_"
    private static let length = prefix.utf8.count + 64

    /// A new random token.
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

    /// What is stored of it.
    var hash: String {
        SHA256.hash(data: Data(text.utf8)).map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }

    /// Finds the token in a request, wherever the client puts a key. A client may send more than one: whichever is ours counts.
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
