import API
import AgentProtocol
import Foundation
import Testing

@Suite("Reading event streams")
struct EventReaderTests {
    private static let stream = """
        : following

        id: 7
        data: {"a":"data: 1"}

        event: other
        id: 8
        data: {"b":"ü"}

        : still here


        """

    @Test("Events come with their numbers, wherever the reads end", arguments: [1, 2, 3, 7, 1_000])
    func pieces(of size: Int) throws {
        var reader = EventReader()
        var events: [EventReader.Event] = []
        let bytes = Array(Self.stream.utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            events += try reader.append(bytes[start..<min(start + size, bytes.count)])
        }
        #expect(events.map(\.id) == [7, 8])
        #expect(events.map { String(decoding: $0.data, as: UTF8.self) } == [#"{"a":"data: 1"}"#, #"{"b":"ü"}"#])
    }

    @Test("An event that has not ended yet is not told")
    func incomplete() throws {
        var reader = EventReader()
        #expect(try reader.append(Array("id: 1\ndata: {\"a\":".utf8)).isEmpty)
        #expect(try reader.append(Array("1}\n".utf8)).map(\.id) == [1])
    }

    @Test("A line beyond the limit is an error, one at the limit is not")
    func limit() throws {
        var reader = EventReader(limit: 20)
        #expect(try reader.append(Array("data: 12345678901234\n".utf8)).count == 1)
        #expect(throws: LineSplitter.TooLong.self) { try reader.append(Array("data: 123456789012345\n".utf8)) }
    }
}
