import Workspaces

// What becomes of a session that was under way when a backup was made from which SAM is restored.
extension SessionReducer {
    /// The word for programs of a session that had not begun.
    static let restoredCode = "restored"

    /// Ends a session that is not settled: its runner and its workspace are elsewhere or gone. One that had not begun does not begin by
    /// itself either, since it may have run after the backup was made.
    mutating func restored(_ mirror: String) {
        loseKeptWorkspace(mirror)
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
            settleRestored(mirror)
        case .completed, .failed, .cancelled: settleRestored(mirror)
        }
        state.isCleanedUp = true
    }

    /// A workspace that was kept is not in the backup either: what stood in it alone is named, and not waited for.
    private mutating func loseKeptWorkspace(_ mirror: String) {
        guard state.keepsWorkspace else { return }
        let base = state.workspace?.base ?? ""
        var result = state.result ?? WorkspaceResult(branch: nil, base: base, commit: base, mirror: mirror)
        let lost = result.remaining
        result.remaining = []
        if case .failed(let why) = state.salvage { result.notes.append("The work could not be brought out: \(why)") }
        result.notes += lost.map { "Not brought out: \($0)" }
        let sentence = "The workspace was kept, and is not in the backup from which SAM was restored."
        result.notes.append(sentence)
        state.salvage = .done(result)
        log.append(.note(sentence))
    }

    /// What is known to have been brought out stays known, and what was not is named.
    private mutating func settleRestored(_ mirror: String) {
        guard state.salvage == .none || state.salvage == .running, let base = state.workspace?.base else { return }
        let sentence = """
            SAM was restored from a backup that was made while this session was under way. What its agent did and had not been brought \
            out by then is not in the backup.
            """
        var result = state.earlierResult ?? WorkspaceResult(branch: nil, base: base, commit: base, mirror: mirror)
        result.notes.append(sentence)
        state.salvage = .done(result)
        log.append(.note(sentence))
    }
}
