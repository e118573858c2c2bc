import Accounts
import AgentProtocol
import Credentials
import Foundation
import Gateway
import Limits
import Logging
import NIOCore
import NIOPosix
import Sessions
import Wording
import Workspaces

/// One Unix socket per session, which its sandbox reaches on loopback. The socket identifies the session.
actor SessionSockets: SessionEndpoints {
    private let home: Home
    private let gateway: Gateway
    private let admission: Admission
    private let logger: Logger
    private var listeners: [SessionID: OpenSocket] = [:]

    init(home: Home, gateway: Gateway, admission: Admission, logger: Logger) {
        self.home = home
        self.gateway = gateway
        self.admission = admission
        self.logger = logger
    }

    func open(_ session: SessionID, of user: UserID) async throws {
        guard listeners[session] == nil else { return }
        try FileManager.default.createDirectory(
            atPath: home.sockets(session), withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let connections = OpenConnections()
        let bootstrap = ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelInitializer(admission.open.gate)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { [gateway] channel in
                channel.eventLoop.makeCompletedFuture {
                    connections.add(channel)
                    try gateway.serve(channel, at: .session(SessionReference(rawValue: session.rawValue)))
                }
            }
        let channel = try await bootstrap.bind(unixDomainSocketPath: home.gatewaySocket(session), cleanupExistingSocketFile: true).get()
        // Another call may have opened it during the `await`.
        guard listeners[session] == nil else { return channel.close(promise: nil) }
        listeners[session] = OpenSocket(channel: channel, connections: connections)
        admission.open(session.rawValue, of: Admission.holder(user: user.rawValue))
    }

    /// Adds a connection from another listener to a session, so that it closes with the session's socket.
    ///
    /// - Returns: whether the session has a socket.
    func take(_ channel: any Channel, for session: SessionID) -> Bool {
        guard let listener = listeners[session] else { return false }
        listener.connections.add(channel)
        return true
    }

    /// Closes a session's socket and removes its folder, also that of an earlier server.
    func close(_ session: SessionID) async {
        await stop(session)
        let folder = home.sockets(session)
        do {
            if FileManager.default.fileExists(atPath: folder) { try FileManager.default.removeItem(atPath: folder) }
        } catch {
            logger.warning("\(folder) is left over: \(logWords(of: error))")
        }
    }

    /// Stops serving. The folders stay, because sandboxes that go on have them bound.
    func closeAll() async {
        for session in listeners.keys { await stop(session) }
    }

    private func stop(_ session: SessionID) async {
        guard let listener = listeners.removeValue(forKey: session) else { return }
        admission.close(session.rawValue)
        await listener.close()
        gateway.closeEgress(of: SessionReference(rawValue: session.rawValue))
    }
}

/// A listening socket and its connections.
private struct OpenSocket: Sendable {
    let channel: any Channel
    let connections: OpenConnections

    func close() async {
        try? await channel.close()
        connections.closeAll()
    }
}
