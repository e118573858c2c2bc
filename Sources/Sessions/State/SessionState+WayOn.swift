import AgentProtocol

extension SessionState {
    /// How a person can continue with a session that accepts no more prompts, in a sentence.
    func wayOn(from session: SessionID) -> String {
        let resume = "sam sessions resume \(session.rawValue) \"…\""
        if case .failed = salvage {
            return "Its work is only in its workspace, which is kept, so no other session can continue from it."
        }
        if isSettled, keepsWorkspace {
            return "Some of its work is only in its workspace, which is kept; continue from its branch with: \(resume)"
        }
        if isSettled { return "Continue it in a new session that starts from its branch: \(resume)" }
        return phase == .interrupted && salvage == .none
            ? "Its runner may come back and take prompts; if it does not, continue with: \(resume)"
            : "It takes no more prompts; once it has ended, continue with: \(resume)"
    }
}
