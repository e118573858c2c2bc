import API
import Accounts
import AgentProtocol
import Credentials
import Foundation
import HTTPTypes
import Hummingbird
import Sessions
import Settings
import Store
import Workspaces

/// `/api/v1/sessions`.
struct SessionRoutes {
    private let commands: SessionCommands
    private let queries: SessionQueries
    private let status: SessionStatus
    private let slots: SessionSlots
    private let settings: Settings
    private let follow: @Sendable (SessionID) -> AsyncStream<Void>
    let accounts: Accounts
    let host: any WorkspaceHost
    private let projects: ProjectSource

    init(_ dependencies: Dependencies) {
        projects = ProjectSource(dependencies)
        let sessions = dependencies.sessions
        commands = sessions.commands
        queries = sessions.queries
        status = sessions.status
        slots = sessions.slots
        settings = dependencies.settings
        follow = { sessions.changes.follow($0) }
        accounts = dependencies.accounts
        host = dependencies.host
    }

    func add(to group: RouterGroup<APIContext>) {
        group.get(use: list)
        group.post(use: create)
        group.get(":id", use: show)
        group.delete(":id", use: remove)
        group.get(":id/events", use: events)
        group.get(":id/events/stream", use: stream)
        group.get(":id/events/:seq/payload", use: payload)
        group.get(":id/prompts", use: prompts)
        group.post(":id/prompts", use: prompt)
        group.patch(":id/prompts/:prompt", use: edit)
        group.delete(":id/prompts/:prompt", use: withdraw)
        group.post(":id/questions/:question", use: answer)
        group.post(":id/turn/cancel", use: cancelTurn)
        group.post(":id/resume", use: resume)
        group.post(":id/cancel", use: cancel)
        group.post(":id/finish", use: finish)
        group.post(":id/salvage", use: salvage)
        group.get(":id/diff", use: diff)
        group.get(":id/changes", use: changes)
        group.post(":id/land", use: land)
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let user = try context.requireUser().id
        let sessions = try await queries.list(for: user, try await filter(request, user), try request.page())
        let line = try await QueueLine(for: sessions.sessions, viewer: user, queries, slots)
        let landings = try await queries.landings(of: sessions.sessions.filter { $0.state.result?.branch != nil }.map(\.id))
        var views: [SessionView] = []
        for session in sessions.sessions {
            views.append(
                SessionView(
                    session, places: host.places(of: session.id, in: session.project), queue: line.standing(of: session),
                    activity: status.activity(of: session),
                    step: status.step(of: session.id), landedAt: landings[session.id]))
        }
        return try .json(Listing.Sessions(sessions: views, unreadable: sessions.unreadable, next: sessions.next?.cursor))
    }

    private func filter(_ request: Request, _ user: UserID) async throws -> SessionFilter {
        let query = request.uri.queryParameters
        var filter = SessionFilter(starter: query["mine"] == "true" ? user : nil)
        if let name = query["project"] { filter.project = try await accounts.project(String(name), for: user).id }
        if let word = query["status"].map(String.init) {
            guard let status = SessionFilter.Status(word) else {
                let names = SessionFilter.Status.names
                throw Problem(
                    .badRequest,
                    "Sessions are told by \(names.joined(separator: ", ")), not by “\(word.prefix(40))”.\(Nearest.hint(for: word, among: names))"
                )
            }
            filter.status = status
        }
        return filter
    }

    private func create(_ request: Request, _ context: APIContext) async throws -> Response {
        let body: NewSession = try await request.json(limit: request.uploadLimit(context))
        let user = try context.requireUser().id
        let source = try await project(of: body, context)
        let project = source.project
        let session = try await commands.create(
            project: project, isNew: source.isNew, agent: body.agent ?? "scout",
            provider: try body.provider.map { try Provider(parsing: $0) }, task: body.prompt,
            images: try (body.images ?? []).checked(), ending: body.ending ?? .onRequest, permissions: body.permissions, model: body.model,
            changes: try body.changes?.checked(for: project), worktree: source.worktree, by: user)
        return try .json(try await view(session, context), status: .created)
    }

    /// The project that a session is for, which may have to be added with it.
    private func project(of body: NewSession, _ context: APIContext) async throws -> ProjectSource.Found {
        let user = try context.requireUser()
        switch (body.project, body.repository) {
        case (let name?, nil):
            return ProjectSource.Found(project: try await accounts.project(name, for: user.id, as: .member), isNew: false)
        case (nil, let repository?):
            return try await projects.find(NewProject(repository: repository), for: user)
        default: throw Problem(.badRequest, "A session is for a “project” or for a “repository”: name one of them.")
        }
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        try .json(try await view(try await session(context), context))
    }

    private func remove(_ request: Request, _ context: APIContext) async throws -> Response {
        let force = request.uri.queryParameters["force"] == "true"
        try await commands.remove(try await id(context, as: .member), evenUnlanded: force, by: try context.requireUser().id)
        return Response(status: .noContent)
    }

    private func events(_ request: Request, _ context: APIContext) async throws -> Response {
        let page = try request.page(standard: 500)
        let after = try page.after.map { Int($0.number) } ?? request.number("after", in: 0 ... .max) ?? 0
        let session = try await session(context).id
        try await context.reserve(AnswerMemory.page)
        let log = try await queries.log(of: session, after: after, limit: page.limit)
        let next = log.hasMore ? log.events.last.map { PageKey(number: Int64($0.seq), text: "") } : nil
        return try .json(Listing.Events(events: log.events, next: next?.cursor))
    }

    private func stream(_ request: Request, _ context: APIContext) async throws -> Response {
        let session = try await session(context)
        let id = session.id
        let queries = queries
        let accounts = accounts
        let token = request.bearerToken ?? ""
        let after = try EventStream.lastEventID(request)
        // A number beyond the newest event would cause silence until that many events exist.
        let newest = try await queries.lastEvent(of: id)
        guard after <= newest else {
            throw Problem(.badRequest, "There is no event \(after): the newest of session \(id.rawValue) is \(newest).")
        }
        // A stream can last for hours, in which the right to read can be lost.
        let access = StreamAccess(changes: accounts.accessTicks(), channel: context.channel) {
            try await accounts.mayRead(session.project, withToken: token)
        }
        return EventStream.response(request, after: after, access: access, hold: context.answer, changes: follow(id)) { last in
            let page = try await queries.log(of: id, after: last, upTo: AnswerMemory.streamedText)
            return EventStream.Page(
                events: try page.events.map { ($0.seq, try JSONLine.text($0)) }, hasMore: page.hasMore, isLast: page.isEnd)
        }
    }

    private func payload(_ request: Request, _ context: APIContext) async throws -> Response {
        let seq = try WholeNumber(try context.parameter("seq"), named: "seq", in: 1 ... .max).value
        let payload = try await queries.payload(try await session(context).id, seq: seq)
        return Response(
            status: .ok, headers: [.contentType: "application/json"], body: .init(byteBuffer: ByteBuffer(string: payload)))
    }

    private func prompt(_ request: Request, _ context: APIContext) async throws -> Response {
        let prompt: NewPrompt = try await request.json(limit: request.uploadLimit(context))
        let kept = try await commands.prompt(
            prompt.text, images: try (prompt.images ?? []).checked(), to: try await session(context, as: .member).id,
            by: try context.requireUser().id)
        return try .json(kept, status: .accepted)
    }

    private func prompts(_ request: Request, _ context: APIContext) async throws -> Response {
        let session = try await session(context).id
        try await context.reserve(AnswerMemory.page)
        return try await prompts(of: session, request)
    }

    private func prompts(of session: SessionID, _ request: Request) async throws -> Response {
        let page = try await queries.prompts(session, try request.page())
        return try .json(Listing.Prompts(prompts: page.items, next: page.next?.cursor))
    }

    private func edit(_ request: Request, _ context: APIContext) async throws -> Response {
        let body: NewPrompt = try await request.json(limit: context.maxUploadSize)
        guard body.images == nil else { throw Problem(.badRequest, "A prompt keeps its images; only its text can be changed.") }
        let session = try await session(context, as: .member).id
        // Before the change: one that was made is not refused.
        try await context.reserve(AnswerMemory.page)
        try await commands.edit(try prompt(context), body.text, of: session, by: try context.requireUser().id)
        return try await prompts(of: session, request)
    }

    private func withdraw(_ request: Request, _ context: APIContext) async throws -> Response {
        try await commands.withdraw(try prompt(context), of: try await session(context, as: .member).id, by: try context.requireUser().id)
        return Response(status: .noContent)
    }

    private func answer(_ request: Request, _ context: APIContext) async throws -> Response {
        let body: NewAnswer = try await request.json(limit: context.maxUploadSize)
        let question = try context.parameter("question")
        let session = try await session(context, as: .member).id
        let user = try context.requireUser().id
        switch (body.option, body.text, body.answers) {
        case (let option?, let text, nil): try await commands.answer(question, with: option, saying: text, in: session, by: user)
        case (nil, let text?, nil): try await commands.reply(to: question, text, in: session, by: user)
        case (nil, nil, let answers?): try await commands.reply(to: question, answers, in: session, by: user)
        default: throw Problem(.badRequest, "An answer is an “option”, with a “text” or without, or a “text”, or “answers”.")
        }
        return try .json(try await view(try await queries.session(session), context), status: .accepted)
    }

    private func cancelTurn(_ request: Request, _ context: APIContext) async throws -> Response {
        try await commands.cancelTurn(of: try await session(context, as: .member).id, by: try context.requireUser().id)
        return try .json(try await view(try await session(context, as: .member), context), status: .accepted)
    }

    private func resume(_ request: Request, _ context: APIContext) async throws -> Response {
        let body: Resumption = try await request.json(limit: request.uploadLimit(context))
        let user = try context.requireUser().id
        let earlier = try await session(context, as: .member)
        let session = try await commands.resume(
            earlier, in: try await accounts.project(earlier.project.rawValue, for: user, as: .member), task: body.prompt,
            images: try (body.images ?? []).checked(), ending: body.ending ?? .onRequest,
            permissions: body.permissions, by: user)
        return try .json(try await view(session, context), status: .created)
    }

    private func cancel(_ request: Request, _ context: APIContext) async throws -> Response {
        try await commands.cancel(try await session(context, as: .member).id, by: try context.requireUser().id)
        return try .json(try await view(try await session(context, as: .member), context), status: .accepted)
    }

    private func finish(_ request: Request, _ context: APIContext) async throws -> Response {
        try await commands.finish(try await session(context, as: .member).id, by: try context.requireUser().id)
        return try .json(try await view(try await session(context, as: .member), context), status: .accepted)
    }

    private func salvage(_ request: Request, _ context: APIContext) async throws -> Response {
        try await commands.salvageAgain(try await session(context, as: .member).id, by: try context.requireUser().id)
        return try .json(try await view(try await session(context, as: .member), context), status: .accepted)
    }

    private func diff(_ request: Request, _ context: APIContext) async throws -> Response {
        let result = try await result(context)
        try await context.reserve(AnswerMemory.patch)
        let patch = try await host.patch(of: result)
        // No charset: each file's part has the file's own encoding.
        return Response(status: .ok, headers: [.contentType: "text/x-diff"], body: .init(byteBuffer: ByteBuffer(bytes: patch)))
    }

    private func changes(_ request: Request, _ context: APIContext) async throws -> Response {
        let page = Page(of: try await host.changes(in: try await result(context)), try request.page()) { $0.path }
        return try .json(Listing.Changes(files: page.items, next: page.next?.cursor))
    }

    private func land(_ request: Request, _ context: APIContext) async throws -> Response {
        let session = try await session(context, as: .member)
        let result = try await result(context)
        guard let branch = result.branch else {
            let why = result.isEmpty ? "changed nothing" : "has nothing on its own branch"
            throw Problem(.conflict, "Session \(session.id.rawValue) \(why), so there is nothing to land.")
        }
        let user = try context.requireUser().id
        let project = try await accounts.project(session.project.rawValue)
        let limits = try await settings.fetchLimits(project: session.project, user: user)
        var view = try await view(session, context)
        view.landing = try await commands.land(branch, of: session.id, by: user) { [host] in
            try await host.land(branch, of: project, limits: limits)
        }
        view.landedAt = try await queries.landings(of: [session.id])[session.id]
        return try .json(view)
    }

    // MARK: - Helpers

    private func prompt(_ context: APIContext) throws -> PromptID { PromptID(rawValue: try context.parameter("prompt")) }

    /// The session, if the user has at least this role in its project. For users who do not belong to the project, the session does not
    /// exist.
    private func session(_ context: APIContext, as least: ProjectRole = .viewer) async throws -> Session {
        try await queries.session(try await id(context, as: least))
    }

    /// The session's id, checked in the same way without reading the session.
    private func id(_ context: APIContext, as least: ProjectRole = .viewer) async throws -> SessionID {
        let id = SessionID(rawValue: try context.parameter("id"))
        let user = try context.requireUser().id
        do {
            let project = try await queries.project(of: id)
            _ = try await accounts.project(project.rawValue, for: user, as: least)
            return id
        } catch let error as SessionsError where error.code == .notFound {
            throw SessionsError.unknown(id, try await queries.hint(for: id, of: user))
        } catch let error as AccountsError where error.code == .notFound {
            throw SessionsError.unknown(id, try await queries.hint(for: id, of: user))
        }
    }

    private func result(_ context: APIContext) async throws -> WorkspaceResult {
        let session = try await session(context)
        guard let result = session.state.result else {
            let why = session.state.isSettled ? "left no result" : "has no result yet"
            throw Problem(.conflict, "Session \(session.id.rawValue) \(why): it is \(session.state.phase.rawValue).")
        }
        return result
    }

    private func view(_ session: Session, _ context: APIContext) async throws -> SessionView {
        SessionView(
            session, places: host.places(of: session.id, in: session.project),
            workspace: session.state.keepsWorkspace ? await host.keptWorkspace(session.id) : nil,
            queue: try await QueueLine(for: [session], viewer: try context.requireUser().id, queries, slots).standing(of: session),
            stages: try await queries.progress(of: session), activity: status.activity(of: session),
            step: status.step(of: session.id), landedAt: try await queries.landings(of: [session.id])[session.id])
    }
}
