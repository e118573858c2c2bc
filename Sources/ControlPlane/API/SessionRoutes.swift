import Accounts
import AgentProtocol
import Credentials
import Foundation
import HTTPTypes
import Hummingbird
import Sessions
import Store
import Workspaces

/// `/api/v1/sessions`.
struct SessionRoutes {
    let engine: SessionEngine
    let accounts: Accounts
    let host: LocalHost
    private let projects: ProjectSource

    init(_ modules: Modules) {
        projects = ProjectSource(modules)
        engine = modules.engine
        accounts = modules.accounts
        host = modules.host
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
        let sessions = try await engine.queries.list(for: user, try await filter(request, user), try request.page())
        let line = try await QueueLine(for: sessions.sessions, user: user, engine)
        var views: [SessionView] = []
        for session in sessions.sessions {
            views.append(
                SessionView(
                    session, queue: line.standing(of: session), activity: await engine.activity(of: session),
                    step: engine.step(of: session.id)))
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
        let wish: NewSession = try await request.json(limit: request.uploadLimit(context))
        let user = try context.requireUser().id
        let (project, isNew) = try await project(of: wish, context)
        let session = try await engine.create(
            project: project, isNew: isNew, agent: wish.agent ?? "scout",
            provider: try wish.provider.map { try Provider(parsing: $0) }, task: wish.prompt,
            images: try (wish.images ?? []).checked(), ending: wish.ending ?? .onRequest, permissions: wish.permissions, model: wish.model,
            changes: try wish.changes?.checked(for: project), by: user)
        return try .json(try await view(session), status: .created)
    }

    /// The project that a session is for, and whether it is to be added with it.
    private func project(of wish: NewSession, _ context: APIContext) async throws -> (Project, isNew: Bool) {
        let user = try context.requireUser()
        switch (wish.project, wish.repository) {
        case (let name?, nil): return (try await accounts.project(name, for: user.id, as: .member), false)
        case (nil, let repository?):
            let source = try await projects.find(NewProject(repository: repository), for: user)
            return (source.project, source.isNew)
        default: throw Problem(.badRequest, "A session is for a “project” or for a “repository”: name one of them.")
        }
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        try .json(try await view(try await session(context)))
    }

    private func remove(_ request: Request, _ context: APIContext) async throws -> Response {
        let force = request.uri.queryParameters["force"] == "true"
        try await engine.remove(try await id(context, as: .member), evenUnlanded: force, by: try context.requireUser().id)
        return Response(status: .noContent)
    }

    private func events(_ request: Request, _ context: APIContext) async throws -> Response {
        let page = try request.page(standard: 500)
        let after = try page.after.map { Int($0.number) } ?? number(request, "after") ?? 0
        let events = try await engine.queries.events(try await session(context).id, after: after, limit: page.probe)
        let shown = Array(events.prefix(page.limit))
        let next = events.count > shown.count ? shown.last.map { PageKey(number: Int64($0.seq), text: "") } : nil
        return try .json(Listing.Events(events: shown, next: next?.cursor))
    }

    private func stream(_ request: Request, _ context: APIContext) async throws -> Response {
        let session = try await session(context)
        let id = session.id
        let queries = engine.queries
        let accounts = accounts
        let token = request.bearerToken ?? ""
        let after = try EventStream.lastEventID(request)
        // A number past the newest event would mean silence until there are as many events.
        let newest = try await queries.lastEvent(of: id)
        guard after <= newest else {
            throw Problem(.badRequest, "Last-Event-ID is \(after), and the newest event of session \(id.rawValue) is \(newest).")
        }
        return EventStream.response(request, after: after, changes: engine.changes(of: id)) { last in
            // A line can stand for hours: each time it is asked anew whether there is still someone who may listen.
            guard try await accounts.mayRead(session.project, withToken: token) else {
                return EventStream.Page(events: [], isLast: true)
            }
            // Read before the events: what settles a session is stored after its last event.
            let isSettled = try await queries.session(id).state.isSettled
            let events = try await queries.events(id, after: last)
            return EventStream.Page(
                events: try events.map { ($0.seq, try JSONLine.text($0)) }, isLast: isSettled && events.isEmpty)
        }
    }

    private func payload(_ request: Request, _ context: APIContext) async throws -> Response {
        guard let seq = context.parameters.get("seq", as: Int.self) else { throw Problem(.badRequest, "seq is a number.") }
        let payload = try await engine.queries.payload(try await session(context).id, seq: seq)
        return Response(
            status: .ok, headers: [.contentType: "application/json"], body: .init(byteBuffer: ByteBuffer(string: payload)))
    }

    private func prompt(_ request: Request, _ context: APIContext) async throws -> Response {
        let prompt: NewPrompt = try await request.json(limit: request.uploadLimit(context))
        let kept = try await engine.prompt(
            prompt.text, images: try (prompt.images ?? []).checked(), to: try await session(context, as: .member).id,
            by: try context.requireUser().id)
        return try .json(kept, status: .accepted)
    }

    private func prompts(_ request: Request, _ context: APIContext) async throws -> Response {
        let page = try await engine.queries.prompts(try await session(context).id, try request.page())
        return try .json(Listing.Prompts(prompts: page.items, next: page.next?.cursor))
    }

    private func edit(_ request: Request, _ context: APIContext) async throws -> Response {
        let wish: NewPrompt = try await request.json(limit: context.maxUploadSize)
        guard wish.images == nil else { throw Problem(.badRequest, "A prompt keeps its images; only its text can be changed.") }
        try await engine.edit(
            try prompt(context), wish.text, of: try await session(context, as: .member).id, by: try context.requireUser().id)
        return try await prompts(request, context)
    }

    private func withdraw(_ request: Request, _ context: APIContext) async throws -> Response {
        try await engine.withdraw(try prompt(context), of: try await session(context, as: .member).id, by: try context.requireUser().id)
        return Response(status: .noContent)
    }

    private func answer(_ request: Request, _ context: APIContext) async throws -> Response {
        let wish: NewAnswer = try await request.json(limit: context.maxUploadSize)
        let question = try context.parameter("question")
        let session = try await session(context, as: .member).id
        let user = try context.requireUser().id
        switch (wish.option, wish.text, wish.answers) {
        case (let option?, let text, nil): try await engine.answer(question, with: option, saying: text, in: session, by: user)
        case (nil, let text?, nil): try await engine.reply(to: question, text, in: session, by: user)
        case (nil, nil, let answers?): try await engine.reply(to: question, answers, in: session, by: user)
        default: throw Problem(.badRequest, "An answer is an “option”, with a “text” or without, or a “text”, or “answers”.")
        }
        return try .json(try await view(try await engine.queries.session(session)), status: .accepted)
    }

    private func cancelTurn(_ request: Request, _ context: APIContext) async throws -> Response {
        try await engine.cancelTurn(of: try await session(context, as: .member).id, by: try context.requireUser().id)
        return try .json(try await view(try await session(context, as: .member)), status: .accepted)
    }

    private func resume(_ request: Request, _ context: APIContext) async throws -> Response {
        let wish: Resumption = try await request.json(limit: request.uploadLimit(context))
        let user = try context.requireUser().id
        let earlier = try await session(context, as: .member)
        let session = try await engine.resume(
            earlier, in: try await accounts.project(earlier.project.rawValue, for: user, as: .member), task: wish.prompt,
            images: try (wish.images ?? []).checked(), ending: wish.ending ?? .onRequest, by: user)
        return try .json(try await view(session), status: .created)
    }

    private func cancel(_ request: Request, _ context: APIContext) async throws -> Response {
        try await engine.cancel(try await session(context, as: .member).id, by: try context.requireUser().id)
        return try .json(try await view(try await session(context, as: .member)), status: .accepted)
    }

    private func finish(_ request: Request, _ context: APIContext) async throws -> Response {
        try await engine.finish(try await session(context, as: .member).id, by: try context.requireUser().id)
        return try .json(try await view(try await session(context, as: .member)), status: .accepted)
    }

    private func salvage(_ request: Request, _ context: APIContext) async throws -> Response {
        try await engine.salvageAgain(try await session(context, as: .member).id, by: try context.requireUser().id)
        return try .json(try await view(try await session(context, as: .member)), status: .accepted)
    }

    private func diff(_ request: Request, _ context: APIContext) async throws -> Response {
        let patch = try await host.patch(of: try await result(context))
        // No charset: each file's part is in the file's own.
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
            let why = result.isEmpty ? "changed nothing" : "has nothing on a branch of its own"
            throw Problem(.conflict, "Session \(session.id.rawValue) \(why), so there is nothing to land.")
        }
        let user = try context.requireUser().id
        let project = try await accounts.project(session.project.rawValue)
        let limits = try await engine.fetchLimits(project: session.project, user: user)
        try await engine.land(branch, of: session.id, by: user) { [host] in try await host.land(branch, of: project, limits: limits) }
        return try .json(try await view(session))
    }

    // MARK: - Parts

    private func prompt(_ context: APIContext) throws -> PromptID { PromptID(rawValue: try context.parameter("prompt")) }

    /// The session, if the one who asks has such a role in its project. To who does not belong to it there is no such session.
    private func session(_ context: APIContext, as least: ProjectRole = .viewer) async throws -> Session {
        try await engine.queries.session(try await id(context, as: least))
    }

    /// The same without reading it.
    private func id(_ context: APIContext, as least: ProjectRole = .viewer) async throws -> SessionID {
        let id = SessionID(rawValue: try context.parameter("id"))
        let user = try context.requireUser().id
        do {
            let project = try await engine.queries.project(of: id)
            _ = try await accounts.project(project.rawValue, for: user, as: least)
            return id
        } catch let error as SessionsError where error.code == .notFound {
            throw SessionsError.unknown(id, try await engine.queries.hint(for: id, of: user))
        } catch let error as AccountsError where error.code == .notFound {
            throw SessionsError.unknown(id, try await engine.queries.hint(for: id, of: user))
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

    private func view(_ session: Session) async throws -> SessionView {
        SessionView(
            session, workspace: session.state.keepsWorkspace ? host.keptWorkspace(session.id) : nil,
            queue: try await QueueLine(for: [session], user: session.user, engine).standing(of: session),
            stages: try await engine.queries.progress(of: session), activity: await engine.activity(of: session),
            step: engine.step(of: session.id))
    }

    private func number(_ request: Request, _ name: String) throws -> Int? {
        guard let text = request.uri.queryParameters[name[...]] else { return nil }
        guard let number = Int(text) else { throw Problem(.badRequest, "\(name) is a number.") }
        return number
    }
}
