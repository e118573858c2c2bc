import NIOCore
import Testing

@testable import Gateway

@Suite("A body that is held back")
struct HeldBodyTests {
    private static func bytes(_ body: HeldBody) -> [UInt8] { body.blocks.flatMap { Array($0.readableBytesView) } }

    @Test("It is what was sent, in whatever pieces", arguments: [1, 3, 1_000, 65_535, 65_536, 65_537, 200_000])
    func whole(_ piece: Int) {
        let all = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 / 251) }
        var body = HeldBody()
        for start in stride(from: 0, to: all.count, by: piece) {
            body.append(ByteBuffer(bytes: all[start..<min(start + piece, all.count)]))
        }
        #expect(body.count == all.count && Self.bytes(body) == all)
        #expect(body.blocks.count <= all.count / 65_536 + 2, "Pieces are put together")
    }

    @Test("A byte in a large buffer does not keep the buffer")
    func small() {
        var body = HeldBody()
        for _ in 0..<1_000 {
            var buffer = ByteBuffer(repeating: 0x61, count: 65_536)
            body.append(buffer.readSlice(length: 1) ?? ByteBuffer())
        }
        #expect(body.count == 1_000 && body.blocks.reduce(0) { $0 + $1.storageCapacity } <= 2_048)
    }

    private static let replacements = [
        (0..<0, "x"), (0..<3, ""), (5..<5, "hello"), (65_530..<65_545, "over the edge"), (199_999..<200_000, "end"),
        (200_000..<200_000, "!"),
    ]

    @Test("Bytes are put in the place of others", arguments: replacements)
    func replaced(_ range: Range<Int>, _ text: String) {
        var all = [UInt8](repeating: 0x62, count: 200_000)
        var body = HeldBody()
        body.append(ByteBuffer(bytes: all))
        body.replace(range, with: Array(text.utf8))
        all.replaceSubrange(range, with: Array(text.utf8))
        #expect(body.count == all.count && Self.bytes(body) == all)
    }
}
