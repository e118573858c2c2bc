import Accounts
import AgentProtocol
import Credentials
import Foundation
import Gateway
import HTTPTypes
import Hummingbird
import Metering
import Sessions
import Settings
import Store
import Vault
import Wording
import Workspaces

/// An error as the API tells it: problem details of RFC 9457.
public struct Problem: Error, Sendable, Codable {
    public var type = "about:blank"
    public var title: String
    public var status: Int
    /// A sentence for a person.
    public var detail: String
    /// The failure with which a session would have ended, such as `credentialBlocked`.
    public var code: String?

    init(_ status: HTTPResponse.Status, _ detail: String) {
        title = status.reasonPhrase
        self.status = status.code
        self.detail = detail
    }

    /// What an error of any module is to a client.
    init(_ error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case let error as AccountsError:
            self.init(
                [.notFound: .notFound, .forbidden: .forbidden, .nameTaken: .conflict][error.code] ?? .badRequest, error.message)
        case let error as CredentialsError:
            self.init(
                [.notFound: .notFound, .wrongState: .conflict, .vault: .internalServerError][error.code] ?? .badRequest, error.message)
        case let error as VaultError: self.init(error.code == .notOurs ? .conflict : .internalServerError, error.message)
        case let error as SettingsError: self.init(error.code == .notFound ? .notFound : .badRequest, error.message)
        case let error as MeteringError:
            self.init(
                [.notFound: .notFound, .spool: .internalServerError, .unreadable: .internalServerError][error.code] ?? .badRequest,
                error.message)
        case let error as GatewayError: self.init(error.code == .notFound ? .notFound : .badRequest, error.message)
        case let error as SessionsError:
            self.init(
                [
                    .notFound: .notFound, .forbidden: .forbidden, .wrongState: .conflict, .fenced: .conflict,
                    .unreadable: .internalServerError, .refused: .conflict,
                ][error.code] ?? .badRequest, error.message)
            code = error.reason
        case let error as WorkspaceError:
            self.init(
                [
                    .home: .internalServerError, .sandbox: .serviceUnavailable, .agent: .serviceUnavailable, .tooLarge: .contentTooLarge,
                ][error.code]
                    ?? .unprocessableContent, error.message)
        case let error as StoreError where error.code == .busy || error.code == .full:
            self.init(.serviceUnavailable, error.message)
        case let error as DecodingError: self.init(.badRequest, "The body is not what this call takes: \(error.place)")
        case let error as HTTPError: self.init(error.status, error.body ?? error.status.reasonPhrase)
        default: self.init(.internalServerError, "Something went wrong here; the server's log tells what.")
        }
    }

    var response: Response {
        let body = (try? JSONLine.encode(self)) ?? Data()
        return Response(
            status: .init(code: status), headers: [.contentType: "application/problem+json"],
            body: .init(byteBuffer: ByteBuffer(bytes: body)))
    }
}
