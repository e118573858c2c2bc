import Accounts
import AgentCatalogue
import AgentProtocol
import Credentials
import Hummingbird
import Limits
import Sessions
import Vault

/// `POST /api/v1/sessions/{id}/credential-sync`: a session's runner gives a rotated token back.
///
/// The runner's token opens it, nothing else does: not a person's token, and not what an agent could know.
struct SyncRoute {
    let modules: Modules

    init(_ modules: Modules) {
        self.modules = modules
    }

    func add(to group: RouterGroup<APIContext>) {
        group.post(":id/credential-sync", use: sync)
    }

    private func sync(_ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try await caller(request)
        guard try context.parameter("id") == caller.session.rawValue else {
            throw Problem(.notFound, "This token is another session's.")
        }
        let hold = try Proving(modules).note("runner \(caller.session.rawValue)", context)
        defer { hold.end() }
        var request = request
        try await request.collected(limit: SyncRequest.limit, hold)
        let body: CredentialSync = try await request.json(limit: SyncRequest.limit)
        guard let kind = CredentialKind(rawValue: body.credentialKind) else {
            throw Problem(.badRequest, "“credentialKind” is apiKey or oauth.")
        }
        // An entry can go while its session runs; what that session's agent rotated is its credential's all the same.
        guard body.agentType == caller.agent || modules.catalogue.current.agent(body.agentType) != nil else {
            throw Problem(.badRequest, "There is no agent of the type in “agentType”.")
        }
        return try .json(
            try await modules.credentials.sync(
                SyncRequest(agentType: body.agentType, kind: kind, secret: Secret(body.credential)), from: caller))
    }

    private func caller(_ request: Request) async throws -> SyncCaller {
        guard let token = request.bearerToken else { throw Problem(.unauthorized, "Send the runner's token as “Authorization: Bearer …”.") }
        if let caller = try await modules.engine.syncCaller(withToken: token) { return caller }
        guard try await modules.accounts.user(withToken: token) == nil else {
            throw Problem(.forbidden, "A person's token does not give a session's credential back; its runner's does.")
        }
        throw Problem(.unauthorized, "This token is no runner's, or what it was for is settled.")
    }
}
