import Accounts
import AgentCatalogue
import Credentials
import HTTPTypes
import Limits
import Sessions
import Settings
import Store
import Workspaces

/// What the routes call: the modules below, each made once.
struct Modules: Sendable {
    let store: Store
    let accounts: Accounts
    let settings: Settings
    let credentials: Credentials
    let catalogue: LiveCatalogue
    let engine: SessionEngine
    let host: LocalHost
    let metered: MeteredGateway
    let admission: Admission
    let held: HeldBytes
}

extension Modules {
    /// The layer that a request names, if the one who asks may change it.
    ///
    /// - Parameter project: a project's id or name, for the project scope.
    func owner(_ scope: Scope, project: String?, for user: User) async throws -> ScopeOwner {
        switch scope {
        case .platform:
            try user.requireAdministrator("The platform's layer is the administrators'.")
            return .platform
        case .user: return .user(user.id)
        case .project:
            guard let project else { throw Problem(.badRequest, "“project” is missing: whose layer is it?") }
            return .project(try await accounts.project(project, for: user.id, as: .owner).id)
        }
    }
}
