import AgentProtocol
import Credentials
import NIOCore
import NIOHTTP1

/// Turns one connection into a session's, if a runner asks for it with its token.
final class SessionUpgrader: NIOTypedHTTPServerProtocolUpgrader {
    let supportedProtocol = SessionUpgrade.name
    let requiredUpgradeHeaders: [String] = []

    private let gateway: Gateway
    private let gate: RemoteGate
    private let session: NIOLoopBoundBox<SessionReference?>

    init(gateway: Gateway, gate: RemoteGate, eventLoop: any EventLoop) {
        self.gateway = gateway
        self.gate = gate
        session = .makeEmptyBox(valueType: SessionReference.self, eventLoop: eventLoop)
    }

    func buildUpgradeResponse(
        channel: any Channel, upgradeRequest request: HTTPRequestHead, initialResponseHeaders headers: HTTPHeaders
    ) -> EventLoopFuture<HTTPHeaders> {
        let words = request.headers.first(name: "authorization")?.split(separator: " ") ?? []
        guard request.method == .GET, request.uri == SessionUpgrade.path, words.count == 2, words[0].lowercased() == "bearer" else {
            return channel.eventLoop.makeFailedFuture(GatewayError(.notFound, "Nothing is here."))
        }
        let token = String(words[1])
        let promise = channel.eventLoop.makePromise(of: SessionReference.self)
        promise.completeWithTask { [gate] in
            guard let session = await gate.admit(token, channel) else { throw GatewayError(.notFound, "This is no runner's token.") }
            return session
        }
        return promise.futureResult.map { [session] in
            session.value = $0
            return headers
        }.flatMapErrorThrowing { error in
            Self.refuse(channel)
            throw error
        }
    }

    /// Answers here and ends the connection: NIO's upgrade handler goes on with nobody's answer when an upgrade fails late.
    private static func refuse(_ channel: any Channel) {
        let head = HTTPResponseHead(
            version: .http1_1, status: .unauthorized, headers: ["content-length": "0", "connection": "close"])
        channel.write(HTTPServerResponsePart.head(head), promise: nil)
        channel.writeAndFlush(HTTPServerResponsePart.end(nil)).whenComplete { _ in channel.close(promise: nil) }
    }

    func upgrade(channel: any Channel, upgradeRequest: HTTPRequestHead) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            guard let session = session.value else { throw GatewayError(.notFound, "Nobody was admitted.") }
            try gateway.serve(channel, at: .session(session))
        }
    }
}
