import Accounts
import AgentCatalogue
import AgentProtocol
import Credentials
import Crypto
import Foundation
import Gateway
import Logging
import Processes
import Settings
import Store
import Wording
import Workspaces

extension SessionEngine {
    /// Begins to do what the reducer asked for. Everything here may be done twice: after a crash it is.
    func begin(_ effect: SessionEffect, _ session: SessionID) {
        switch effect {
        case .prepare:
            preparations[session] = inBackground(session) { try await self.prepare(session) }
        case .abandonPreparation:
            preparations[session]?.cancel()
        case .launch(let attempt):
            lastHeard[session] = now()
            inBackground(session) { try await self.launch(session, attempt) }
        case .salvage:
            inBackground(session) { try await self.salvage(session) }
        case .cleanUp(let keepingWorkspace):
            inBackground(session) { try await self.cleanUp(session, keepingWorkspace: keepingWorkspace) }
        case .send, .deliver:
            // Recorded for the runner with the state; the tick has woken the line that carries it.
            break
        }
    }

    private func prepare(_ id: SessionID) async throws {
        defer {
            preparations[id] = nil
            steps[id] = nil
        }
        let session = try await queries.session(id)
        // It may have ended since this was asked for.
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
                    earlier: session.continues, limits: try await fetchLimits(project: session.project, user: session.user),
                    report: steps.report(for: session.id)))
            // The reducer looks at the phase again: for a session that ended meanwhile this changes nothing.
            try await apply(.prepared(workspace), to: session.id)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            try await apply(.startFailed(code: "workspace", message: reason(of: error)), to: session.id)
        }
    }

    /// Removes what was made for a session that is over. Usually its clean-up follows; where it came before, as after another server's
    /// doing, nothing else would.
    private func removeUnclaimedWorkspace(of session: Session) async {
        // The task that made it may be cancelled, and what is called here would end at once.
        await Task {
            do {
                guard try await queries.session(session.id).state.isSettled else { return }
            } catch let error as SessionsError where error.code == .notFound {
                // It was removed.
            } catch {
                return logger.error("\(session.id.rawValue): what was made for it may be left over: \(error)")
            }
            await host.cleanUp(session.id, of: session.project, keepingWorkspace: false, keepingHome: false)
        }.value
    }

    private func launch(_ id: SessionID, _ attempt: Int) async throws {
        let session = try await queries.session(id)
        do {
            var project = try await project(of: session)
            guard let claim = try await claim(session, attempt) else { return try await giveUpLaunch(id, attempt) }
            project.sandbox = claim.bounds.sandbox
            for note in claim.bounds.notes { try await apply(.noted(note), to: id) }
            // One that was slow to start must not work in the same folder.
            await killRunners(id, before: attempt)
            try await endpoints.open(id)
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
            try await host.launch(launch)
            // Its time to take its lock begins now.
            lastHeard[id] = now()
        } catch is CancellationError {
            throw CancellationError()
        } catch let error as CredentialsError {
            try await apply(.startFailed(code: "credentialFailed", message: error.message), to: id, ofAttempt: attempt)
            try await giveUpLaunch(id, attempt)
        } catch {
            try await apply(.startFailed(code: "sandbox", message: reason(of: error)), to: id, ofAttempt: attempt)
            try await giveUpLaunch(id, attempt)
        }
    }

    /// A session that was cancelled before its runner was started waits for none.
    private func giveUpLaunch(_ id: SessionID, _ attempt: Int) async throws {
        guard try await queries.session(id).state.awaitsRunner else { return }
        try await apply(.runnerDied, to: id, ofAttempt: attempt)
    }

    /// Ends the runners of attempts that others followed.
    private func killRunners(_ id: SessionID, before attempt: Int) async {
        for earlier in 1..<max(1, attempt) { await host.killRunner(id, attempt: earlier) }
    }

    /// What an attempt begins with.
    private struct Claim: Sendable {
        var token: String
        var lease: LeaseToken
        var bounds: SessionBounds
    }

    /// Gives an attempt its token for SAM and its lease for the gateway, and judges what stands around its agent. Whoever held the ones
    /// before is fenced off by it.
    ///
    /// - Returns: `nil` when the attempt was overtaken: cancelled meanwhile, or followed by another.
    private func claim(_ session: Session, _ attempt: Int) async throws -> Claim? {
        let token = SymmetricKey(size: .bits256).withUnsafeBytes { Data($0).base64EncodedString() }
        let hash = TokenHash(of: token)
        return try await sessions.store.write { [gateway, accounts, settings] transaction in
            let state = try SessionStore.state(session.id, transaction)
            guard state.attempt == attempt, state.phase == .booting, !state.runnerIsGone else { return nil }
            let bounds = try SessionBounds.judge(session.id, accounts, settings, transaction)
            try transaction.execute(
                """
                UPDATE sessions SET runner_token_hash = $1, sync_token_hash = $1, sync_token_until = NULL, runner_attempt = $2,
                    runner_acknowledged = 0
                WHERE id = $3
                """, hash, attempt, session.id)
            let caller = SyncCaller(
                session: SessionReference(session.id), agent: session.agent, project: session.project, user: session.user)
            return Claim(token: token, lease: try gateway.leases.make(for: caller, in: transaction), bounds: bounds)
        }
    }

    /// The session's project, with the sandbox that the session was created with.
    private func project(of session: Session) async throws -> Project {
        var project = try await accounts.project(session.project.rawValue)
        project.sandbox = session.sandbox
        return project
    }

    private func limits(of session: Session) async throws -> SandboxLimits {
        func setting(_ setting: Setting) async throws -> Int {
            try await settings.integer(setting, project: session.project, user: session.user)
        }
        return SandboxLimits(
            memory: try await setting(.sandboxMemory) << 20, processes: try await setting(.sandboxProcesses),
            cpuPercent: try await setting(.sandboxCPUs), disk: try await setting(.sandboxDisk) << 20)
    }

    /// The agent's definition, and its program on this machine.
    ///
    /// - Throws: `WorkspaceError` that says how to get it when it is missing.
    func installed(_ agent: String) async throws -> (definition: AgentDefinition, executable: String) {
        guard let definition = await self.agent(agent) else {
            throw WorkspaceError(.agent, "There is no agent “\(agent)” in the catalogue. `sam agents` shows those there are.")
        }
        guard let executable = await Blocking.run({ [programs] in definition.program(programFolder: programs) }) else {
            let hint = definition.install.map { " \($0)" } ?? ""
            throw WorkspaceError(.agent, "\(definition.name) is not installed: no program \(definition.command[0]).\(hint)")
        }
        return (definition, executable)
    }

    /// The agents that there are now. The catalogue's file is read for it.
    func currentCatalogue() async -> Catalogue {
        await Blocking.run { [catalogue] in catalogue.current }
    }

    func agent(_ id: String) async -> AgentDefinition? {
        await currentCatalogue().agent(id)
    }

    private func program(of session: Session, access: GatewayAccess) async throws -> AgentProgram {
        let (definition, executable) = try await installed(session.agent)
        let more = try await settings.words(.arguments(of: session.agent), project: session.project, user: session.user)
        return AgentProgram(
            executable: executable,
            arguments: definition.arguments(for: session.provider, model: session.model, access: access) + more,
            wireProtocol: definition.wireProtocol, folders: definition.needs,
            environment: definition.environment(for: session.provider, model: session.model, access: access),
            files: definition.files(for: session.provider, model: session.model, access: access))
    }

    private func salvage(_ id: SessionID) async throws {
        let session = try await queries.session(id)
        guard session.state.salvage == .running else { return }
        defer { steps[id] = nil }
        await killRunners(id, before: session.state.attempt + 1)
        try await giveBackSignIn(session)
        do {
            // What the runner kept and could not deliver belongs to the log.
            try await takeInSpool(session)
            let result = try await host.salvage(
                SalvageRequest(
                    session: id, project: try await project(of: session), branch: session.branch,
                    base: session.state.workspace?.base ?? "", limits: try await limits(of: session),
                    leavesBehind: await agent(session.agent)?.leavesBehind ?? [], report: steps.report(for: id)))
            try await apply(.salvaged(result), to: id)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            try await apply(.salvageFailed(reason(of: error)), to: id)
        }
    }

    /// Stores what a dead runner had spooled and not delivered.
    func takeInSpool(_ session: Session) async throws {
        guard !session.state.hasWholeLog else { return }
        var last = try await sessions.store.read { transaction in
            try SessionStore.row(session.id, transaction).integer("runner_acknowledged")
        }
        var events = await host.spooledEvents(session.id, attempt: session.state.attempt, after: last)[...]
        while !events.isEmpty {
            let acknowledged = try await ingest(Array(events.prefix(500)), for: session.id, attempt: session.state.attempt)
            guard acknowledged > last else { break }
            last = acknowledged
            events = events.drop { $0.n <= acknowledged }
        }
    }

    private func cleanUp(_ id: SessionID, keepingWorkspace: Bool) async throws {
        let session = try await queries.session(id)
        guard session.state.phase.isEnd, !session.state.isCleanedUp, session.state.salvage != .running else { return }
        await killRunners(id, before: session.state.attempt + 1)
        try await giveBackSignIn(session)
        await endpoints.close(id)
        // What an agent remembers is kept where it said that it can load it, its home while its workspace is kept, and never with a sign-in beside it.
        let keepsWorkspace = keepingWorkspace || session.state.keepsWorkspace
        let keepsHome =
            (keepsWorkspace || session.state.conversation != nil) && session.signInFile == nil
            && session.state.failure?.code != AgentExit.Reason.diskLimit.rawValue
        await host.cleanUp(
            id, of: session.project, keepingWorkspace: keepsWorkspace, keepingHome: keepsHome)
        // Where the engine stopped in between, it is done again.
        try Task.checkCancellation()
        try await apply(.cleanedUp, to: id)
    }
}
