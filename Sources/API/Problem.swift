import HTTPTypes
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

    package init(_ status: HTTPResponse.Status, _ detail: String) {
        title = status.reasonPhrase
        self.status = status.code
        self.detail = detail
    }

    package init(explained error: any ExplainedError) {
        title = error.kind.title
        status = error.kind.status
        detail = error.message
        code = error.reason
    }
}
