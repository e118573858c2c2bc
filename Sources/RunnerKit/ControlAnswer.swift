import AgentProtocol
import Foundation

/// What an answer of the control plane, or of a proxy in front of it, means for a runner.
enum ControlAnswer {
    /// The part of problem details that decides.
    private struct Problem: Decodable {
        var type: String
    }

    /// Whether a body is problem details (RFC 9457).
    static func isProblem(_ contentType: String?) -> Bool {
        contentType?.lowercased().hasPrefix("application/problem+json") == true
    }

    /// Judges an answer. Only SAM's own problem details end or refuse anything: without them, the answer may be a proxy's.
    ///
    /// - Returns: `nil` for a success.
    static func failure(status: UInt, contentType: String?, body: Data) -> ControlLink.Failure? {
        guard !(200..<300).contains(status) else { return nil }
        let unavailable = ControlLink.Failure.unavailable("the answer has status \(status)")
        guard isProblem(contentType), let problem = try? JSONLine.decode(Problem.self, from: body) else { return unavailable }
        if status == FencedProblem.status, problem.type == FencedProblem.type { return .fenced }
        // Too many requests and a slow body are worth another try.
        return (400..<500).contains(status) && status != 408 && status != 429 ? .refused(status) : unavailable
    }
}
