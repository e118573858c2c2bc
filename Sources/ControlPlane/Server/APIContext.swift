import API
import Accounts
import AgentProtocol
import Foundation
import HTTPTypes
import Hummingbird
import Limits
import NIOCore
import Sessions
import Workspaces

/// A request's context: the authenticated caller and the connection.
struct APIContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Set by ``Authentication``; the handlers behind it always have a user.
    var user: User?
    /// Set by ``RunnerAuthentication``.
    var runner: RunnerIdentity?
    /// Accounts for the memory of the request's answer. Set by ``Authentication``.
    var answer: Hold?
    /// The connection, for connection limits.
    let channel: any Channel

    init(source: Source) {
        coreContext = .init(source: source)
        channel = source.channel
    }

    /// The largest body, in bytes.
    var maxUploadSize: Int { 2 << 20 }

    /// A decoded parameter of the path: Hummingbird passes it as it is in the URL.
    func parameter(_ name: String) throws -> String {
        let text = try parameters.require(name)
        guard let decoded = text.removingPercentEncoding else { throw Problem(.badRequest, "The path is not encoded as URLs are.") }
        return decoded
    }

    /// Takes memory for an answer before it is read and encoded, when its length is not known yet. Waits for others to release theirs.
    ///
    /// - Parameter bytes: what reading and encoding take at most.
    /// - Throws: ``Problem`` if there is still none.
    func reserve(_ bytes: Int) async throws {
        guard try await answer?.add(bytes, within: AnswerMemory.waitLimit) != false else { throw AnswerMemory.refusal }
    }

    /// The authenticated user.
    ///
    /// - Throws: ``Problem`` if there is none.
    func requireUser() throws -> User {
        guard let user else { throw Problem(.unauthorized, "Sign in first.") }
        return user
    }
}

extension Request {
    /// The bearer token of the `Authorization` header.
    var bearerToken: String? {
        guard let value = headers[.authorization], value.lowercased().hasPrefix("bearer ") else { return nil }
        let token = value.dropFirst("bearer ".count).trimmingCharacters(in: .whitespaces)
        return token.isEmpty ? nil : token
    }

    /// The largest body, in bytes: for calls with a prompt, extended by the size of its images in base64, and of changes.
    func uploadLimit(_ context: APIContext) -> Int {
        let takesImages = method == .post && uri.path.wholeMatch(of: /\/api\/v1\/sessions(\/[^\/]+\/(prompts|resume))?\/?/) != nil
        let takesChanges = takesImages && uri.path.split(separator: "/").count == 3
        return context.maxUploadSize + (takesImages ? PromptImage.totalLimit / 3 * 4 + 1_024 : 0)
            + (takesChanges ? CarriedChanges.sizeLimit / 3 * 4 + 1_024 : 0)
    }

    /// Decodes the body as JSON.
    func json<Value: Decodable>(_ type: Value.Type = Value.self, limit: Int) async throws -> Value {
        var request = self
        return try JSONLine.decode(type, from: Data(try await request.collected(limit: limit).readableBytesView))
    }

    /// Reads and counts the whole body, and keeps it so that it can be read again.
    ///
    /// - Parameter hold: the memory account of the request's holder; a request that exceeds it is refused.
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
    /// A response with a value as JSON.
    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: try JSONLine.encode(value))))
    }
}
