import Testing

@testable import sam

@Suite("A line that is typed unseen")
struct SecretLineTests {
    @Test(
        "Keys do what they do on a terminal: some end the line, some correct it, Ctrl-C leaves",
        arguments: [
            ("key\n", "key", .end), ("key\r", "key", .end), ("key\u{4}", "key", .end), ("\u{4}", "", .interrupt),
            ("ke\u{3}", "ke", .interrupt),
            ("ke\u{1c}", "ke", .interrupt), ("kex\u{7f}y\n", "key", .end), ("kü\u{8}ey\n", "key", .end), ("\u{7f}\u{7f}k\n", "k", .end),
            ("wrong\u{15}key\n", "key", .end), ("k", "k", .more),
        ] as [(String, String, SecretLine.Turn)])
    func keys(_ typed: String, _ content: String, _ last: SecretLine.Turn) {
        var line = SecretLine()
        var turn = SecretLine.Turn.more
        for byte in typed.utf8 { turn = line.take(byte) }
        #expect(turn == last)
        #expect(String(decoding: line.bytes, as: UTF8.self) == content)
        line.wipe()
        #expect(line.bytes == [])
    }
}
