import AgentProtocol
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// Server-sent events over Hummingbird. https://html.spec.whatwg.org/multipage/server-sent-events.html
enum EventStream {
    /// What a source has to tell after a number.
    struct Page: Sendable {
        var events: [(id: Int, data: String)]
        /// Nothing will follow.
        var isLast: Bool
    }

    /// A response that tells everything after a number and then whatever comes, until its end or the client's.
    ///
    /// - Parameters:
    ///   - after: the client's `Last-Event-ID`, or 0.
    ///   - changes: ticks when there may be something new. A tick without anything new sends a comment, so
    ///     that both sides notice a line that is dead.
    ///   - page: reads what comes after a number.
    static func response(
        _ request: Request, after: Int, changes: AsyncStream<Void>, page: @escaping @Sendable (Int) async throws -> Page
    ) -> Response {
        Response(
            // The connection ends with the stream; saying so keeps clients from using it again at that moment.
            status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-cache", .connection: "close"],
            body: .init { writer in
                try await request.body.consumeWithInboundCloseHandler { _ in
                    var last = after
                    try await writer.write(ByteBuffer(string: ": following\n\n"))
                    following: while true {
                        while true {
                            let page = try await page(last)
                            for event in page.events {
                                try await writer.write(ByteBuffer(string: "id: \(event.id)\ndata: \(event.data)\n\n"))
                                last = event.id
                            }
                            if page.isLast { break following }
                            if page.events.isEmpty { break }
                        }
                        var ticks = changes.makeAsyncIterator()
                        guard await ticks.next() != nil, !Task.isCancelled else { break }
                        if try await page(last).events.isEmpty {
                            try await writer.write(ByteBuffer(string: ": still here\n\n"))
                        }
                    }
                } onInboundClosed: {
                }
                try await writer.finish(nil)
            })
    }

    /// The number that a client saw last; 0 for none.
    ///
    /// - Throws: ``Problem`` for an invalid one: read as 0 it would send everything again, and the client would not learn why.
    static func lastEventID(_ request: Request) throws(Problem) -> Int {
        let header = HTTPField.Name("last-event-id").flatMap { request.headers[$0] }
        guard let text = header ?? request.uri.queryParameters["after"].map(String.init) else { return 0 }
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let number = Int(text) else {
            throw Problem(
                .badRequest, "\(header == nil ? "after" : "Last-Event-ID") is the number of an event, and not “\(text.prefix(40))”.")
        }
        return number
    }
}
