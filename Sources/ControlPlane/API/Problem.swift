import AgentProtocol
import Foundation
import HTTPTypes
import Hummingbird
import Sessions
import Wording

/// An error in the API: problem details of RFC 9457.
public struct Problem: Error, Sendable, Codable {
    /// The problem's type: `about:blank`, or `FencedProblem.type` for a runner whose attempt is over.
    public var type = "about:blank"
    /// The status in words.
    public var title: String
    /// The HTTP status.
    public var status: Int
    /// A sentence for a person.
    public var detail: String
    /// The failure with which a session would have failed, such as `credentialBlocked`.
    public var code: String?

    /// The code of a refusal because the token's user is disabled.
    public static let userDisabled = "userDisabled"

    init(_ status: HTTPResponse.Status, _ detail: String) {
        title = status.reasonPhrase
        self.status = status.code
        self.detail = detail
    }

    private init(kind: ErrorKind, _ detail: String) {
        title = kind.title
        status = kind.status
        self.detail = detail
    }

    /// The answer to a runner whose attempt is over.
    static var fenced: Problem {
        var problem = Problem(.conflict, "This runner's attempt is over.")
        problem.type = FencedProblem.type
        return problem
    }

    /// Converts an error of any module.
    init(_ error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case let error as SessionsError where error.code == .fenced:
            self = .fenced
            detail = error.message
        case let error as any ExplainedError where error.kind != .unexpected:
            self.init(kind: error.kind, error.message)
            code = error.reason
        case let error as DecodingError: self.init(.badRequest, "The body is not what this call takes: \(error.place)")
        case let error as HTTPError: self.init(error.status, error.body ?? error.status.reasonPhrase)
        default:
            self.init(
                .internalServerError,
                "Something went wrong here; the server's log tells what. Try again, and if it happens again, report what the log says.")
        }
    }

    var response: Response {
        let body = (try? JSONLine.encode(self)) ?? Data()
        return Response(
            status: .init(code: status), headers: [.contentType: "application/problem+json"],
            body: .init(byteBuffer: ByteBuffer(bytes: body)))
    }
}
