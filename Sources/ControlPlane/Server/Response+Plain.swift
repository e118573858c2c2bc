import HTTPTypes
import Hummingbird
import Logging

/// A logger that drops Hummingbird's messages below a level.
func quiet(_ logger: Logger, below level: Logger.Level = .warning) -> Logger {
    var logger = logger
    logger.logLevel = level
    return logger
}

extension Response {
    /// A response with a short text.
    static func plain(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "text/plain; charset=utf-8"],
            body: .init(byteBuffer: ByteBuffer(string: text)))
    }
}
