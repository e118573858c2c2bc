import Accounts
import AgentProtocol
import Hummingbird
import Limits
import Logging
import Sessions
import Synchronization

/// Turns errors into problem details. Nothing that a client did not send and may not know stands in them.
struct ProblemMiddleware: RouterMiddleware {
    let proving: Proving
    private let allowed = AllowedMethods.ofAPI

    init(proving: Proving) { self.proving = proving }

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError where error.status == .notFound && !allowed.at(request.uri.path).isEmpty {
            // The router knows no other answer than 404.
            let methods = allowed.at(request.uri.path).joined(separator: ", ")
            var response = Problem(.methodNotAllowed, "\(request.uri.path) takes \(methods), not \(request.method).").response
            response.headers[.allow] = methods
            return response
        } catch {
            let problem = Problem(error)
            proving.refused(problem, context)
            if problem.status >= 500 { context.logger.error("\(request.method) \(request.uri.path): \(error)") }
            return problem.response
        }
    }
}

/// Lets in who has an API token.
struct Authentication: RouterMiddleware {
    let accounts: Accounts
    let proving: Proving

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        guard let token = request.bearerToken else {
            throw Problem(.unauthorized, "Send an API token as “Authorization: Bearer …”. The owner's is in SAM's home, in the file token.")
        }
        var context = context
        var request = request
        let user = try await user(token)
        context.user = user
        let hold = try proving.note(Admission.holder(user: user.id.rawValue), context)
        defer { hold.end() }
        // A body can be long in coming. Who may do what is decided when it is there. What is only read has none, and those
        // who follow a stream are heard leaving by it.
        if request.method != .get {
            try await request.collected(limit: request.uploadLimit(context), hold)
            context.user = try await self.user(token)
        }
        return try await next(request, context)
    }

    private func user(_ token: String) async throws -> User {
        guard let user = try await accounts.user(withToken: token) else {
            throw Problem(.unauthorized, "This API token is nobody's.")
        }
        return user
    }
}

/// Lets in the runner of a living attempt. A user's token opens nothing here, nor a runner's anything else.
struct RunnerAuthentication: RouterMiddleware {
    let engine: SessionEngine
    let proving: Proving

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        var request = request
        if let token = request.bearerToken { context.runner = try await engine.runner(withToken: token) }
        guard let runner = context.runner else { throw Problem(.unauthorized, "This runner's attempt is over.") }
        let hold = try proving.note("runner \(runner.session.rawValue)", context, limit: RunnerRoutes.batchLimit)
        defer { hold.end() }
        if request.method != .get { try await request.collected(limit: RunnerRoutes.batchLimit, hold) }
        return try await next(request, context)
    }
}

/// Remembers when someone last asked for something, so that a server that was started for one command can end.
final class Activity: Sendable {
    private let last = Mutex(ContinuousClock.now)

    /// How long nobody has asked for anything.
    var idle: Duration { last.withLock { ContinuousClock.now - $0 } }

    func note() { last.withLock { $0 = .now } }
}

/// Feeds an ``Activity``.
struct ActivityMiddleware: RouterMiddleware {
    let activity: Activity

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        activity.note()
        return try await next(request, context)
    }
}
