import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// Serves the runners' API on connections of a listener that is not Hummingbird's own.
struct RunnerChannel: Sendable {
    private let http: HTTP1Channel
    private let logger: Logger

    /// - Parameter responder: the routes.
    init(responder: some HTTPResponder<APIContext>, logger: Logger) {
        self.logger = logger
        http = HTTP1Channel { request, writer, channel in
            let context = APIContext(source: ApplicationRequestContextSource(channel: channel, logger: logger))
            var response = try await responder.respond(to: request, context: context)
            response.headers[.server] = "sam"
            try await writer.write(response: response.head, body: response.body)
        }
    }

    /// Adds the handlers that serve requests to the end of a pipeline that decodes HTTP, and serves until the connection ends. On its event
    /// loop.
    func serve(_ channel: any Channel) throws {
        let operations = channel.pipeline.syncOperations
        try operations.addHandler(HTTP1ToHTTPServerCodec(secure: true))
        try operations.addHandler(HTTPConnectionStateHandler(logger: logger))
        let connection = try NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>(
            wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
        Task { [http, logger] in await http.handle(value: connection, logger: logger) }
    }
}
