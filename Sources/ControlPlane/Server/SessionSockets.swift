import AgentProtocol
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Sessions
import Workspaces

/// One Unix socket a session: what its sandbox reaches on loopback. The socket itself says who is calling.
actor SessionSockets: SessionEndpoints {
    private let home: Home
    private let logger: Logger
    private var servers: [SessionID: Task<Void, Never>] = [:]

    init(home: Home, logger: Logger) {
        self.home = home
        self.logger = logger
    }

    func open(_ session: SessionID) async throws {
        guard servers[session] == nil else { return }
        let path = home.gatewaySocket(session)
        try FileManager.default.createDirectory(
            atPath: home.sockets(session), withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let (running, signal) = AsyncStream.makeStream(of: Void.self)
        let router = Router(context: APIContext.self)
        router.get("healthz") { _, _ in Response.plain("ok\n") }
        let application = Application(
            router: router, configuration: .init(address: .unixDomainSocket(path: path), serverName: "sam"),
            onServerRunning: { _ in signal.finish() },
            // Ending it by cancellation is the ordinary way here, and nothing to report.
            logger: quiet(logger, below: .critical))
        servers[session] = Task { [logger] in
            do {
                try await application.run()
            } catch {
                logger.error("The socket of session \(session.rawValue) can't be served: \(error)")
            }
            signal.finish()
            self.ended(session)
        }
        for await _ in running {}
    }

    func close(_ session: SessionID) async {
        guard let server = servers.removeValue(forKey: session) else { return }
        server.cancel()
        await server.value
    }

    /// A server that ended by itself can be opened again.
    private func ended(_ session: SessionID) {
        servers[session] = nil
    }

    func closeAll() {
        for server in servers.values { server.cancel() }
        servers = [:]
    }
}

/// A logger that keeps Hummingbird's own chatter out of the log.
func quiet(_ logger: Logger, below level: Logger.Level = .warning) -> Logger {
    var logger = logger
    logger.logLevel = level
    return logger
}

extension Response {
    /// A short text.
    static func plain(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "text/plain; charset=utf-8"],
            body: .init(byteBuffer: ByteBuffer(string: text)))
    }
}
