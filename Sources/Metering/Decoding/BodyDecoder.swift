/// Undoes the content encoding of a request's body for its reader. What the provider gets stays as it came.
///
/// To be used by one task or event loop at a time.
public final class BodyDecoder {
    private let decoder: ContentDecoder

    /// The most that a body may swell to, in bytes: as much as is held of one that is not encoded.
    private static let limit = 96 << 20

    /// Begins to read a body.
    ///
    /// - Parameter encoding: its `content-encoding`, all lines of it joined by commas.
    public init(_ encoding: String) {
        decoder = ContentDecoder(encoding, limit: Self.limit)
    }

    /// Whether everything so far could be read, and nothing is missing at its end.
    public var isWhole: Bool { decoder.isReadable && !decoder.isUnfinished }

    /// Decodes what comes next, and hands it out in pieces.
    public func decode(_ bytes: UnsafeRawBufferPointer, _ emit: (UnsafeRawBufferPointer) -> Void) {
        if decoder.isIdentity { emit(bytes) } else { decoder.decode(bytes, emit) }
    }
}
