import Accounts
import Credentials
import Gateway
import HTTPTypes
import Metering
import Processes
import Sandbox
import Sessions
import Settings
import Store
import Testing
import Vault
import Wording
import Workspaces

@testable import ControlPlane

@Suite("Problems from errors")
struct ProblemTests {
    /// An error and the status of its answer.
    typealias Case = (error: any Error, status: Int)

    private static func cases<Code>(_ statuses: [(Code, Int)], _ error: (Code) -> any Error) -> [Case] {
        statuses.map { (error($0.0), $0.1) }
    }

    private static let accounts: [Case] = cases(
        [(.notFound, 404), (.forbidden, 403), (.nameTaken, 409), (.invalid, 400)] as [(AccountsError.Code, Int)]
    ) { AccountsError($0, "It.") }
    private static let credentials: [Case] = cases(
        [(.notFound, 404), (.wrongState, 409), (.vault, 500), (.invalid, 400), (.unkept, 400)] as [(CredentialsError.Code, Int)]
    ) { CredentialsError($0, "It.") }
    private static let vault: [Case] = cases([(.notOurs, 409), (.doesNotOpen, 500)] as [(VaultError.Code, Int)]) { VaultError($0, "It.") }
    private static let settings: [Case] = cases([(.notFound, 404), (.invalid, 400)] as [(SettingsError.Code, Int)]) {
        SettingsError($0, "It.")
    }
    private static let metering: [Case] = cases(
        [(.notFound, 404), (.spool, 500), (.unreadable, 500), (.invalid, 400)] as [(MeteringError.Code, Int)]
    ) { MeteringError($0, "It.") }
    private static let gateway: [Case] = cases([(.notFound, 404), (.invalid, 400)] as [(GatewayError.Code, Int)]) {
        GatewayError($0, "It.")
    }
    private static let sessions: [Case] = cases(
        [
            (.notFound, 404), (.forbidden, 403), (.wrongState, 409), (.fenced, 409), (.refused, 409), (.unreadable, 500), (.limit, 429),
            (.invalid, 400),
        ] as [(SessionsError.Code, Int)]
    ) { SessionsError($0, "It.") }
    private static let workspace: [Case] = cases(
        [(.home, 500), (.sandbox, 503), (.agent, 503), (.tooLarge, 413), (.repository, 422), (.salvage, 422)]
            as [(WorkspaceError.Code, Int)]
    ) { WorkspaceError($0, "It.") }
    private static let store: [Case] = cases(
        [(.busy, 503), (.corrupt, 503), (.unstorable, 400), (.constraint, 500)] as [(StoreError.Code, Int)]
    ) { StoreError($0, "It.", cause: "no") }

    private static let all: [Case] = [accounts, credentials, vault, settings, metering, gateway, sessions, workspace, store].flatMap(\.self)

    @Test("That an agent's program is missing here is of a kind of its own, which is no fault of the server's")
    func lacking() {
        #expect(WorkspaceError(.agent, "It.").kind == .lacking && WorkspaceError(.sandbox, "It.").kind == .unavailable)
        #expect(ErrorKind.lacking.status == ErrorKind.unavailable.status)
    }

    @Test("Each module's error is answered with the status of its kind and its own sentence", arguments: all)
    func statuses(_ error: any Error, _ status: Int) {
        let problem = Problem(error)
        #expect(problem.status == status && problem.detail == "It." && problem.code == nil, "\(error)")
        #expect(problem.title == Self.titles[status])
    }

    /// The words of `HTTPTypes`, as the API's other problems have them.
    private static let titles: [Int: String] = Dictionary(
        uniqueKeysWithValues: [
            HTTPResponse.Status.badRequest, .forbidden, .notFound, .conflict, .contentTooLarge, .unprocessableContent, .tooManyRequests,
            .internalServerError, .serviceUnavailable,
        ].map { ($0.code, $0.reasonPhrase) })

    @Test("A refusal that would have failed a session has that failure's code")
    func reason() {
        #expect(Problem(SessionsError(.refused, "It.", reason: "credentialBlocked")).code == "credentialBlocked")
    }

    @Test(
        "An error that is not meant for clients keeps its words for the log",
        arguments: [
            ProcessError(.notStarted, "/secret/path") as any Error, SandboxError(.files, "/secret/path"), CancellationError(),
        ])
    func unexpected(_ error: any Error) {
        let problem = Problem(error)
        #expect(problem.status == 500 && problem.detail.hasPrefix("Something went wrong here"))
    }
}
