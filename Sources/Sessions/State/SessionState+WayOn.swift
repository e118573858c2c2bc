import AgentProtocol

extension SessionState {
    /// How a person goes on with a session that takes no prompt any more, in a sentence.
    func wayOn(from session: SessionID) -> String {
        let resume = "sam sessions resume \(session.rawValue) \"…\""
        if case .failed = salvage {
            return "Its work stands only in its workspace, which is kept, so no other session can go on from it."
        }
        if isSettled, keepsWorkspace {
            return "Some of its work stands only in its workspace, which is kept; go on from its branch with: \(resume)"
        }
        if isSettled { return "Go on with it, in a new session that starts from its branch: \(resume)" }
        return phase == .interrupted && salvage == .none
            ? "Its runner may come back and take prompts; if it does not, go on with: \(resume)"
            : "It takes no more prompts; once it has ended, go on with: \(resume)"
    }
}
