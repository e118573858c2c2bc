import CBrotli
import CZlib
import CZstd

/// A content coding, as a provider applies it and a client takes it off again.
enum BodyCoding: String, CaseIterable, Sendable {
    case identity, gzip, deflate, br, zstd
    /// Deflate without zlib's frame, as some servers send it under the same name.
    case rawDeflate = "deflate (raw)"
    /// One that nobody knows.
    case unknown = "x-unknown"

    /// As `content-encoding` names it.
    var name: String { self == .rawDeflate ? "deflate" : rawValue }

    func encode(_ bytes: [UInt8], _ dice: inout Dice) -> [UInt8] {
        switch self {
        case .identity: return bytes
        case .gzip, .zstd:
            // Both may be several, one after another.
            var coded: [UInt8] = []
            let count = dice.chance(40) ? dice.int(2...4) : 1
            for part in 0..<count {
                let piece = Array(bytes[(bytes.count * part / count)..<(bytes.count * (part + 1) / count)])
                coded += self == .gzip ? Self.deflate(piece, windowBits: 31, &dice) : Self.zstd(piece)
            }
            return coded
        case .deflate: return Self.deflate(bytes, windowBits: 15, &dice)
        case .rawDeflate: return Self.deflate(bytes, windowBits: -15, &dice)
        case .br: return Self.brotli(bytes)
        case .unknown: return bytes.map { $0 ^ 0x5a }
        }
    }

    /// What can be had of a coded body, or of its beginning.
    func decode(_ bytes: [UInt8]) -> [UInt8] {
        switch self {
        case .identity: bytes
        case .gzip: Self.inflate(bytes, windowBits: 31)
        case .deflate: Self.inflate(bytes, windowBits: 15)
        case .rawDeflate: Self.inflate(bytes, windowBits: -15)
        case .br: Self.unbrotli(bytes)
        case .zstd: Self.unzstd(bytes)
        case .unknown: bytes.map { $0 ^ 0x5a }
        }
    }

    // MARK: - zlib

    /// In several blocks, so that a beginning can be read.
    private static func deflate(_ bytes: [UInt8], windowBits: Int32, _ dice: inout Dice) -> [UInt8] {
        var stream = z_stream()
        let size = Int32(MemoryLayout<z_stream>.size)
        precondition(deflateInit2_(&stream, 6, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size) == Z_OK)
        defer { deflateEnd(&stream) }
        var coded: [UInt8] = []
        var start = 0
        repeat {
            let end = min(bytes.count, start + dice.int(50...2_000))
            var input = Array(bytes[start..<end])
            let flush = end == bytes.count ? Z_FINISH : Z_SYNC_FLUSH
            var output = [UInt8](repeating: 0, count: input.count * 2 + 256)
            let length = output.count
            input.withUnsafeMutableBufferPointer { input in
                output.withUnsafeMutableBufferPointer { output in
                    stream.next_in = input.baseAddress
                    stream.avail_in = UInt32(input.count)
                    stream.next_out = output.baseAddress
                    stream.avail_out = UInt32(length)
                    _ = CZlib.deflate(&stream, flush)
                }
            }
            coded += output.prefix(length - Int(stream.avail_out))
            start = end
        } while start < bytes.count
        return coded
    }

    private static func inflate(_ bytes: [UInt8], windowBits: Int32) -> [UInt8] {
        var stream = z_stream()
        precondition(inflateInit2_(&stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK)
        defer { inflateEnd(&stream) }
        var plain: [UInt8] = []
        var input = bytes
        var output = [UInt8](repeating: 0, count: 65_536)
        input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                while true {
                    stream.next_out = output.baseAddress
                    stream.avail_out = UInt32(output.count)
                    let result = CZlib.inflate(&stream, Z_NO_FLUSH)
                    let count = output.count - Int(stream.avail_out)
                    plain += output.prefix(count)
                    if result == Z_STREAM_END {
                        guard windowBits == 31, stream.avail_in > 0, inflateReset(&stream) == Z_OK else { return }
                    } else if result != Z_OK || (count == 0 && stream.avail_in == 0) {
                        return
                    }
                }
            }
        }
        return plain
    }

    // MARK: - Brotli

    private static func brotli(_ bytes: [UInt8]) -> [UInt8] {
        var count = BrotliEncoderMaxCompressedSize(bytes.count) + 16
        var coded = [UInt8](repeating: 0, count: count)
        precondition(BrotliEncoderCompress(4, 18, BROTLI_MODE_TEXT, bytes.count, bytes, &count, &coded) != 0)
        return Array(coded.prefix(count))
    }

    private static func unbrotli(_ bytes: [UInt8]) -> [UInt8] {
        guard let decoder = BrotliDecoderCreateInstance(nil, nil, nil) else { return [] }
        defer { BrotliDecoderDestroyInstance(decoder) }
        var plain: [UInt8] = []
        var output = [UInt8](repeating: 0, count: 65_536)
        bytes.withUnsafeBufferPointer { input in
            var next = input.baseAddress
            var left = input.count
            while true {
                let size = output.count
                let result = output.withUnsafeMutableBufferPointer { output in
                    var place = output.baseAddress
                    var room = size
                    let result = BrotliDecoderDecompressStream(decoder, &left, &next, &room, &place, nil)
                    plain += output.prefix(size - room)
                    return result
                }
                if result != BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT { return }
            }
        }
        return plain
    }

    // MARK: - Zstandard

    private static func zstd(_ bytes: [UInt8]) -> [UInt8] {
        var coded = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count))
        let count = ZSTD_compress(&coded, coded.count, bytes, bytes.count, 3)
        precondition(ZSTD_isError(count) == 0)
        return Array(coded.prefix(count))
    }

    private static func unzstd(_ bytes: [UInt8]) -> [UInt8] {
        let decoder = ZSTD_createDStream()
        defer { ZSTD_freeDStream(decoder) }
        var plain: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        bytes.withUnsafeBytes { source in
            var input = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: 0)
            while true {
                let (result, count) = chunk.withUnsafeMutableBytes { target in
                    var output = ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
                    return (ZSTD_decompressStream(decoder, &output, &input), output.pos)
                }
                plain += chunk.prefix(count)
                if ZSTD_isError(result) != 0 || (input.pos == input.size && count < chunk.count) { return }
            }
        }
        return plain
    }
}

/// What a message says about codings.
enum CodingHeaders {
    /// The codings that an `accept-encoding` allows by name.
    static func accepted(_ values: [String]) -> [String] {
        values.flatMap { $0.split(separator: ",") }.compactMap { entry in
            let parts = entry.split(separator: ";").map { $0.trimmingPrefix { $0 == " " } }
            guard let name = parts.first, !parts.dropFirst().contains(where: { ["q=0", "q=0.0", "q=0.000"].contains($0.lowercased()) })
            else {
                return nil
            }
            return name.lowercased().filter { $0 != " " }
        }
    }
}
