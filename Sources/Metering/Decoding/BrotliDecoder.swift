import CBrotli

/// Decodes brotli. Its window is at most 16 MiB, the format's limit. https://www.rfc-editor.org/rfc/rfc7932#section-9.1
final class BrotliDecoder: Decompressor {
    private let state = BrotliDecoderCreateInstance(nil, nil, nil)
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 16 << 10, alignment: 16)
    private(set) var isAtEnd = false

    func decode(_ bytes: UnsafeRawBufferPointer, _ emit: (UnsafeRawBufferPointer) -> Bool) -> Bool {
        // Bytes after the end are an error.
        guard let state, !isAtEnd else { return false }
        var input = bytes.bindMemory(to: UInt8.self).baseAddress
        var left = bytes.count
        while true {
            var output = buffer.bindMemory(to: UInt8.self).baseAddress
            var room = buffer.count
            let result = BrotliDecoderDecompressStream(state, &left, &input, &room, &output, nil)
            let count = buffer.count - room
            if count > 0, !emit(UnsafeRawBufferPointer(rebasing: buffer[..<count])) { return false }
            switch result {
            case BROTLI_DECODER_RESULT_SUCCESS:
                isAtEnd = true
                return left == 0
            case BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT: return true
            case BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT: break
            default: return false
            }
        }
    }

    deinit {
        if let state { BrotliDecoderDestroyInstance(state) }
        buffer.deallocate()
    }
}
