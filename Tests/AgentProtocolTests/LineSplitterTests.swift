import AgentProtocol
import Foundation
import Testing

@Suite("Lines from bytes")
struct LineSplitterTests {
    @Test("The same lines come out however the bytes are cut", arguments: 1...13)
    func anyCut(_ size: Int) throws {
        let text = Data("first\n\nsecond ü\nthird\nhalf".utf8)
        var splitter = LineSplitter()
        var lines: [String] = []
        var offset = 0
        while offset < text.count {
            let piece = text[offset..<min(offset + size, text.count)]
            lines += try splitter.append(piece).map { String(decoding: $0, as: UTF8.self) }
            offset += size
        }
        #expect(lines == ["first", "second ü", "third"])
        #expect(splitter.remainder == Data("half".utf8))
    }

    @Test("A line at the limit passes, a longer one is refused, complete or not")
    func limit() throws {
        var splitter = LineSplitter(limit: 4)
        #expect(try splitter.append(Data("1234\n".utf8)).count == 1)
        #expect(throws: LineSplitter.TooLong.self) { try splitter.append(Data("12345".utf8)) }
        var other = LineSplitter(limit: 4)
        #expect(throws: LineSplitter.TooLong.self) { try other.append(Data("12345\n".utf8)) }
    }
}
