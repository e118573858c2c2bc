import Accounts
import AgentCatalogue
import AgentProtocol
import Credentials
import Foundation
import Gateway
import Logging
import Settings
import Store
import Wording
import Workspaces

// The runner of an attempt.
extension WorkSteps {
    func launch(_ id: SessionID, _ attempt: Int) async throws {
        let session = try await queries.session(id)
        do {
            guard let claim = try await claim(session, attempt) else { return try await giveUpLaunch(id, attempt) }
            for note in claim.grant.bounds.notes { try await changes.apply(.noted(note), to: id) }
            // A slow runner of an earlier attempt must not work in the same folder.
            try await killRunners(id, before: attempt)
            try await endpoints.open(id, of: session.user)
            let launch = try await launches.launch(of: session, attempt: attempt, token: claim.token, by: claim.grant)
            let state = try await queries.session(id).state
            guard state.attempt == attempt, state.phase == .booting else { return try await giveUpLaunch(id, attempt) }
            let handle = try await host.launch(launch)
            await record(handle, of: id, attempt)
            // The runner's time to take its lock starts now.
            signals.heard(id)
        } catch is CancellationError {
            throw CancellationError()
        } catch let error as CredentialsError {
            try await changes.apply(.startFailed(code: "credentialFailed", message: error.message), to: id, ofAttempt: attempt)
            try await giveUpLaunch(id, attempt)
        } catch {
            let code = (error as? WorkspaceError)?.code == .runner ? "runnerFailed" : "sandbox"
            try await changes.apply(.startFailed(code: code, message: reason(of: error)), to: id, ofAttempt: attempt)
            try await giveUpLaunch(id, attempt)
        }
    }

    /// Stores the handle of a runner. Without it the host finds the runner by the session and the attempt.
    private func record(_ handle: RunnerHandle, of id: SessionID, _ attempt: Int) async {
        do {
            try await changes.sessions.record(handle, of: id, attempt: attempt)
        } catch {
            logger.warning(
                "\(id.rawValue): the handle of its runner, \(handle.value), could not be stored: \(logWords(of: error))")
        }
    }

    /// Ends the wait for the runner of a session that was cancelled before the runner was started.
    private func giveUpLaunch(_ id: SessionID, _ attempt: Int) async throws {
        guard try await queries.session(id).state.awaitsRunner else { return }
        try await changes.apply(.runnerDied, to: id, ofAttempt: attempt)
    }

    /// What an attempt starts with.
    private struct Claim: Sendable {
        var token: String
        var grant: RunnerLaunches.Grant
    }

    /// Gives an attempt its token for SAM and its lease for the gateway, and judges its sandbox and permissions. Holders of the earlier
    /// token and lease are fenced off.
    ///
    /// - Returns: `nil` when the attempt is out of date: cancelled meanwhile, or followed by another.
    private func claim(_ session: Session, _ attempt: Int) async throws -> Claim? {
        let token = RunnerToken.random()
        let hash = TokenHash(of: token)
        return try await store.write { [launches] transaction in
            guard let grant = try launches.grant(session, attempt, in: transaction) else { return nil }
            try transaction.execute(
                """
                UPDATE sessions SET runner_token_hash = $1, sync_token_hash = $1, sync_token_until = NULL, runner_attempt = $2,
                    runner_acknowledged = 0
                WHERE id = $3
                """, hash, attempt, session.id)
            return Claim(token: token, grant: grant)
        }
    }
}
