import AgentProtocol
import Foundation
import ServiceLifecycle
import Sessions
import Workspaces

/// The session engine as a part of the process. When the process ends, agents go on: their runners are not ours to end.
struct EngineService: Service {
    let engine: SessionEngine
    let sockets: SessionSockets

    func run() async throws {
        await cancelWhenGracefulShutdown { await engine.run() }
        await sockets.closeAll()
    }
}

/// Tidies up behind everything else.
struct HousekeepingService: Service {
    let host: LocalHost
    let engine: SessionEngine

    func run() async throws {
        await cancelWhenGracefulShutdown { await host.keepHouse { try await engine.mirrorNeeds(of: $0) } }
        // The group takes a service that ends for the end of all.
        try? await gracefulShutdown()
    }
}

/// Tells once that everything listens, in a file and to whoever started the server.
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

/// Ends a server that was started for one command, once nobody needs it.
struct IdleService: Service {
    let activity: Activity
    let engine: SessionEngine
    let limit: Duration

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: .seconds(1))
                // For those that can't be read nothing is done here; their agents need no server to go on.
                if await !engine.isAtRest { activity.note() }
                if activity.idle > limit { return }
            }
        }
    }
}
