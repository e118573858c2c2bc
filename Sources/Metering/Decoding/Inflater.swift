import CZlib

/// Decodes gzip, of one member or several, and deflate, which some servers send with the zlib header and others without.
/// https://www.rfc-editor.org/rfc/rfc1952, https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1.2
final class Inflater: Decompressor {
    private let isGzip: Bool
    /// zlib's internal state points back at this struct, so it must not move.
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 16 << 10, alignment: 16)
    private var isOpen = false
    /// The first two bytes, which tell the form.
    private var opening: [UInt8] = []
    private(set) var isAtEnd = false

    init(isGzip: Bool) {
        self.isGzip = isGzip
        stream.initialize(to: z_stream())
    }

    func decode(_ bytes: UnsafeRawBufferPointer, _ emit: (UnsafeRawBufferPointer) -> Bool) -> Bool {
        if isOpen { return inflate(bytes, emit) }
        let taken = min(bytes.count, 2 - opening.count)
        opening += bytes[..<taken]
        guard opening.count == 2 else { return true }
        let rest = UnsafeRawBufferPointer(rebasing: bytes[taken...])
        guard sam_inflate_init(stream, windowBits) == Z_OK else { return false }
        isOpen = true
        return opening.withUnsafeBytes { inflate($0, emit) } && (rest.isEmpty || inflate(rest, emit))
    }

    /// 15 bits of window, plus 32 to detect gzip or zlib by the header; negative for raw deflate. https://zlib.net/manual.html
    private var windowBits: Int32 {
        let isZlib = opening[0] & 0x0f == 8 && opening[0] >> 4 <= 7 && (Int(opening[0]) << 8 | Int(opening[1])) % 31 == 0
        return isGzip || isZlib || opening == [0x1f, 0x8b] ? 15 + 32 : -15
    }

    private func inflate(_ bytes: UnsafeRawBufferPointer, _ emit: (UnsafeRawBufferPointer) -> Bool) -> Bool {
        guard let base = bytes.bindMemory(to: UInt8.self).baseAddress else { return true }
        stream.pointee.next_in = UnsafeMutablePointer(mutating: base)
        stream.pointee.avail_in = UInt32(bytes.count)
        defer { stream.pointee.next_in = nil }
        while true {
            if isAtEnd {
                guard let isNext = beginsNext() else { return true }
                guard isNext else { return false }
            }
            stream.pointee.next_out = buffer.bindMemory(to: UInt8.self).baseAddress
            stream.pointee.avail_out = UInt32(buffer.count)
            let status = CZlib.inflate(stream, Z_SYNC_FLUSH)
            let count = buffer.count - Int(stream.pointee.avail_out)
            if count > 0, !emit(UnsafeRawBufferPointer(rebasing: buffer[..<count])) { return false }
            switch status {
            case Z_STREAM_END: isAtEnd = true
            case Z_OK where stream.pointee.avail_in > 0 || stream.pointee.avail_out == 0: break
            // zlib needs more input.
            case Z_OK, Z_BUF_ERROR: return true
            default: return false
            }
        }
    }

    /// Whether another gzip member follows; `nil` at the end of the input; `false` for other data. Skips zeros, which may pad a block.
    private func beginsNext() -> Bool? {
        while stream.pointee.avail_in > 0, let next = stream.pointee.next_in, next.pointee == 0 {
            stream.pointee.next_in = next + 1
            stream.pointee.avail_in -= 1
        }
        guard stream.pointee.avail_in > 0 else { return nil }
        guard isGzip, inflateReset(stream) == Z_OK else { return false }
        isAtEnd = false
        return true
    }

    deinit {
        if isOpen { inflateEnd(stream) }
        stream.deallocate()
        buffer.deallocate()
    }
}
