import CBrotli
import CZlib
import CZstd
import Metering

/// A library refused to compress.
struct EncodingFailure: Error {}

/// The same bytes as a server sends them that compresses.
///
/// - Parameter coding: the name of a content coding; `raw` for deflate without zlib's header.
func encoded(_ bytes: [UInt8], _ coding: String) throws -> [UInt8] {
    switch coding {
    case "gzip": try deflated(bytes, windowBits: 15 + 16)
    case "deflate": try deflated(bytes, windowBits: 15)
    case "raw": try deflated(bytes, windowBits: -15)
    case "br": try brotli(bytes)
    case "zstd": try zstd(bytes)
    default: throw EncodingFailure()
    }
}

func gzipped(_ bytes: [UInt8]) throws -> [UInt8] { try encoded(bytes, "gzip") }

private func deflated(_ bytes: [UInt8], windowBits: Int32) throws -> [UInt8] {
    var stream = z_stream()
    guard deflateInit2_(&stream, 6, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { throw EncodingFailure() }
    defer { deflateEnd(&stream) }
    var input = bytes
    var output = [UInt8](repeating: 0, count: bytes.count + 1_000)
    let status = input.withUnsafeMutableBufferPointer { input in
        output.withUnsafeMutableBufferPointer { output in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(input.count)
            stream.next_out = output.baseAddress
            stream.avail_out = UInt32(output.count)
            return deflate(&stream, Z_FINISH)
        }
    }
    guard status == Z_STREAM_END else { throw EncodingFailure() }
    return Array(output.prefix(Int(stream.total_out)))
}

private func brotli(_ bytes: [UInt8]) throws -> [UInt8] {
    var output = [UInt8](repeating: 0, count: BrotliEncoderMaxCompressedSize(bytes.count) + 100)
    var count = output.count
    guard BrotliEncoderCompress(5, 22, BROTLI_MODE_GENERIC, bytes.count, bytes, &count, &output) == BROTLI_TRUE else {
        throw EncodingFailure()
    }
    return Array(output.prefix(count))
}

/// - Parameter window: the logarithm of the window; the library's own choice without one.
func zstd(_ bytes: [UInt8], window: Int32? = nil) throws -> [UInt8] {
    guard let context = ZSTD_createCCtx() else { throw EncodingFailure() }
    defer { ZSTD_freeCCtx(context) }
    if let window { ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window) }
    var output = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count) + 100)
    return try output.withUnsafeMutableBytes { space in
        try bytes.withUnsafeBytes { source in
            var input = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: 0)
            var out = ZSTD_outBuffer(dst: space.baseAddress, size: space.count, pos: 0)
            // In two steps, so that the frame tells its window and not its size.
            guard ZSTD_isError(ZSTD_compressStream2(context, &out, &input, ZSTD_e_continue)) == 0,
                ZSTD_isError(ZSTD_compressStream2(context, &out, &input, ZSTD_e_end)) == 0
            else { throw EncodingFailure() }
            return Array(space[..<out.pos])
        }
    }
}
