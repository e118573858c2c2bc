import Crypto
import Foundation

/// A secret that can be used and not shown.
///
/// It can't be printed, interpolated, dumped, reflected, logged or encoded: every one of these yields the same
/// placeholder or does not compile. The bytes are reached by ``reveal()`` and ``withBytes(_:)`` only, so that
/// every use can be found by name. Two secrets are compared in constant time, and the memory is overwritten
/// when the last copy goes. Safe to share between tasks.
public struct Secret: Sendable, Equatable {
    // A symmetric key is a buffer with exactly these properties.
    private let buffer: SymmetricKey

    /// Takes a text as a secret, in UTF-8.
    public init(_ text: String) {
        self.init(bytes: Data(text.utf8))
    }

    /// Takes bytes as a secret.
    public init(bytes: some ContiguousBytes) {
        buffer = SymmetricKey(data: bytes)
    }

    /// How many bytes it has.
    public var count: Int { buffer.bitCount / 8 }

    /// The secret as text, for the one place that needs it. Bytes that are no UTF-8 are replaced.
    public func reveal() -> String {
        withBytes { String(decoding: $0, as: UTF8.self) }
    }

    /// Lends the bytes. They are valid inside the closure only.
    public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try buffer.withUnsafeBytes(body)
    }

    /// The last four characters, to tell one key from another; `nil` unless the secret is longer than twelve.
    public var ending: String? {
        count > 12 ? String(reveal().suffix(4)) : nil
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "‹secret›" }
    public var debugDescription: String { description }
    /// A mirror without children: reflection finds nothing either.
    public var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }
}
