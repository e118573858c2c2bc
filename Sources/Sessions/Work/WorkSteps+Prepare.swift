import AgentProtocol
import Logging
import Sandbox
import Wording
import Workspaces

// The workspace of a session that starts.
extension WorkSteps {
    func prepare(_ id: SessionID) async throws {
        defer { board[id] = nil }
        let session = try await queries.session(id)
        // The session may have ended since the effect was returned.
        guard session.state.phase == .preparing else { return }
        do {
            try await makeWorkspace(of: session)
        } catch {
            await removeUnclaimedWorkspace(of: session)
            throw error
        }
        await removeUnclaimedWorkspace(of: session)
    }

    private func makeWorkspace(of session: Session) async throws {
        do {
            let workspace = try await host.prepare(
                WorkspaceRequest(
                    session: session.id, project: try await project(of: session), branch: session.branch, start: session.startCommit,
                    earlier: session.continues, limits: try await settings.fetchLimits(project: session.project, user: session.user),
                    disk: try await limits(of: session).disk, report: board.report(for: session.id)))
            // The reducer checks the phase again: for a session that ended meanwhile this changes nothing.
            try await changes.apply(.prepared(workspace), to: session.id)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            let isTooLarge = (error as? WorkspaceError)?.code == .diskLimit
            let code = isTooLarge ? AgentExit.Reason.diskLimit.rawValue : "workspace"
            try await changes.apply(.startFailed(code: code, message: reason(of: error)), to: session.id)
        }
    }

    /// Removes the workspace of a session that has settled. Usually the clean-up that follows does this; nothing else would if the clean-up
    /// came first, for example on another server.
    private func removeUnclaimedWorkspace(of session: Session) async {
        // In a task of its own: the calling task may be cancelled, which would stop these calls at once.
        await Task {
            do {
                guard try await queries.session(session.id).state.isSettled else { return }
            } catch let error as SessionsError where error.code == .notFound {
                // The session was removed.
            } catch {
                return logger.error("\(session.id.rawValue): what was made for it may be left over: \(logWords(of: error))")
            }
            await host.cleanUp(session.id, of: session.project, keepingWorkspace: false, keepingHome: false)
        }.value
    }
}
