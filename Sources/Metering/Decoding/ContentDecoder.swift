/// Decodes the content codings of the meter's copy of a response. The client gets the original bytes.
///
/// Memory is bounded: a buffer and a window for each coding. So is the decoded size. Not thread-safe.
final class ContentDecoder {
    /// The decoders, the coding applied last first.
    private let stages: [any Decompressor]
    private var produced = 0
    private var hasBegun = false
    /// Whether the codings are known and no damage was found so far.
    private(set) var isReadable: Bool

    private let limit: Int

    /// - Parameters:
    ///   - encoding: the `content-encoding`, all of its header lines joined by commas.
    ///   - limit: the most decoded bytes; reading stops beyond it. The default is far more than a response that reports usage has.
    init(_ encoding: String?, limit: Int = 128 << 20) {
        self.limit = limit
        let codings = ContentCoding.list(encoding)
        isReadable = codings != nil
        stages = (codings ?? []).reversed().map { $0.decompressor() }
    }

    /// Whether there is nothing to decode.
    var isIdentity: Bool { isReadable && stages.isEmpty }

    /// Whether the response ended in the middle of its coding.
    var isUnfinished: Bool { hasBegun && isReadable && !stages.allSatisfy(\.isAtEnd) }

    /// Decodes the next bytes. Damage stops the decoding and makes ``isReadable`` false.
    func decode(_ bytes: UnsafeRawBufferPointer, _ emit: (UnsafeRawBufferPointer) -> Void) {
        guard isReadable, let first = stages.first, !bytes.isEmpty else { return }
        hasBegun = true
        func deliver(_ piece: UnsafeRawBufferPointer) -> Bool {
            produced += piece.count
            guard produced <= limit else { return false }
            emit(piece)
            return true
        }
        isReadable =
            switch stages.count {
            case 1: first.decode(bytes, deliver)
            default: first.decode(bytes) { [self] in bounded($0) && stages[1].decode($0, deliver) }
            }
    }

    private var between = 0

    /// Bounds the bytes between two codings as well.
    private func bounded(_ piece: UnsafeRawBufferPointer) -> Bool {
        between += piece.count
        return between <= limit
    }
}
