import NIOCore
import NIOHTTP1
import Testing

@testable import Limits

@Suite("Requests that come before the last is answered")
struct WaitingRequestsTests {
    private static func request(_ uri: String) -> [WaitingRequests.Event] {
        let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: uri)
        return [.part(.head(head)), .part(.body(ByteBuffer(string: uri))), .part(.end(nil))]
    }

    private static func uri(_ events: [WaitingRequests.Event]) -> String? {
        guard case .part(.head(let head))? = events.first else { return nil }
        return head.uri
    }

    @Test("They are taken one by one in their order, with what belongs to them", arguments: [1, 2, 7])
    func order(_ count: Int) {
        var waiting = WaitingRequests()
        for number in 0..<count { for event in Self.request("/\(number)") { waiting.append(event, limit: 8) } }
        waiting.append(.inputClosed, limit: 8)
        for number in 0..<count {
            let events = waiting.next()
            #expect(Self.uri(events) == "/\(number)")
            #expect(events.count == (number == count - 1 ? 4 : 3), "The end of the input belongs to the last")
        }
        #expect(waiting.isEmpty && !waiting.isFull && waiting.next().isEmpty)
    }

    @Test("Beyond a number the rest is dropped, whole", arguments: [1, 8, 64])
    func overflow(_ limit: Int) {
        var waiting = WaitingRequests()
        for number in 0..<60_000 { for event in Self.request("/\(number)") { waiting.append(event, limit: limit) } }
        #expect(waiting.isFull)
        var uris: [String?] = []
        while !waiting.isEmpty { uris.append(Self.uri(waiting.next())) }
        #expect(uris == (0..<limit).map { "/\($0)" })
        #expect(waiting.isFull, "What follows can't be understood")
    }
}
