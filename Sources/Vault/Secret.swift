import Crypto
import Foundation

/// A secret that can be used but not shown.
///
/// It can't be printed, interpolated, dumped, reflected, logged or encoded: each attempt yields a placeholder or does not compile. Only
/// ``reveal()`` and ``withBytes(_:)`` give access, so that every use can be found by name. Comparison takes constant time, and the memory
/// is overwritten when the last copy is released. Safe to share between tasks.
public struct Secret: Sendable, Equatable {
    // A symmetric key is a buffer with these properties.
    private let buffer: SymmetricKey

    /// Creates a secret from text, in UTF-8.
    public init(_ text: String) {
        self.init(bytes: Data(text.utf8))
    }

    /// Creates a secret from bytes.
    public init(bytes: some ContiguousBytes) {
        buffer = SymmetricKey(data: bytes)
    }

    /// The number of bytes.
    public var count: Int { buffer.bitCount / 8 }

    /// The secret as text. Bytes that are not UTF-8 are replaced.
    public func reveal() -> String {
        withBytes { String(decoding: $0, as: UTF8.self) }
    }

    /// Passes the bytes, which are valid inside the closure only.
    public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try buffer.withUnsafeBytes(body)
    }

    /// The last four characters, to tell keys apart; `nil` unless the secret has more than twelve bytes.
    public var ending: String? {
        count > 12 ? String(reveal().suffix(4)) : nil
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// A placeholder.
    public var description: String { "‹secret›" }
    /// A placeholder.
    public var debugDescription: String { description }
    /// A mirror without children, so that reflection finds nothing.
    public var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }
}
