import Testing

/// A line of a head or of trailers, as it was written.
struct RawHeader: Hashable, Sendable, CustomStringConvertible {
    var name: String
    var value: String

    init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    var description: String { "\(name): \(value)" }

    func named(_ other: String) -> Bool { name.lowercased() == other.lowercased() }
}

/// A request or an answer as it stood on the wire. It is read here once more, and strictly, so that no mistake of the relay's
/// own parser goes unseen.
struct RawMessage: Sendable {
    var start: String
    var headers: [RawHeader]
    var body: [UInt8] = []
    var trailers: [RawHeader] = []
    /// Whether it ended as its head said.
    var isWhole = true
    /// How many bytes it took.
    var count: Int

    /// Reads the first message; `nil` while it is not all there.
    ///
    /// - Parameters:
    ///   - method: of the request that it answers; `nil` for a request.
    ///   - hasEnded: whether nothing more will come.
    init?(_ bytes: [UInt8], answering method: String?, hasEnded: Bool) throws {
        guard let end = Self.emptyLine(in: bytes, from: 0) else { return nil }
        let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false)
        start = String(lines[0])
        headers = try lines.dropFirst().map(Self.header)
        count = end + 4
        let status = method == nil ? nil : Int(start.dropFirst(9).prefix(3))
        if method == "HEAD" || status.map({ $0 < 200 || $0 == 204 || $0 == 304 }) ?? false { return }
        if values("transfer-encoding").last?.lowercased() == "chunked" {
            guard try readChunks(bytes, hasEnded: hasEnded) else { return nil }
        } else if let length = Int(values("content-length").first ?? (method == nil ? "0" : "")) {
            guard bytes.count >= count + length || hasEnded else { return nil }
            isWhole = bytes.count >= count + length
            body = Array(bytes[count...].prefix(length))
            count += body.count
        } else {
            guard hasEnded else { return nil }
            body = Array(bytes[count...])
            count = bytes.count
        }
    }

    /// Reads a body in chunks from `count` on, and moves it. Nothing is copied before all of it is there: bodies are long.
    ///
    /// - Returns: `false` while more has to come.
    private mutating func readChunks(_ bytes: [UInt8], hasEnded: Bool) throws -> Bool {
        var position = count
        var chunks: [Range<Int>] = []
        isWhole = false
        while let line = Self.lineEnd(in: bytes, from: position) {
            let text = String(decoding: bytes[position..<line], as: UTF8.self)
            guard let size = Int(text.prefix { $0 != ";" }, radix: 16), size >= 0 else { throw Stuck(description: "No chunk: \(text)") }
            if size == 0 {
                let isBare = bytes[line...].starts(with: [0x0d, 0x0a, 0x0d, 0x0a])
                guard let end = isBare ? line : Self.emptyLine(in: bytes, from: line + 2) else { break }
                if !isBare {
                    trailers = try String(decoding: bytes[(line + 2)..<end], as: UTF8.self).split(separator: "\r\n").map(Self.header)
                }
                position = end + 4
                isWhole = true
                break
            }
            chunks.append((line + 2)..<min(line + 2 + size, bytes.count))
            position = line + 2 + size + 2
            if position > bytes.count { break }
        }
        guard isWhole || hasEnded else { return false }
        for chunk in chunks { body += bytes[chunk] }
        count = isWhole ? position : bytes.count
        return true
    }

    private static func header(_ line: Substring) throws -> RawHeader {
        guard let colon = line.firstIndex(of: ":") else { throw Stuck(description: "No header: \(line)") }
        return RawHeader(String(line[..<colon]), line[line.index(after: colon)...].drop { $0 == " " }.description)
    }

    private static func lineEnd(in bytes: [UInt8], from start: Int) -> Int? {
        bytes.withUnsafeBufferPointer { bytes in
            var index = start
            while index + 1 < bytes.count {
                if bytes[index] == 0x0d, bytes[index + 1] == 0x0a { return index }
                index += 1
            }
            return nil
        }
    }

    private static func emptyLine(in bytes: [UInt8], from start: Int) -> Int? {
        var position = start
        while let end = lineEnd(in: bytes, from: position) {
            if bytes[end...].starts(with: [0x0d, 0x0a, 0x0d, 0x0a]) { return end }
            position = end + 2
        }
        return nil
    }

    // MARK: - What a test asks

    /// An answer's status.
    var status: Int { Int(start.split(separator: " ").dropFirst().first ?? "") ?? 0 }

    /// A request's address.
    var uri: String { start.split(separator: " ").dropFirst().first.map(String.init) ?? "" }

    var text: String { String(decoding: body, as: UTF8.self) }

    func values(_ name: String) -> [String] { headers.filter { $0.named(name) }.map(\.value) }

    /// The headers without those of one connection and of its framing, and without these.
    func lasting(without names: [String] = []) -> [RawHeader] {
        let hops = ["connection", "keep-alive", "transfer-encoding", "content-length", "te", "trailer", "upgrade", "proxy-connection"]
        return headers.filter { header in !(hops + names).contains { header.named($0) } }
    }

    /// All of it, for a search.
    var everything: String { ([start] + (headers + trailers).map(\.description)).joined(separator: "\n") + "\n" + text }
}

@Suite("Reading messages off the wire, in the tests themselves")
struct RelayRawMessageTests {
    @Test(
        "A message is whole when it is, and not before",
        arguments: [
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello"),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", "hello"),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n", "hello"),
            ("HTTP/1.1 204 No Content\r\n\r\n", ""),
        ])
    func whole(text: String, body: String) throws {
        let bytes = Array(text.utf8)
        for count in 0..<bytes.count {
            #expect(try RawMessage(Array(bytes[..<count]), answering: "GET", hasEnded: false) == nil, "after \(count) bytes")
        }
        let message = try #require(try RawMessage(bytes + [0x48], answering: "GET", hasEnded: false))
        #expect(message.text == body)
        #expect(message.count == bytes.count)
        #expect(message.isWhole)
    }

    @Test("A message that broke off is known for it")
    func cut() throws {
        let chunked = "Transfer-Encoding: chunked\r\n\r\n"
        for text in ["Content-Length: 9\r\n\r\nhello", chunked + "9\r\nhello", chunked + "5\r\nhello\r\n", chunked] {
            let message = try RawMessage(Array("HTTP/1.1 200 OK\r\n\(text)".utf8), answering: "GET", hasEnded: true)
            #expect(message?.isWhole == false)
        }
    }
}
