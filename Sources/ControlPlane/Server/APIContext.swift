import Accounts
import AgentProtocol
import Foundation
import HTTPTypes
import Hummingbird
import Limits
import NIOCore
import Sessions
import Workspaces

/// What a handler knows of a request beside the request: who asks.
struct APIContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Set by ``Authentication``; no handler behind it runs without.
    var user: User?
    /// Set by ``RunnerAuthentication``.
    var runner: RunnerIdentity?
    /// The connection, for those who count them.
    let channel: any Channel

    init(source: Source) {
        coreContext = .init(source: source)
        channel = source.channel
    }

    /// What was sent is read up to this many bytes.
    var maxUploadSize: Int { 2 << 20 }

    /// A part of the path, as it was meant: Hummingbird hands it over as it stands in the URL.
    func parameter(_ name: String) throws -> String {
        let text = try parameters.require(name)
        guard let decoded = text.removingPercentEncoding else { throw Problem(.badRequest, "The path is not encoded as URLs are.") }
        return decoded
    }

    /// The user who asks.
    func requireUser() throws -> User {
        guard let user else { throw Problem(.unauthorized, "Sign in first.") }
        return user
    }
}

extension Request {
    /// The bearer token, from the one header that carries it.
    var bearerToken: String? {
        guard let value = headers[.authorization], value.lowercased().hasPrefix("bearer ") else { return nil }
        let token = value.dropFirst("bearer ".count).trimmingCharacters(in: .whitespaces)
        return token.isEmpty ? nil : token
    }

    /// How much of the body is read: of a call that takes a prompt, as much as a prompt's images have in base64 beside the rest.
    func uploadLimit(_ context: APIContext) -> Int {
        let takesImages = method == .post && uri.path.wholeMatch(of: /\/api\/v1\/sessions(\/[^\/]+\/(prompts|resume))?\/?/) != nil
        let takesChanges = takesImages && uri.path.split(separator: "/").count == 3
        return context.maxUploadSize + (takesImages ? PromptImage.totalLimit / 3 * 4 + 1_024 : 0)
            + (takesChanges ? CarriedChanges.sizeLimit / 3 * 4 + 1_024 : 0)
    }

    /// Reads the body as JSON.
    func json<Value: Decodable>(_ type: Value.Type = Value.self, limit: Int) async throws -> Value {
        var request = self
        return try JSONLine.decode(type, from: Data(try await request.collected(limit: limit).readableBytesView))
    }

    /// Reads the whole body, counting what arrives. What was read can be read again.
    ///
    /// - Parameter hold: counts it as held by the one whose request it is; who holds too much is refused.
    @discardableResult
    mutating func collected(limit: Int, _ hold: Hold? = nil) async throws -> ByteBuffer {
        var whole = ByteBuffer()
        do {
            for try await var part in body {
                guard whole.readableBytes + part.readableBytes <= limit else {
                    throw Problem(.contentTooLarge, "The body is larger than \(limit >> 10) KiB.")
                }
                guard hold?.add(part.readableBytes) != false else { throw Problem(.tooManyRequests, LimitReason.memory.sentence) }
                whole.writeBuffer(&part)
            }
        } catch let problem as Problem {
            throw problem
        } catch {
            throw Problem(.badRequest, "The body did not come whole.")
        }
        body = RequestBody(buffer: whole)
        return whole
    }
}

extension Response {
    /// A value as JSON.
    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: try JSONLine.encode(value))))
    }
}
