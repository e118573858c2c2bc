import API
import Accounts
import AgentCatalogue
import Credentials
import HTTPTypes
import Limits
import Sessions
import Settings
import Store
import Workspaces

/// The dependencies of the routes, each created once.
struct Dependencies: Sendable {
    let store: Store
    let accounts: Accounts
    let settings: Settings
    let credentials: CredentialServices
    let catalogue: LiveCatalogue
    let sessions: Sessions
    let host: any WorkspaceHost
    let metered: MeteredGateway
    let admission: Admission
    let held: HeldBytes
    let metrics: MetricsRegistry
}

extension Dependencies {
    /// The owner of the layer in a request, if the user may change it.
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
