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
            var project = try await project(of: session)
            guard let claim = try await claim(session, attempt) else { return try await giveUpLaunch(id, attempt) }
            project.sandbox = claim.bounds.sandbox
            for note in claim.bounds.notes { try await changes.apply(.noted(note), to: id) }
            // A slow runner of an earlier attempt must not work in the same folder.
            try await killRunners(id, before: attempt)
            try await endpoints.open(id, of: session.user)
            let launch =
                RunnerLaunch(
                    session: id, attempt: attempt, project: project,
                    agent: try await program(
                        of: session, access: GatewayAccess(address: AgentProgram.gatewayAddress, lease: claim.lease.text)),
                    token: claim.token,
                    limits: try await limits(of: session),
                    handshakeTimeout: try await settings.integer(.handshakeTimeout, project: project.id, user: session.user),
                    outputLimit: try await settings.integer(.outputLimit, project: project.id, user: session.user) << 20,
                    permissions: claim.bounds.permissions, earlier: try await earlier(of: session),
                    answerTimeout: try await settings.integer(.answerTimeout, project: project.id, user: session.user),
                    signIn: try await signIn(of: session))
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
        var lease: LeaseToken
        var bounds: SessionBounds
    }

    /// Gives an attempt its token for SAM and its lease for the gateway, and judges its sandbox and permissions. Holders of the earlier
    /// token and lease are fenced off.
    ///
    /// - Returns: `nil` when the attempt is out of date: cancelled meanwhile, or followed by another.
    private func claim(_ session: Session, _ attempt: Int) async throws -> Claim? {
        let token = RunnerToken.random()
        let hash = TokenHash(of: token)
        return try await store.write { [leases, accounts, settings] transaction in
            let state = try SessionStore.state(session.id, transaction)
            guard state.attempt == attempt, state.phase == .booting, !state.runnerIsGone else { return nil }
            let bounds = try SessionBounds.judge(session.id, accounts, settings, transaction)
            try transaction.execute(
                """
                UPDATE sessions SET runner_token_hash = $1, sync_token_hash = $1, sync_token_until = NULL, runner_attempt = $2,
                    runner_acknowledged = 0
                WHERE id = $3
                """, hash, attempt, session.id)
            let caller = SessionIdentity(
                session: SessionReference(session.id), agent: session.agent, project: session.project, user: session.user)
            return Claim(token: token, lease: try leases.make(for: caller, in: transaction), bounds: bounds)
        }
    }

    private func program(of session: Session, access: GatewayAccess) async throws -> AgentProgram {
        let (definition, executable) = try await agents.installed(session.agent)
        let more = try await settings.words(.arguments(of: session.agent), project: session.project, user: session.user)
        return AgentProgram(
            executable: executable,
            arguments: definition.arguments(for: session.provider, model: session.model, access: access) + more,
            wireProtocol: definition.wireProtocol, folders: definition.needs,
            environment: definition.environment(for: session.provider, model: session.model, access: access),
            files: definition.files(for: session.provider, model: session.model, access: access))
    }

    /// What a session's agent is told of the session that it continues; `nil` when it continues none, or that one can't be read.
    private func earlier(of session: Session) async throws -> Conversation.Earlier? {
        guard let id = session.continues, let earlier = try? await queries.session(id) else { return nil }
        let events = try await queries.talk(of: id, limit: 2_000)
        return Conversation.Earlier(
            conversation: earlier.signInFile == nil ? earlier.state.conversation : nil,
            recap: Recap.text(of: events, task: earlier.title))
    }
}
