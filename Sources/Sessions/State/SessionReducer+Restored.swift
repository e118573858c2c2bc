import Accounts
import Workspaces

// Sessions that were not over when the backup was made from which SAM is restored.
extension SessionReducer {
    /// The failure code of a session that had not started.
    static let restoredCode = "restored"

    /// Ends a session that is not settled: its runner and its workspace are elsewhere or gone. A session that had not started is not
    /// started either, since it may have run after the backup was made.
    mutating func restored(_ project: ProjectID) {
        loseKeptWorkspace(project)
        guard !state.isSettled else { return }
        loseRunner()
        loseCurrentPrompt()
        state.deadline = nil
        state.turn = nil
        state.interruptedPhase = nil
        switch state.phase {
        case .queued, .preparing, .booting:
            fail(
                SessionState.Failure(
                    code: Self.restoredCode,
                    message: """
                        SAM was restored from a backup that was made before this session's agent had started. Whether it ran after that \
                        can't be known, so it is not started again.
                        """))
        case .starting, .ready, .working, .finishing, .interrupted:
            enter(.interrupted)
            settleRestored(project)
        case .completed, .failed, .cancelled: settleRestored(project)
        }
        state.isCleanedUp = true
    }

    /// A kept workspace is not in the backup either: the work that existed only in it is listed as lost.
    private mutating func loseKeptWorkspace(_ project: ProjectID) {
        guard state.keepsWorkspace else { return }
        let base = state.workspace?.base ?? ""
        var result = state.result ?? WorkspaceResult(branch: nil, base: base, commit: base, project: project)
        let lost = result.remaining
        result.remaining = []
        if case .failed(let why) = state.salvage { result.notes.append("The work could not be brought out: \(why)") }
        result.notes += lost.map { "Not brought out: \($0)" }
        let sentence = "The workspace was kept, and is not in the backup from which SAM was restored."
        result.notes.append(sentence)
        state.salvage = .done(result)
        log.append(.note(sentence))
    }

    /// Keeps the result of an earlier salvage, and notes that later work is missing.
    private mutating func settleRestored(_ project: ProjectID) {
        guard state.salvage == .none || state.salvage == .running, let base = state.workspace?.base else { return }
        let sentence = """
            SAM was restored from a backup that was made while this session was under way. What its agent did and had not been brought \
            out by then is not in the backup.
            """
        var result = state.earlierResult ?? WorkspaceResult(branch: nil, base: base, commit: base, project: project)
        result.notes.append(sentence)
        state.salvage = .done(result)
        log.append(.note(sentence))
    }
}
