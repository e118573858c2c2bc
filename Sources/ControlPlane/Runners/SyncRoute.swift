import API
import Accounts
import AgentCatalogue
import AgentProtocol
import Credentials
import Hummingbird
import Limits
import Sessions
import Vault

/// `POST /api/v1/sessions/{id}/credential-sync`: a session's runner sends a rotated token back.
///
/// It accepts only the runner's token: no person's token, and nothing that an agent could know.
struct SyncRoute {
    let dependencies: Dependencies
    let proving: Proving

    init(_ dependencies: Dependencies, proving: Proving) {
        self.dependencies = dependencies
        self.proving = proving
    }

    func add(to group: RouterGroup<APIContext>) {
        group.post(":id/credential-sync", use: sync)
    }

    private func sync(_ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try await caller(request)
        guard try context.parameter("id") == caller.session.rawValue else {
            throw Problem(.notFound, "This token is another session's.")
        }
        let hold = try proving.note("runner \(caller.session.rawValue)", context)
        defer { hold.end() }
        var request = request
        try await request.collected(limit: SyncRequest.limit, hold)
        let body: CredentialSync = try await request.json(limit: SyncRequest.limit)
        guard let kind = CredentialKind(rawValue: body.credentialKind) else {
            throw Problem(.badRequest, "“credentialKind” is apiKey or oauth.")
        }
        // A catalogue entry can be removed while its session runs; the session's agent may still send its credential.
        guard body.agentType == caller.agent || dependencies.catalogue.current.agent(body.agentType) != nil else {
            throw Problem(.badRequest, "There is no agent of the type in “agentType”.")
        }
        return try .json(
            try await dependencies.credentials.sync.sync(
                SyncRequest(agentType: body.agentType, kind: kind, secret: Secret(body.credential)), from: caller))
    }

    private func caller(_ request: Request) async throws -> SessionIdentity {
        guard let token = request.bearerToken else { throw Problem(.unauthorized, "Send the runner's token as “Authorization: Bearer …”.") }
        if let caller = try await dependencies.sessions.runners.syncCaller(withToken: token) { return caller }
        guard try await dependencies.accounts.user(withToken: token) == nil else {
            throw Problem(.forbidden, "A person's token does not give a session's credential back; its runner's does.")
        }
        if RunnerToken.hasForm(token) { throw Problem.fenced }
        throw Problem(.unauthorized, "This is not a runner's token.")
    }
}
