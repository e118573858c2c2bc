import NIOHTTP1
import Testing

@testable import Limits

@Suite("An answer to a client of HTTP/1.0")
struct OldAnswerTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var method = HTTPMethod.POST
        var asks: HTTPHeaders = [:]
        var status = HTTPResponseStatus.ok
        var headers: HTTPHeaders
        /// The headers that the client gets; `nil` when it gets no head at all.
        var expected: HTTPHeaders?
        var closes = true
    }

    static let cases = [
        Case(
            testDescription: "of a known length", headers: ["content-length": "2"],
            expected: ["content-length": "2", "connection": "close"]),
        Case(
            testDescription: "in chunks", headers: ["transfer-encoding": "chunked", "x-a": "b"],
            expected: ["x-a": "b", "connection": "close"]),
        Case(
            testDescription: "in chunks, to who would keep the connection", asks: ["connection": "keep-alive"],
            headers: ["Transfer-Encoding": "chunked"], expected: ["connection": "close"]),
        Case(
            testDescription: "of a known length, to who would keep it", asks: ["Connection": "Keep-Alive"],
            headers: ["content-length": "0"], expected: ["content-length": "0", "connection": "keep-alive"], closes: false),
        Case(
            testDescription: "that closes, to who would keep it", asks: ["connection": "keep-alive"],
            headers: ["content-length": "2", "Connection": "close"], expected: ["content-length": "2", "connection": "close"]),
        Case(
            testDescription: "without a body", asks: ["connection": "keep-alive"], status: .noContent, headers: [:],
            expected: ["connection": "keep-alive"], closes: false),
        Case(
            testDescription: "to HEAD", method: .HEAD, asks: ["connection": "keep-alive"], headers: ["transfer-encoding": "chunked"],
            expected: ["connection": "keep-alive"], closes: false),
        Case(testDescription: "that tells to go on", status: .continue, headers: [:], expected: nil),
        Case(testDescription: "that tells hints", status: .init(statusCode: 103), headers: ["link": "x"], expected: nil),
        Case(testDescription: "that opens a tunnel", method: .CONNECT, headers: [:], expected: [:], closes: false),
        Case(
            testDescription: "that opens none", method: .CONNECT, status: .forbidden, headers: ["content-length": "1"],
            expected: ["content-length": "1", "connection": "close"]),
    ]

    @Test("It has their version, no chunks and no announcements, and says whether the connection stays", arguments: cases)
    func head(of answer: Case) {
        let request = HTTPRequestHead(version: .http1_0, method: answer.method, uri: "/", headers: answer.asks)
        let made = OldAnswer(
            HTTPResponseHead(version: .http1_1, status: answer.status, headers: answer.headers), to: AskedRequest(request))
        #expect(made?.head.headers.map { [$0.name.lowercased(), $0.value] } == answer.expected?.map { [$0.name, $0.value] })
        guard let made else { return }
        #expect(made.head.version == .http1_0 && made.head.status == answer.status && made.closes == answer.closes)
    }

    @Test(
        "What is older than HTTP/1.1 is old",
        arguments: [(0, 9, true), (1, 0, true), (1, 1, false), (1, 2, false), (2, 0, false)])
    func versions(major: Int, minor: Int, isOld: Bool) {
        #expect(AskedRequest(HTTPRequestHead(version: .init(major: major, minor: minor), method: .GET, uri: "/")).isOld == isOld)
    }
}
