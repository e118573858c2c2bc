/// The parameters of a statement for libpq: text, and blobs in binary.
struct PostgresArguments {
    private var bytes: [UInt8] = []
    /// The offset of each parameter in ``bytes``; `nil` for NULL.
    private var offsets: [Int?] = []
    private var lengths: [Int32] = []
    private var formats: [Int32] = []

    /// - Throws: ``StoreError/Code/unexpectedValue`` for a text with U+0000, which PostgreSQL can't store and libpq would cut silently.
    init(_ values: [SQLValue]) throws(StoreError) {
        for value in values {
            switch value {
            case .null: add(nil)
            case .integer(let number): add(Array(String(number).utf8))
            case .real(let number): add(Array(String(number).utf8))
            case .text(let text):
                let utf8 = Array(text.utf8)
                guard !utf8.contains(0) else {
                    throw StoreError(.unexpectedValue, "A text holds the character U+0000, which can't be stored.")
                }
                add(utf8)
            case .blob(let bytes): add(bytes, isBinary: true)
            }
        }
    }

    var count: Int { offsets.count }
    var isEmpty: Bool { offsets.isEmpty }

    private mutating func add(_ value: [UInt8]?, isBinary: Bool = false) {
        offsets.append(value.map { _ in bytes.count })
        lengths.append(Int32(value?.count ?? 0))
        formats.append(isBinary ? 1 : 0)
        guard let value else { return }
        bytes += value
        bytes.append(0)
    }

    /// Calls `body` with libpq's arrays, which are valid during the call.
    func withPointers<Result>(
        _ body: (UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> Result
    ) -> Result {
        bytes.withUnsafeBufferPointer { buffer in
            buffer.withMemoryRebound(to: CChar.self) { characters in
                let values = offsets.map { offset in offset.flatMap { start in characters.baseAddress.map { $0 + start } } }
                return values.withUnsafeBufferPointer { values in
                    lengths.withUnsafeBufferPointer { lengths in
                        formats.withUnsafeBufferPointer { formats in body(values.baseAddress, lengths.baseAddress, formats.baseAddress) }
                    }
                }
            }
        }
    }
}
