import Accounts
import AgentCatalogue
import AgentProtocol
import Cascade
import Credentials
import Settings
import Store
import Workspaces

extension SessionCommands {
    /// Creates a session. It is recorded, and starts when its turn in the queue comes.
    ///
    /// - Parameters:
    ///   - isNew: whether the project is not stored yet. It is stored with the session, or not at all when the session is refused.
    ///   - provider: the provider whose credential the agent uses, one of those that it supports; `nil` for its default.
    ///   - task: the first prompt; `nil` for none yet.
    ///   - images: the images of the first prompt.
    ///   - ending: when the session ends by itself.
    ///   - permissions: what the agent may do without asking; `nil` for the default. A mode above the ceiling is refused, or lowered for a
    ///     session that continues another.
    ///   - model: `fast`, `strong`, or a name that the agent accepts; `nil` for the setting's value.
    ///   - changes: uncommitted changes of its repository on this machine; the workspace starts from them.
    ///   - worktree: the linked worktree of that repository whose commit it starts from.
    ///   - earlier: the session that this one continues, from the commit at which that one ended.
    /// - Throws: ``SessionsError`` when the agent is unknown or the task too long; `WorkspaceError` when the agent is not installed or this
    ///   machine can't sandbox it; `StoreError`.
    public func create(
        project: Project, isNew: Bool = false, agent: String, provider: Provider? = nil, task: String?, images: [PromptImage] = [],
        ending: SessionState.Ending,
        permissions: PermissionMode? = nil, model: String? = nil, changes: CarriedChanges? = nil,
        worktree: WorktreeHead? = nil,
        continuing earlier: Session? = nil, by user: UserID
    ) async throws -> Session {
        guard !leaving.contains(project.id) else {
            throw SessionsError(.wrongState, "Project \(project.name) is being removed.")
        }
        let catalogue = await agents.catalogue()
        guard let definition = catalogue.agent(agent) else {
            let known = catalogue.agents.map(\.id).joined(separator: ", ")
            let hint = catalogue.problems.isEmpty ? "" : " The catalogue has mistakes, which `sam agents` tells."
            throw SessionsError(
                .invalid,
                "There is no agent “\(agent.prefix(80))”.\(Nearest.hint(for: agent, among: catalogue.agents.map(\.id))) There are: \(known).\(hint)"
            )
        }
        if let provider, !definition.providers.contains(provider) {
            let usable = definition.providers.map(\.rawValue).joined(separator: ", ")
            throw SessionsError(
                .invalid,
                "\(definition.name) does not work with \(provider.rawValue). \(usable.isEmpty ? "It needs no provider." : "It works with: \(usable).")"
            )
        }
        let provider = provider ?? definition.providers.first
        let signInFile = definition.signIn.flatMap { $0.provider == provider ? $0.file : nil }
        _ = try await agents.installed(agent)
        try await host.check(project)
        if let task { try Self.check(task) }
        guard task != nil || images.isEmpty else { throw SessionsError(.invalid, "Images go with a prompt.") }
        guard let id = SessionID.random(prefix: "s"), let prompt = PromptID.random(prefix: "t") else {
            throw SessionsError(.invalid, "No id could be made.")
        }
        let (mode, lowered) = try await permissionMode(permissions, of: agent, in: project, by: user, goesOn: earlier != nil)
        let model = try await self.model(model, of: definition, provider, project: project.id, user: user)
        let words = task?.split(whereSeparator: \.isWhitespace).joined(separator: " ") ?? definition.name
        // Code points: one letter may have any number of accents.
        let title = String(String.UnicodeScalarView(words.unicodeScalars.prefix(120)))
        let branch = ResultBranch.name(session: id, task: task ?? "", fallback: agent)
        let created = self.changes.now()
        let insert: @Sendable (any Transaction) throws -> Void = { [accounts] transaction in
            if isNew { try accounts.add(project, by: user, in: transaction) }
            try transaction.execute(
                """
                INSERT INTO sessions (id, project_id, user_id, agent, provider, sign_in_file, title, branch, sandbox, permissions, model, continues,
                    start_commit, phase, settled, state, runner_token_hash, runner_acknowledged, last_seq, created_at, updated_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'queued', 0, $14, NULL, 0, 0, $15, $15)
                """,
                id, project.id, user, agent, provider, signInFile, title, branch, project.sandbox, mode, model,
                earlier?.id, changes?.commit ?? worktree?.commit ?? earlier?.endCommit,
                try SessionState(ending: ending).stored(), created)
            var writer = LogWriter(session: id, lastSeq: 0, transaction: transaction)
            try writer.append(.state(StateChange(phase: .queued, attempt: 0)), at: created)
            if project.sandbox == .none {
                try writer.append(
                    .note("This project runs its agents WITHOUT A SANDBOX: the agent can read and change whatever SAM's user can."),
                    at: created)
            }
            if let earlier { try writer.append(.note("Continues session \(earlier.id.rawValue), from its branch."), at: created) }
            if let worktree { try writer.append(.note(worktree.note), at: created) }
            if let lowered { try writer.append(.note(lowered), at: created) }
            try transaction.execute("UPDATE sessions SET last_seq = $1 WHERE id = $2", writer.lastSeq, id)
            try accounts.record(transaction, user, "session.created", id.rawValue, "\(agent) on \(project.name)")
            if let task { try Self.keep(prompt, task, images, id, user, created, transaction) }
        }
        let need = try await CredentialNeed(
            of: CredentialContext(
                session: id, project: project.id, user: user, agent: definition, provider: provider, insistsOnFile: signInFile != nil),
            settings)
        let limit = try await slots.limit(for: user)
        if let changes { try await host.keep(changes, of: id) }
        do {
            // One transaction, so that a stored session always has its task.
            try await self.changes.change(id) { [credentials] transaction in
                // A provider that is turned off is reported now, not when the session's turn comes.
                let refusal = try need.refusal(credentials.pins, transaction)
                // A new project is not stored when its session is refused.
                if isNew, let refusal { throw refusal.error }
                try QueueBounds.checkQueue(of: user, transaction)
                let others = try SessionQueries.unsettledCount(transaction)
                try insert(transaction)
                let prompts: [SessionInput] = task == nil ? [] : [.prompt(prompt)]
                if let refusal { return prompts + [.startFailed(code: refusal.code, message: refusal.sentence)] }
                guard let limit, others >= limit else { return prompts }
                // Others read the log, too, so it names no session.
                return prompts + [.held(back: try QueueWait(of: user, limit: limit, transaction).turn)]
            }
        } catch {
            if changes != nil { await host.forget(id, of: project.id, withWork: false) }
            throw error
        }
        signals.wakeQueue()
        return try await queries.session(id)
    }

    /// Checks that a mode is within what the layers allow.
    ///
    /// - Throws: ``SessionsError/Code/forbidden``; `SettingsError`; `StoreError`.
    func check(_ wish: PermissionMode, of agent: String, in project: Project, by user: UserID) async throws {
        _ = try await permissionMode(wish, of: agent, in: project, by: user, goesOn: false)
    }

    /// The mode that a session is created with, and the note for its log when that is stricter than the session it continues.
    private func permissionMode(
        _ wish: PermissionMode?, of agent: String, in project: Project, by user: UserID, goesOn: Bool
    ) async throws -> (PermissionMode, lowered: String?) {
        let bound = try await store.read { [settings] transaction in
            try settings.permissionBound(of: agent, project: project.id, user: user, in: transaction)
        }
        guard let wish else { return (bound.usual, nil) }
        if goesOn { return (bound.bounded(wish), bound.note(on: wish)) }
        if let refusal = bound.refusal(of: wish, project: project.name) { throw SessionsError(.forbidden, refusal) }
        return (wish, nil)
    }

    private func model(
        _ wish: String?, of agent: AgentDefinition, _ provider: Provider?, project: ProjectID, user: UserID
    ) async throws -> String? {
        let setting = Setting.model(of: agent.id)
        let choice: String
        if let wish {
            choice = try setting.parse(wish).text
        } else {
            choice = try await settings.text(setting, project: project, user: user)
        }
        let model = agent.model(choice, with: provider)
        guard model != nil || choice == "default" else {
            throw SessionsError(
                .invalid,
                provider.map { "\(agent.name) has no \(choice) model with \($0.rawValue). Name one, or leave it to the agent." }
                    ?? "\(agent.name) works without a model, so it has no \(choice) one. Leave --model out, or clear the setting \(setting.key)."
            )
        }
        return model
    }
}
