import API
import AgentProtocol
import Foundation
import HTTPTypes
import Hummingbird
import Sessions

/// The runners' API. It is served on the control socket, which agents can't reach, and over TLS for runners on other machines.
struct RunnerRoutes {
    let runners: RunnerIntake

    /// The largest batch: it may have one event of a whole line of agent output.
    static let batchLimit = 160 << 20

    func add(to group: RouterGroup<APIContext>) {
        group.post("events", use: events)
        group.post("heartbeat", use: heartbeat)
        group.get("commands", use: commands)
        group.get("sign-in", use: signIn)
        group.get("configuration", use: configuration)
    }

    private func events(_ request: Request, _ context: APIContext) async throws -> Response {
        let batch: EventBatch = try await request.json(limit: Self.batchLimit)
        return try .json(try await runners.ingest(batch, from: try runner(context)))
    }

    private func heartbeat(_ request: Request, _ context: APIContext) async throws -> Response {
        let body = try await request.body.collect(upTo: 64 << 10)
        let heartbeat = body.readableBytes == 0 ? nil : try? JSONLine.decode(Heartbeat.self, from: Data(body.readableBytesView))
        try await runners.heard(try runner(context), heartbeat)
        return Response(status: .noContent)
    }

    private func commands(_ request: Request, _ context: APIContext) async throws -> Response {
        let runner = try runner(context)
        let runners = runners
        let token = request.bearerToken ?? ""
        return EventStream.response(
            request, after: try EventStream.lastEventID(request), changes: runners.follow(runner.session)
        ) { last in
            let commands = try await runners.commands(runner.session, attempt: runner.attempt, after: last)
            let isOver = try await runners.runner(withToken: token) != runner
            return EventStream.Page(
                events: isOver ? [] : try commands.map { ($0.n, try JSONLine.text($0)) }, isLast: isOver)
        }
    }

    private func signIn(_ request: Request, _ context: APIContext) async throws -> Response {
        try .json(try await runners.signInContent(for: try runner(context)))
    }

    private func configuration(_ request: Request, _ context: APIContext) async throws -> Response {
        try .json(try await runners.configuration(for: try runner(context)))
    }

    private func runner(_ context: APIContext) throws -> RunnerIdentity {
        guard let runner = context.runner else { throw Problem.fenced }
        return runner
    }
}
