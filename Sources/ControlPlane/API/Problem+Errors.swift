import API
import AgentProtocol
import Foundation
import HTTPTypes
import Hummingbird
import Sessions
import Wording

extension Problem {
    /// Converts an error of any module.
    init(_ error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case let error as SessionsError where error.code == .fenced:
            self = .fenced
            detail = error.message
        case let error as any ExplainedError where error.kind != .unexpected: self.init(explained: error)
        case let error as DecodingError: self.init(.badRequest, "The body is not what this call takes: \(error.place)")
        case let error as HTTPError: self.init(error.status, error.body ?? error.status.reasonPhrase)
        default:
            self.init(
                .internalServerError,
                "Something went wrong here; the server's log tells what. Try again, and if it happens again, report what the log says.")
        }
    }

    /// The answer to a runner whose attempt is over.
    static var fenced: Problem {
        var problem = Problem(.conflict, "This runner's attempt is over.")
        problem.type = FencedProblem.type
        return problem
    }

    var response: Response {
        let body = (try? JSONLine.encode(self)) ?? Data()
        return Response(
            status: .init(code: status), headers: [.contentType: "application/problem+json"],
            body: .init(byteBuffer: ByteBuffer(bytes: body)))
    }
}
