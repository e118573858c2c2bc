/// The state of a response of OpenAI's Responses API: https://platform.openai.com/docs/guides/background and
/// https://platform.openai.com/docs/api-reference/responses/object.
public struct ResponseState: Sendable, Hashable {
    /// The response's id.
    public var id: String?
    /// `queued`, `in_progress` or a final status.
    public var status: String?
    /// Whether it runs in the background; `nil` if the response does not say.
    public var isBackground: Bool?

    /// Whether the status is final.
    public var isOver: Bool {
        switch status {
        case "completed", "failed", "incomplete", "cancelled": true
        default: false
        }
    }

    /// The id of the response that a request fetches or cancels: `GET …/responses/ID` or `POST …/responses/ID/cancel`; `nil` for other
    /// requests.
    public static func id(fetchedBy method: String, _ path: some StringProtocol) -> String? {
        let parts = path.split(separator: "/")
        switch method {
        case "GET" where parts.count > 1 && parts[parts.count - 2] == "responses": return String(parts[parts.count - 1])
        case "POST" where parts.count > 2 && parts[parts.count - 3] == "responses" && parts[parts.count - 1] == "cancel":
            return String(parts[parts.count - 2])
        default: return nil
        }
    }
}
