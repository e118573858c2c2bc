import Foundation
import Testing

@testable import RunnerKit

@Suite("What a program prints for a terminal")
struct PrintedLinesTests {
    @Test("The lines that would be visible in the end, however the bytes are cut", arguments: [1, 2, 3, 7, 1_000])
    func lines(size: Int) {
        let printed = Data("one\ntwo\r\n10 %\r50 %\r100 %\nlast \u{20AC} without end".utf8)
        var lines = PrintedLines()
        var seen = ""
        var rest = printed[...]
        while !rest.isEmpty {
            seen += lines.append(Data(rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
        seen += lines.finish()
        #expect(seen == "one\ntwo\n100 %\nlast \u{20AC} without end")
    }

    @Test("A line without end does not grow without end")
    func limit() {
        var lines = PrintedLines()
        var seen = 0
        for _ in 0..<100 { seen += lines.append(Data(repeating: 65, count: 10_000)).count }
        #expect(seen + lines.finish().count == 1_000_000 && seen > 900_000)
    }
}
