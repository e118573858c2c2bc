import AgentProtocol

/// An error in words for a person.
struct CodexFault {
    let text: String

    /// Reads an error of Codex; `nil` for any other value.
    init?(_ error: JSONValue) {
        guard case .object = error else { return nil }
        let message = error["message"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        let kind = Self.words(error["codexErrorInfo"])
        let details = error["additionalDetails"]?.string.flatMap { $0.isEmpty || $0 == message ? nil : $0 }
        let said = [message, details.map { "(\($0))" }].compactMap(\.self).joined(separator: " ")
        switch (kind, said.isEmpty) {
        case (let kind?, false): text = "\(kind): \(said)"
        case (let kind?, true): text = "\(kind)."
        case (nil, false): text = said
        case (nil, true): text = "It does not say what."
        }
    }

    private static func words(_ info: JSONValue?) -> String? {
        switch info {
        case .string(let name): kinds[name]
        case .object(let members):
            members.lazy.compactMap { name, details in
                // Codex takes a refusal of payment for a failed connection.
                let kind = details["httpStatusCode"]?.wholeNumber == 402 ? "There is no money for this request" : kinds[name]
                return kind.map { $0 + status(details) }
            }.first
        default: nil
        }
    }

    private static func status(_ details: JSONValue) -> String {
        details["httpStatusCode"]?.wholeNumber.map { " (HTTP \($0))" } ?? ""
    }

    /// Kinds that say no more than the message are left out.
    private static let kinds = [
        "contextWindowExceeded": "The conversation is longer than the model takes",
        "sessionBudgetExceeded": "The session's budget is spent",
        "usageLimitExceeded": "The usage limit of the account is reached",
        "rateLimitExceeded": "The model's provider wants fewer requests",
        "flexUnavailable": "The model has no room at its flexible price",
        "serverOverloaded": "The model's provider has too much to do",
        "cyberPolicy": "The model's provider refuses this for its rules on security",
        "misalignmentPolicyViolation": "The model's provider has stopped this for its rules",
        "tooManyDenials": "Too much of what it wanted was refused",
        "internalServerError": "The model's provider failed",
        "unauthorized": "The model's provider does not accept the credential",
        "badRequest": "The model's provider does not understand the request",
        "sandboxError": "The agent's own sandbox failed",
        "httpConnectionFailed": "The model can't be reached",
        "responseStreamConnectionFailed": "The model's answer could not begin",
        "responseStreamDisconnected": "The model's answer broke off",
        "responseTooManyFailedAttempts": "The model did not answer in several attempts",
    ]
}
