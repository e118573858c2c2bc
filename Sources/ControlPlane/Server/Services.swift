import API
import AgentProtocol
import Foundation
import ServiceLifecycle
import Sessions
import Workspaces

/// Sessions as a service. At shutdown, runners and their agents continue.
struct SessionService: Service {
    let sessions: Sessions
    let sockets: SessionSockets

    func run() async throws {
        await cancelWhenGracefulShutdown { await sessions.run() }
        await sockets.closeAll()
    }
}

/// Removes sessions' leftovers and packs mirrors in the background.
struct HousekeepingService: Service {
    let host: any WorkspaceHost
    let queries: SessionQueries

    func run() async throws {
        await cancelWhenGracefulShutdown { await host.keepHouse { try await queries.mirrorNeeds(of: $0) } }
        // Waits, because the service group shuts down when a service returns.
        try? await gracefulShutdown()
    }
}

/// Writes server.json and calls onReady once both listeners are bound.
struct Announcement: Service {
    let home: Home
    let host: String
    let remote: String?
    let idleLimit: Duration?
    let bound: AsyncStream<Int>
    let router: APIRouter
    let onReady: @Sendable (ServerView) -> Void

    func run() async throws {
        var port = 0
        var listeners = 0
        for await number in bound.cancelOnGracefulShutdown() {
            if number > 0 { port = number }
            listeners += 1
            if listeners == 2 { break }
        }
        guard listeners == 2 else { return }
        let view = ServerView(
            version: Server.version, home: home.path, url: "http://\(host.contains(":") ? "[\(host)]" : host):\(port)", remote: remote,
            idleExit: idleLimit.map { Int($0.components.seconds) }, process: getpid())
        try JSONLine.encode(view).write(to: URL(filePath: home.serverFile), options: .atomic)
        router.ready(view)
        onReady(view)
        try? await gracefulShutdown()
    }
}

/// Exits a server that was started for one command, once it is idle.
struct IdleService: Service {
    let activity: Activity
    let sessions: Sessions
    let limit: Duration

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: .seconds(1))
                // Sessions that can't be read don't count: their agents don't need a server.
                if !sessions.isAtRest { activity.note() }
                if activity.idle > limit { return }
            }
        }
    }
}
