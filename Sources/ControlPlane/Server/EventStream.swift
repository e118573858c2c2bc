import API
import AgentProtocol
import Foundation
import HTTPTypes
import Hummingbird
import Limits
import NIOCore

/// Server-sent events over Hummingbird. https://html.spec.whatwg.org/multipage/server-sent-events.html
enum EventStream {
    /// The events after a number.
    struct Page: Sendable {
        var events: [(id: Int, data: String)]
        /// Whether there are more events already.
        var hasMore = false
        /// Whether nothing will follow.
        var isLast: Bool
    }

    /// The most bytes that are passed to the connection at once, unless one event is longer.
    private static let writeLimit = 64 << 10

    /// A response with all events after a number and all later ones, until the stream or the client ends.
    ///
    /// - Parameters:
    ///   - after: the client's `Last-Event-ID`, or 0.
    ///   - access: the client's right to follow, if it can be lost.
    ///   - hold: accounts for the events that are read and not written yet. Without memory for another read the stream ends.
    ///   - changes: yields when there may be new events. If there are none, a comment is sent, so that both sides detect a dead connection.
    ///   - page: reads the events after a number.
    static func response(
        _ request: Request, after: Int, access: StreamAccess? = nil, hold: Hold? = nil, changes: AsyncStream<Void>,
        page: @escaping @Sendable (Int) async throws -> Page
    ) -> Response {
        Response(
            // The connection ends with the stream; the header keeps clients from reusing it.
            status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-cache", .connection: "close"],
            body: .init { writer in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    let wakes = wakes(at: changes, until: access, in: &group)
                    try await request.body.consumeWithInboundCloseHandler { _ in
                        try await send(after, access, hold, wakes, page) { try await writer.write($0) }
                    } onInboundClosed: {
                    }
                    try await writer.finish(nil)
                    group.cancelAll()
                }
            })
    }

    /// A stream that yields at changes, and ends with them or when the right to follow is lost.
    private static func wakes(
        at changes: AsyncStream<Void>, until access: StreamAccess?, in group: inout ThrowingTaskGroup<Void, any Error>
    ) -> AsyncStream<Void> {
        guard let access else { return changes }
        let (wakes, waker) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        group.addTask {
            for await _ in changes { waker.yield() }
            waker.finish()
        }
        group.addTask {
            await access.watch()
            waker.finish()
        }
        return wakes
    }

    /// Writes the events until nothing will follow, the right is lost, or the task is cancelled.
    private static func send(
        _ after: Int, _ access: StreamAccess?, _ hold: Hold?, _ wakes: AsyncStream<Void>, _ page: @Sendable (Int) async throws -> Page,
        _ write: (ByteBuffer) async throws -> Void
    ) async throws {
        // The right may have been lost between the request's authorization and the start of the watch.
        guard await access?.check() != false else { return }
        try await write(ByteBuffer(string: ": following\n\n"))
        var last = after
        var ticks = wakes.makeAsyncIterator()
        // The first page is not caused by a change.
        var isWoken = false
        while true {
            defer { hold?.end() }
            guard try await hold?.add(AnswerMemory.streamed, within: AnswerMemory.waitLimit) != false else { return }
            let page = try await page(last)
            // The length of one read is bounded, so a read that is longer than what was taken is written all the same.
            _ = hold?.set(page.events.reduce(0) { $0 + $1.data.utf8.count })
            guard access?.isLost != true else { return }
            if page.events.isEmpty, !page.isLast, isWoken { try await write(ByteBuffer(string: ": still here\n\n")) }
            var buffer = ByteBuffer()
            for event in page.events {
                buffer.writeString("id: \(event.id)\ndata: \(event.data)\n\n")
                last = event.id
                guard buffer.readableBytes >= writeLimit || event.id == page.events.last?.id else { continue }
                guard access?.isLost != true else { return }
                try await write(buffer)
                try await access?.handedOver()
                buffer.clear()
            }
            if page.isLast { return }
            if page.hasMore { continue }
            hold?.end()
            guard await ticks.next() != nil, !Task.isCancelled else { return }
            isWoken = true
        }
    }

    /// The number of the client's last event; 0 for none.
    ///
    /// - Throws: ``Problem`` for an invalid one: if it counted as 0, all events would be sent again and the client would not learn why.
    static func lastEventID(_ request: Request) throws(Problem) -> Int {
        let header = HTTPField.Name("last-event-id").flatMap { request.headers[$0] }
        guard let header else { return try request.number("after", in: 0 ... .max) ?? 0 }
        return try WholeNumber(header, named: "Last-Event-ID", in: 0 ... .max).value
    }
}
