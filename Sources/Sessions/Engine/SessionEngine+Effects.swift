import Accounts
import AgentCatalogue
import AgentProtocol
import Crypto
import Foundation
import Logging
import Settings
import Store
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
            _ = inBackground(session) { try await self.launch(session, attempt) }
        case .send(let command):
            _ = inBackground(session) { try await self.send(command, to: session) }
        case .deliver(let prompt):
            _ = inBackground(session) { try await self.deliver(prompt, to: session) }
        case .killRunner(let attempt):
            _ = inBackground(session) { await self.host.killRunner(session, attempt: attempt) }
        case .salvage:
            _ = inBackground(session) { try await self.salvage(session) }
        case .cleanUp(let keepingWorkspace):
            _ = inBackground(session) { try await self.cleanUp(session, keepingWorkspace: keepingWorkspace) }
        }
    }

    private func prepare(_ id: SessionID) async throws {
        let session = try await queries.session(id)
        defer { preparations[id] = nil }
        do {
            let project = try await accounts.project(session.project.rawValue)
            let workspace = try await host.prepare(
                WorkspaceRequest(session: id, project: project, branch: session.branch))
            try await apply(.prepared(workspace), to: id)
        } catch let error as WorkspaceError {
            try await apply(.startFailed(code: "workspace", message: error.message), to: id)
        }
    }

    private func launch(_ id: SessionID, _ attempt: Int) async throws {
        let session = try await queries.session(id)
        do {
            let project = try await accounts.project(session.project.rawValue)
            let token = try await claim(id, attempt)
            func setting(_ setting: Setting) async throws -> Int {
                try await settings.integer(setting, project: project.id, user: session.user)
            }
            try await endpoints.open(id)
            try await host.launch(
                RunnerLaunch(
                    session: id, attempt: attempt, project: project, agent: try program(of: session.agent), token: token,
                    limits: SandboxLimits(
                        memory: try await setting(.sandboxMemory) << 20, processes: try await setting(.sandboxProcesses),
                        cpuPercent: try await setting(.sandboxCPUs)),
                    handshakeTimeout: try await setting(.handshakeTimeout),
                    outputLimit: try await setting(.outputLimit) << 20))
        } catch let error as WorkspaceError {
            try await apply(.startFailed(code: "sandbox", message: error.message), to: id)
        } catch let error as SettingsError {
            try await apply(.startFailed(code: "settings", message: error.message), to: id)
        }
    }

    /// Gives an attempt its token. Whoever held the one before is fenced off by it.
    private func claim(_ session: SessionID, _ attempt: Int) async throws -> String {
        let token = SymmetricKey(size: .bits256).withUnsafeBytes { Data($0).base64EncodedString() }
        let hash = TokenHash(of: token)
        _ = try await sessions.store.write { transaction in
            try transaction.execute(
                "UPDATE sessions SET runner_token_hash = $1, runner_acknowledged = 0 WHERE id = $2", hash, session)
        }
        return token
    }

    /// The agent's program on this machine.
    ///
    /// - Throws: `WorkspaceError` that says how to get it when it is missing.
    func program(of agent: String) throws -> AgentProgram {
        guard let definition = catalogue.agent(agent) else {
            throw WorkspaceError(.agent, "There is no agent “\(agent)” in the catalogue. `sam agents` shows those there are.")
        }
        guard let executable = definition.program(programFolder: programs) else {
            let hint = definition.install.map { " \($0)" } ?? ""
            throw WorkspaceError(.agent, "\(definition.name) is not installed: no program \(definition.command[0]).\(hint)")
        }
        return AgentProgram(
            executable: executable, arguments: Array(definition.command.dropFirst()), folders: definition.needs,
            environment: definition.environment)
    }

    private func send(_ command: AgentCommand, to session: SessionID) async throws {
        let text = try JSONLine.text(command)
        try await sessions.store.write { transaction in
            let state: SessionState = try JSONLine.decode(from: try SessionStore.row(session, transaction).text("state"))
            try transaction.execute(
                """
                INSERT INTO runner_commands (session_id, attempt, n, command)
                SELECT $1, $2, COALESCE(MAX(n), 0) + 1, $3 FROM runner_commands WHERE session_id = $1 AND attempt = $2
                """, session, state.attempt, text)
        }
        ticker.tick(session)
    }

    private func deliver(_ prompt: PromptID, to session: SessionID) async throws {
        let text = try await sessions.store.read { transaction in
            try transaction.first("SELECT text FROM prompts WHERE id = $1", prompt)?.text("text")
        }
        try await send(.prompt(AgentCommand.Prompt(id: prompt, text: text ?? "")), to: session)
    }

    private func salvage(_ id: SessionID) async throws {
        let session = try await queries.session(id)
        await host.killRunner(id, attempt: session.state.attempt)
        // What the runner kept and could not deliver belongs to the log.
        try await takeInSpool(id, session.state.attempt)
        do {
            let project = try await accounts.project(session.project.rawValue)
            let result = try await host.salvage(
                SalvageRequest(
                    session: id, project: project, branch: session.branch, base: session.state.workspace?.base ?? ""))
            try await apply(.salvaged(result), to: id)
        } catch let error as WorkspaceError {
            try await apply(.salvageFailed(error.message), to: id)
        }
    }

    /// Stores what a dead runner had spooled. Events that were delivered are passed over by their numbers.
    func takeInSpool(_ session: SessionID, _ attempt: Int) async throws {
        let events = host.spooledEvents(session, attempt: attempt)
        guard !events.isEmpty else { return }
        do {
            let (_, change) = try await sessions.ingest(events, for: session, attempt: attempt)
            carryOut(change, session)
        } catch let error as SessionsError where error.code == .fenced {
            logger.warning("\(session.rawValue): the spool is of an older attempt and was left alone.")
        }
    }

    private func cleanUp(_ id: SessionID, keepingWorkspace: Bool) async throws {
        // A preparation that was abandoned may still be writing.
        await preparations[id]?.value
        let session = try await queries.session(id)
        await host.killRunner(id, attempt: session.state.attempt)
        await endpoints.close(id)
        await host.cleanUp(id, of: session.project, keepingWorkspace: keepingWorkspace)
        lastHeard[id] = nil
        try await apply(.cleanedUp, to: id)
        hurry()
    }
}
