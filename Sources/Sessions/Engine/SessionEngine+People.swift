import Accounts
import AgentCatalogue
import AgentProtocol
import Cascade
import Credentials
import Settings
import Store
import Workspaces

extension SessionEngine {
    /// Creates a session. It is recorded, and starts when its turn has come.
    ///
    /// - Parameters:
    ///   - isNew: whether the project is only drafted. It is stored with the session, or not at all when the session is refused.
    ///   - provider: whose credential the agent works with, one of those that it can; `nil` for its usual one.
    ///   - task: the first prompt; `nil` for none yet.
    ///   - images: what goes with it.
    ///   - ending: when the session ends by itself.
    ///   - permissions: what the agent may do without asking; `nil` for what is usual. More than every layer allows is refused, or, for one
    ///     that goes on with another, bounded.
    ///   - model: `fast`, `strong`, or a name that the agent takes; `nil` for what the settings say.
    ///   - changes: what was not committed in its repository on this machine; the workspace starts from it.
    ///   - earlier: the session that it goes on with, from the commit at which that one ended.
    /// - Throws: ``SessionsError`` when the agent is unknown or the task too long; `WorkspaceError` when the
    ///   agent is not installed or this machine can't sandbox it; `StoreError`.
    public func create(
        project: Project, isNew: Bool = false, agent: String, provider: Provider? = nil, task: String?, images: [PromptImage] = [],
        ending: SessionState.Ending,
        permissions: PermissionMode? = nil, model: String? = nil, changes: CarriedChanges? = nil,
        continuing earlier: Session? = nil, by user: UserID
    ) async throws -> Session {
        guard !leavingProjects.contains(project.id) else {
            throw SessionsError(.wrongState, "Project \(project.name) is being removed.")
        }
        let catalogue = await currentCatalogue()
        guard let definition = catalogue.agent(agent) else {
            let known = catalogue.agents.map(\.id).joined(separator: ", ")
            let hint = catalogue.problems.isEmpty ? "" : " The catalogue has mistakes, which `sam agents` tells."
            throw SessionsError(
                .invalid,
                "There is no agent “\(agent.prefix(80))”. \(Nearest.hint(for: agent, among: catalogue.agents.map(\.id))) There are: \(known).\(hint)"
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
        _ = try await installed(agent)
        try await host.check(project)
        if let task { try Self.check(task) }
        guard task != nil || images.isEmpty else { throw SessionsError(.invalid, "Images go with a prompt.") }
        guard let id = SessionID.random(prefix: "s"), let prompt = PromptID.random(prefix: "t") else {
            throw SessionsError(.invalid, "No id could be made.")
        }
        let (mode, lowered) = try await permissionMode(permissions, of: agent, in: project, by: user, goesOn: earlier != nil)
        let model = try await self.model(model, of: definition, provider, project: project.id, user: user)
        let words = task?.split(whereSeparator: \.isWhitespace).joined(separator: " ") ?? definition.name
        let title = String(words.prefix(120))
        let branch = ResultBranch.name(session: id, task: task ?? "", fallback: agent)
        let created = now()
        let insert: @Sendable (any Transaction) throws -> Void = { [accounts] transaction in
            if isNew { try accounts.add(project, by: user, in: transaction) }
            try transaction.execute(
                """
                INSERT INTO sessions (id, project_id, user_id, agent, provider, sign_in_file, title, branch, sandbox, permissions, model, continues,
                    start_commit, phase, settled, state, runner_token_hash, runner_acknowledged, last_seq, created_at, updated_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'queued', 0, $14, NULL, 0, 0, $15, $15)
                """,
                id, project.id, user, agent, provider, signInFile, title, branch, project.sandbox, mode, model,
                earlier?.id, changes?.commit ?? earlier?.endCommit,
                try SessionState(ending: ending).stored(), created)
            var writer = LogWriter(session: id, lastSeq: 0, transaction: transaction)
            try writer.append(.state(StateChange(phase: .queued, attempt: 0)), at: created)
            if project.sandbox == .none {
                try writer.append(
                    .note("This project runs its agents WITHOUT A SANDBOX: the agent can read and change whatever SAM's user can."),
                    at: created)
            }
            if let earlier { try writer.append(.note("Goes on with session \(earlier.id.rawValue), from its branch."), at: created) }
            if let lowered { try writer.append(.note(lowered), at: created) }
            try transaction.execute("UPDATE sessions SET last_seq = $1 WHERE id = $2", writer.lastSeq, id)
            try accounts.record(transaction, user, "session.created", id.rawValue, "\(agent) on \(project.name)")
            if let task { try Self.keep(prompt, task, images, id, created, transaction) }
        }
        let need = try await credentialNeed(
            CredentialUser(
                session: id, project: project.id, user: user, agent: definition, provider: provider, insistsOnFile: signInFile != nil))
        let limit = try await sessionLimit(for: user)
        if let changes { try await host.keep(changes, of: id) }
        do {
            // One transaction: a session that is there has its task.
            try await change(id) { [credentials] transaction in
                // A turned off provider is said at once, not when it is the session's turn.
                let refusal = try need.refusal(credentials, transaction)
                // Nothing is left of a project that was added for what is refused.
                if isNew, let refusal { throw refusal.error }
                let others = try SessionQueries.unsettledCount(transaction)
                try insert(transaction)
                let prompts: [SessionInput] = task == nil ? [] : [.prompt(prompt)]
                if let refusal { return prompts + [.startFailed(code: refusal.code, message: refusal.sentence)] }
                guard let limit, others >= limit else { return prompts }
                return prompts + [.held(back: Self.turn(limit: limit))]
            }
        } catch {
            if changes != nil { await host.forget(id, of: project.id, withWork: false) }
            throw error
        }
        hurry()
        return try await queries.session(id)
    }

    /// Keeps a prompt for a session; it is handed over when the agent is free.
    ///
    /// - Throws: ``SessionsError`` when the session is over or the text too long, or it works with another person's own
    ///   credential: then it does what that person says alone. `StoreError`.
    public func prompt(
        _ text: String, images: [PromptImage] = [], to session: SessionID, by user: UserID
    ) async throws -> Prompt {
        try Self.check(text)
        let target = try await queries.session(session)
        guard let id = PromptID.random(prefix: "t") else { throw SessionsError(.invalid, "No id could be made.") }
        let created = now()
        let change = try await self.change(
            session,
            { [credentials] transaction in
                _ = try SessionStore.row(session, transaction)
                try Self.checkMayWrite(user, to: target, credentials, transaction)
                try Self.keep(id, text, images, session, created, transaction)
                return [.prompt(id)]
            },
            check: { state in
                guard state.current == id || state.pending.contains(id) else {
                    throw SessionsError(
                        .wrongState, "Session \(session.rawValue) is \(state.phase.rawValue). \(state.wayOn(from: session))")
                }
            })
        return Prompt(
            id: id, text: text, state: change.state.current == id ? .delivered : .kept, images: images.isEmpty ? nil : images.count,
            createdAt: created)
    }

    /// Ends a session now. What work there is is kept.
    ///
    /// - Throws: ``SessionsError`` when it is over already; `StoreError`.
    public func cancel(_ session: SessionID, by user: UserID) async throws {
        try await change(session) { [accounts] transaction in
            let state = try SessionStore.state(session, transaction)
            guard !state.phase.isEnd || state.phase == .interrupted && state.salvage == .none else {
                throw SessionsError(.wrongState, "Session \(session.rawValue) is \(state.phase.rawValue) already.")
            }
            try accounts.record(transaction, user, "session.cancelled", session.rawValue, "")
            return [.cancelRequested]
        }
    }

    /// Ends a session as soon as all its prompts are answered, nothing runs any more and no inquiry is open.
    ///
    /// - Throws: ``SessionsError`` when it is over already; `StoreError`.
    public func finish(_ session: SessionID, by user: UserID) async throws {
        try await change(session) { [accounts] transaction in
            let state = try SessionStore.state(session, transaction)
            guard !state.phase.isEnd else {
                throw SessionsError(.wrongState, "Session \(session.rawValue) is \(state.phase.rawValue) already.")
            }
            try accounts.record(transaction, user, "session.finished", session.rawValue, "")
            return [.finishRequested]
        }
    }

    /// Forgets a session that is settled: its log goes; its branch stays in the mirror, unless `evenUnlanded` is true.
    ///
    /// - Throws: ``SessionsError`` when it is not settled, or its work stands only in its workspace and
    ///   `evenUnlanded` is false; `StoreError`.
    public func remove(_ id: SessionID, evenUnlanded: Bool, by user: UserID) async throws {
        // Nothing may begin for it while its files go.
        await enter(id)
        defer { leave(id) }
        let session: Session
        do {
            session = try await queries.session(id)
        } catch let error as SessionsError where error.code == .unreadable && evenUnlanded {
            return try await removeUnreadable(try await queries.unreadable(id), by: user)
        }
        guard session.state.isSettled else {
            throw SessionsError(.wrongState, "Session \(id.rawValue) is \(session.state.phase.rawValue). Cancel it first.")
        }
        if session.state.keepsWorkspace, !evenUnlanded {
            throw SessionsError(
                .wrongState,
                "Some work of session \(id.rawValue) stands only in its workspace, because it could not be taken out. Try again with: sam sessions salvage \(id.rawValue). Remove it all the same with --force."
            )
        }
        await host.cleanUp(id, of: session.project, keepingWorkspace: false, keepingHome: false)
        await host.forget(id, of: session.project, withWork: evenUnlanded)
        try await sessions.store.write { [accounts, credentials] transaction in
            try credentials.forget(SessionReference(id), in: transaction)
            try transaction.execute("DELETE FROM sessions WHERE id = $1", id)
            try accounts.record(transaction, user, "session.removed", id.rawValue, session.title)
        }
    }

    /// A session that works with somebody's own credential does what they say alone.
    static func checkMayWrite(
        _ user: UserID, to session: Session, _ credentials: Credentials, _ transaction: any Transaction
    ) throws {
        if session.user != user, try usesOwnCredential(session, credentials, transaction) {
            throw SessionsError(
                .forbidden, "Session \(session.id.rawValue) works with another member's own credential, so only they can write to it.")
        }
    }

    /// The mode that a session is created with, and what its log says of it when that is less than an earlier one had.
    private func permissionMode(
        _ wish: PermissionMode?, of agent: String, in project: Project, by user: UserID, goesOn: Bool
    ) async throws -> (PermissionMode, lowered: String?) {
        let bound = try await sessions.store.read { [settings] transaction in
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
                "\(agent.name) has no \(choice) model with \(provider?.rawValue ?? "no provider"). Name one, or leave it to the agent.")
        }
        return model
    }

    /// Whether a session works with a credential of its starter's own, or would if it were started now.
    private static func usesOwnCredential(
        _ session: Session, _ credentials: Credentials, _ transaction: any Transaction
    ) throws -> Bool {
        guard let provider = session.provider else { return false }
        if session.signInFile != nil { return true }
        if let pin = try credentials.pins(of: SessionReference(session.id), in: transaction).first { return pin.scope == .user }
        return try credentials.resolve(provider, project: session.project, user: session.user, in: transaction).outcome.layer == .user
    }

    static func check(_ text: String) throws {
        guard !text.isBlank else { throw SessionsError(.invalid, "The prompt is empty.") }
        guard text.utf8.count <= 1 << 20 else { throw SessionsError(.invalid, "The prompt is longer than 1 MiB.") }
        guard !text.contains("\0") else { throw SessionsError(.invalid, "The prompt holds a NUL byte.") }
    }

    private static func keep(
        _ id: PromptID, _ text: String, _ images: [PromptImage], _ session: SessionID, _ now: Int64, _ transaction: any Transaction
    ) throws {
        try transaction.execute(
            "INSERT INTO prompts (id, session_id, text, state, created_at) VALUES ($1, $2, $3, $4, $5)",
            id, session, text, PromptState.kept.rawValue, now)
        try PromptImages.keep(images, of: id, in: session, transaction)
    }
}
