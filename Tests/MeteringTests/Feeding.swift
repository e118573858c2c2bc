import Fuzzing
import Metering

/// In what pieces a socket hands bytes over.
enum Pieces: Sendable, Hashable {
    case whole, single
    /// Pieces of zero to so many bytes.
    case random(seed: UInt64, most: Int)

    static let all: [Pieces] = [
        .whole, .single, .random(seed: 1, most: 3), .random(seed: 2, most: 40), .random(seed: 3, most: 500),
    ]

    func of(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        switch self {
        case .whole: return [bytes[...]]
        case .single: return bytes.indices.map { bytes[$0...$0] }
        case .random(let seed, let most):
            var generator = SeededGenerator(seed: seed)
            return bytes.pieces(ofAtMost: most, using: &generator)
        }
    }
}

/// What a meter reads from an answer that comes in these pieces.
func reading(
    _ bytes: [UInt8], as format: WireFormat, type: String?, encoding: String? = nil, in pieces: Pieces = .whole, wasCut: Bool = false
) -> UsageReading {
    var meter = UsageMeter(format: format, contentType: type, contentEncoding: encoding)
    for piece in pieces.of(bytes) {
        piece.withUnsafeBytes { meter.feed($0) }
    }
    return meter.finish(wasCut: wasCut)
}

/// What a reader finds in a request's body that comes in these pieces.
func facts(_ body: String, in pieces: Pieces = .whole, asksForUsage: Bool = false) -> RequestFacts {
    var reader = RequestReader()
    for piece in pieces.of(Array(body.utf8)) {
        piece.withUnsafeBytes { reader.feed($0) }
    }
    return reader.finish(asksForUsage: asksForUsage)
}

/// The same bytes with another end of line.
func withCRLF(_ bytes: [UInt8]) -> [UInt8] {
    bytes.flatMap { $0 == UInt8(ascii: "\n") ? [UInt8(ascii: "\r"), $0] : [$0] }
}

extension TokenUsage {
    /// Whether each count is at least as high as another's.
    func covers(_ other: TokenUsage) -> Bool {
        input >= other.input && cacheRead >= other.cacheRead && cacheWrite >= other.cacheWrite
            && cacheWriteLong >= other.cacheWriteLong && output >= other.output && reasoning >= other.reasoning
            && webSearches >= other.webSearches
    }
}
