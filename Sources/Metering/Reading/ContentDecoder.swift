import CZlib

/// Undoes a content encoding for the meter's own copy of an answer. What the client gets stays as it came.
struct ContentDecoder: ~Copyable {
    private enum Way {
        case identity
        case zlib
        /// An encoding that can't be undone here.
        case unknown
    }

    private let way: Way
    /// zlib's own state points back at it, so it must not move.
    private let stream: UnsafeMutablePointer<z_stream>
    private var isOpen = false
    private var produced = 0

    /// What a small answer may swell to: no usage stands behind more than this.
    private static let limit = 256 << 20

    init(_ encoding: String?) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        switch encoding?.lowercased() ?? "" {
        case "", "identity": way = .identity
        case "gzip", "x-gzip", "deflate": way = .zlib
        default: way = .unknown
        }
        guard way == .zlib else { return }
        // 15 bits of window, and 32 for: find out by the header whether it is gzip or zlib. https://zlib.net/manual.html
        isOpen = sam_inflate_init(stream, 15 + 32) == Z_OK
    }

    var isIdentity: Bool { way == .identity }

    /// Decodes what comes next. Broken input ends the decoding and is no error here.
    mutating func decode(_ bytes: UnsafeRawBufferPointer) -> [[UInt8]] {
        guard isOpen, let base = bytes.baseAddress else { return [] }
        var pieces: [[UInt8]] = []
        stream.pointee.next_in = UnsafeMutablePointer(mutating: base.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(bytes.count)
        while isOpen {
            var room = [UInt8](repeating: 0, count: 16 << 10)
            let status = room.withUnsafeMutableBufferPointer { buffer in
                stream.pointee.next_out = buffer.baseAddress
                stream.pointee.avail_out = UInt32(buffer.count)
                return inflate(stream, Z_SYNC_FLUSH)
            }
            let count = room.count - Int(stream.pointee.avail_out)
            produced += count
            if count > 0 { pieces.append(Array(room[..<count])) }
            guard status == Z_OK, produced < Self.limit else {
                // Z_BUF_ERROR only says that more input is needed.
                if status != Z_BUF_ERROR || produced >= Self.limit { close() }
                break
            }
            if stream.pointee.avail_in == 0, stream.pointee.avail_out > 0 { break }
        }
        stream.pointee.next_in = nil
        return pieces
    }

    private mutating func close() {
        if isOpen { inflateEnd(stream) }
        isOpen = false
    }

    deinit {
        if isOpen { inflateEnd(stream) }
        stream.deallocate()
    }
}
