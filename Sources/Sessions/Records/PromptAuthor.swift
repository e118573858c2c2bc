import Accounts
import AgentProtocol
import Store

/// The user who wrote a prompt, judged in the transaction that delivers it: since the prompt was written, they may have lost their role, or
/// the session may have started with its own user's credential.
struct PromptAuthor: Sendable, Hashable {
    var name: String
    /// `nil` when they do not belong to the session's project.
    var role: ProjectRole?
    var isDisabled: Bool
    /// Whether the session works with the own credential of another user.
    var meetsOwnCredential: Bool

    /// The note for the log when a prompt of theirs is withdrawn; `nil` when it may be delivered.
    func refusal(of prompt: PromptID) -> String? {
        let why: String
        switch role {
        case _ where isDisabled: why = "\(name) was disabled"
        case nil: why = "\(name) does not belong to the project any more"
        case .viewer: why = "\(name) only reads in the project now"
        case .member where meetsOwnCredential, .owner where meetsOwnCredential:
            why = "the session works with another member's own credential, so only they can write to it"
        case .member, .owner: return nil
        }
        return "The prompt \(prompt.rawValue) of \(name) was withdrawn before it was delivered: \(why)."
    }
}

extension PromptAuthor {
    /// The writer of a prompt; `nil` for a prompt from before writers were recorded.
    ///
    /// - Throws: `StoreError`, also for a role that can't be read: it must not count as any role.
    init?(of prompt: PromptID, _ transaction: any Transaction) throws {
        let row = try transaction.first(
            """
            SELECT u.name AS name, u.disabled_at AS disabled_at, m.role AS role, p.user_id AS author, s.user_id AS starter,
                s.sign_in_file AS sign_in_file, (SELECT MIN(scope) FROM pins WHERE session_id = s.id AND scope = 'user') AS own
            FROM prompts p JOIN sessions s ON s.id = p.session_id JOIN users u ON u.id = p.user_id
            LEFT JOIN members m ON m.project_id = s.project_id AND m.user_id = p.user_id WHERE p.id = $1
            """, prompt)
        guard let row else { return nil }
        name = try row.text("name")
        role = try row.optionalText("role") == nil ? nil : row.parsed("role")
        isDisabled = try row.value("disabled_at") != .null
        let isOwn = try row.value("own") != .null || row.value("sign_in_file") != .null
        meetsOwnCredential = try isOwn && row.text("author") != row.text("starter")
    }
}
