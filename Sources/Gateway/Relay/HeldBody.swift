import NIOCore

/// A held body in blocks. Pieces are copied together, because a buffer of thousands of bytes may contain a piece of one byte. A single
/// block would be copied each time that it grows.
struct HeldBody {
    private(set) var blocks: [ByteBuffer] = []
    private(set) var count = 0

    private static let blockSize = 64 << 10

    mutating func append(_ bytes: ByteBuffer) {
        count += bytes.readableBytes
        var rest = bytes
        if let last = blocks.indices.last {
            let room = Self.blockSize - blocks[last].readableBytes
            if var first = rest.readSlice(length: min(max(room, 0), rest.readableBytes)) { blocks[last].writeBuffer(&first) }
        }
        while rest.readableBytes > 0, var next = rest.readSlice(length: min(Self.blockSize, rest.readableBytes)) {
            var block = ByteBuffer()
            block.writeBuffer(&next)
            blocks.append(block)
        }
    }

    /// Replaces a range of bytes.
    mutating func replace(_ range: Range<Int>, with bytes: [UInt8]) {
        guard range.lowerBound >= 0, range.upperBound <= count else { return }
        let before = slices(0..<range.lowerBound)
        let after = slices(range.upperBound..<count)
        blocks = before + [ByteBuffer(bytes: bytes)] + after
        count += bytes.count - range.count
    }

    mutating func clear() { self = HeldBody() }

    private func slices(_ range: Range<Int>) -> [ByteBuffer] {
        var start = 0
        return blocks.compactMap { block in
            defer { start += block.readableBytes }
            let part = range.clamped(to: start..<start + block.readableBytes)
            guard !part.isEmpty else { return nil }
            return block.getSlice(at: block.readerIndex + part.lowerBound - start, length: part.count)
        }
    }
}
