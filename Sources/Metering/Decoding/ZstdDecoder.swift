import CZstd

/// Decodes zstd, of one frame or several.
final class ZstdDecoder: Decompressor {
    private let context = ZSTD_createDCtx()
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 16 << 10, alignment: 16)
    private(set) var isAtEnd = false

    /// A window of 8 MiB, the most that an HTTP client must support. https://www.rfc-editor.org/rfc/rfc9659
    private static let windowBits: Int32 = 23

    init() {
        if let context { ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Self.windowBits) }
    }

    func decode(_ bytes: UnsafeRawBufferPointer, _ emit: (UnsafeRawBufferPointer) -> Bool) -> Bool {
        guard let context else { return false }
        var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
        var isFull = false
        while input.pos < input.size || isFull {
            var output = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
            let status = ZSTD_decompressStream(context, &output, &input)
            guard ZSTD_isError(status) == 0 else { return false }
            if output.pos > 0, !emit(UnsafeRawBufferPointer(rebasing: buffer[..<output.pos])) { return false }
            isAtEnd = status == 0
            // Output that did not fit may still be in the context.
            isFull = output.pos == output.size && !isAtEnd
        }
        return true
    }

    deinit {
        ZSTD_freeDCtx(context)
        buffer.deallocate()
    }
}
