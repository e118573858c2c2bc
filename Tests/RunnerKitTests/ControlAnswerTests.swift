import AgentProtocol
import Foundation
import Testing

@testable import RunnerKit

@Suite("What an answer means for a runner")
struct ControlAnswerTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var status: UInt
        var contentType: String? = "application/problem+json"
        var body: String
        var meaning: String
        var testDescription: String { "\(status) \(contentType ?? "-") \(body.prefix(40)): \(meaning)" }
    }

    private static let fenced = #"{"type":"urn:sam:problem:fenced","title":"Conflict","status":409,"detail":"x"}"#
    private static let blank = #"{"type":"about:blank","title":"x","status":0,"detail":"x"}"#

    static let cases: [Case] =
        [
            Case(status: 409, body: fenced, meaning: "fenced"),
            Case(status: 409, contentType: "application/problem+json; charset=utf-8", body: fenced, meaning: "fenced"),
            Case(status: 409, contentType: "application/json", body: fenced, meaning: "unavailable"),
            Case(status: 409, body: blank, meaning: "refused 409"), Case(status: 409, contentType: nil, body: "", meaning: "unavailable"),
            Case(status: 403, body: fenced, meaning: "refused 403"), Case(status: 500, body: blank, meaning: "unavailable"),
            Case(status: 400, body: blank, meaning: "refused 400"), Case(status: 413, body: blank, meaning: "refused 413"),
            Case(status: 429, body: blank, meaning: "unavailable"), Case(status: 408, body: blank, meaning: "unavailable"),
            Case(status: 200, contentType: nil, body: "", meaning: "success"), Case(status: 204, body: fenced, meaning: "success"),
        ]
        + [301, 400, 401, 403, 404, 407, 409, 410, 413, 451, 500, 502, 503, 504].map { status in
            Case(status: status, contentType: "text/html", body: "<html>A proxy's page</html>", meaning: "unavailable")
        }

    @Test("Only SAM's own problem ends an attempt: no page of a proxy does, whatever its status", arguments: cases)
    func meaning(_ one: Case) {
        let meaning =
            switch ControlAnswer.failure(status: one.status, contentType: one.contentType, body: Data(one.body.utf8)) {
            case nil: "success"
            case .fenced: "fenced"
            case .refused(let status): "refused \(status)"
            case .unavailable: "unavailable"
            }
        #expect(meaning == one.meaning)
    }
}
