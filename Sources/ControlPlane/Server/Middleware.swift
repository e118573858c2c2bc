import Accounts
import AgentProtocol
import Hummingbird
import Limits
import Logging
import Sessions
import Store
import Synchronization
import Wording

/// Converts errors to problem details.
struct ProblemMiddleware: RouterMiddleware {
    let proving: Proving
    private let allowed: AllowedMethods

    /// - Parameter allowed: the methods of the paths that are served here, for answers to unsupported ones.
    init(proving: Proving, allowed: AllowedMethods = .ofAPI) {
        self.proving = proving
        self.allowed = allowed
    }

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError where error.status == .notFound && !allowed.at(request.uri.path).isEmpty {
            // The router answers 404 to unsupported methods.
            let methods = allowed.at(request.uri.path).joined(separator: ", ")
            var response = Problem(.methodNotAllowed, "\(request.uri.path) takes \(methods), not \(request.method).").response
            response.headers[.allow] = methods
            return response
        } catch {
            let problem = Problem(error)
            proving.refused(problem)
            if problem.status >= 500 || (error as? any ExplainedError)?.cause != nil {
                let level: Logger.Level = (error as? any ExplainedError)?.kind == .lacking ? .notice : .error
                context.logger.log(level: level, "\(request.method) \(request.uri.path): \(logWords(of: error))")
            }
            return problem.response
        }
    }
}

/// Authenticates users by API tokens.
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
        let holder = Admission.holder(user: user.id.rawValue)
        let hold = try proving.note(holder, context)
        defer { hold.end() }
        let answer = proving.held.hold(for: holder)
        context.answer = answer
        // A body can take long to arrive, so the user is looked up again afterwards. GET requests have none, and reading theirs would hide
        // the end of a stream's client.
        if request.method != .get {
            try await request.collected(limit: request.uploadLimit(context), hold)
            context.user = try await self.user(token)
        }
        return try await next(request, context).counted(by: answer, on: context.channel, changed: request.method != .get)
    }

    private func user(_ token: String) async throws -> User {
        guard let user = try await accounts.user(withToken: token) else {
            throw try await refusal(token)
        }
        return user
    }

    /// Why a token opens nothing, for the person who has it.
    private func refusal(_ token: String) async throws -> Problem {
        guard let holder = try await accounts.holder(ofToken: token) else {
            return Problem(.unauthorized, "This API token is not one of this server's.")
        }
        guard holder.disabledAt != nil else { return Problem(.unauthorized, "This API token was revoked.") }
        var problem = Problem(
            .unauthorized,
            "\(holder.name), whose API token this is, is disabled. Another administrator can undo that (sam users enable \(holder.name)).")
        problem.code = Problem.userDisabled
        return problem
    }
}

/// Authenticates the runner of a running attempt. Users' tokens are refused here, and runners' tokens everywhere else.
struct RunnerAuthentication: RouterMiddleware {
    let runners: RunnerIntake
    let proving: Proving

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        var request = request
        guard let token = request.bearerToken, RunnerToken.hasForm(token) else {
            throw Problem(.unauthorized, "Send a runner's token as “Authorization: Bearer …”.")
        }
        context.runner = try await runners.runner(withToken: token)
        guard let runner = context.runner else { throw Problem.fenced }
        let hold = try proving.note("runner \(runner.session.rawValue)", context, limit: RunnerRoutes.batchLimit)
        defer { hold.end() }
        if request.method != .get { try await request.collected(limit: RunnerRoutes.batchLimit, hold) }
        return try await next(request, context)
    }
}

/// Records the time of the last request, so that a server that was started for one command can exit.
final class Activity: Sendable {
    private let last = Mutex(ContinuousClock.now)

    /// The time since the last request.
    var idle: Duration { last.withLock { ContinuousClock.now - $0 } }

    func note() { last.withLock { $0 = .now } }
}

/// Updates an ``Activity``.
struct ActivityMiddleware: RouterMiddleware {
    let activity: Activity

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        activity.note()
        return try await next(request, context)
    }
}
