/// A content coding that the meter reads. https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1, https://www.rfc-editor.org/rfc/rfc7932
/// and https://www.rfc-editor.org/rfc/rfc8878.
public enum ContentCoding: String, Sendable, Hashable, CaseIterable {
    /// gzip, and deflate with or without the zlib header.
    case gzip, deflate
    /// Brotli, `br` in the header.
    case brotli = "br"
    /// Zstandard.
    case zstd

    /// The coding with this name, case-insensitive; `nil` if the meter can't read it.
    public init?(name: some StringProtocol) {
        let name = name.lowercased()
        self.init(rawValue: name == "x-gzip" ? "gzip" : name)
    }

    /// The codings of a `content-encoding` header in the order in which they were applied; `nil` if one of them can't be read or there are
    /// more than two.
    static func list(_ header: String?) -> [ContentCoding]? {
        var codings: [ContentCoding] = []
        for name in (header ?? "").split(separator: ",") {
            let name = name.trimmingPrefix { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" }
            if name.isEmpty || name.lowercased() == "identity" { continue }
            guard let coding = ContentCoding(name: name), codings.count < mostAtOnce else { return nil }
            codings.append(coding)
        }
        return codings
    }

    private static let mostAtOnce = 2

    /// Makes a decoder.
    func decompressor() -> any Decompressor {
        switch self {
        case .gzip: Inflater(isGzip: true)
        case .deflate: Inflater(isGzip: false)
        case .brotli: BrotliDecoder()
        case .zstd: ZstdDecoder()
        }
    }
}

/// Decodes one coding, piece by piece.
protocol Decompressor: AnyObject {
    /// Decodes the next bytes.
    ///
    /// - Parameter emit: receives the decoded bytes; returns whether to continue.
    /// - Returns: `false` if the bytes are damaged or `emit` returned `false`; no more bytes may be passed then.
    func decode(_ bytes: UnsafeRawBufferPointer, _ emit: (UnsafeRawBufferPointer) -> Bool) -> Bool
    /// Whether the input so far ends at the end of the coding.
    var isAtEnd: Bool { get }
}
