import Accounts
import Settings
import Workspaces

extension Settings {
    /// How long git may take for a project's repository.
    ///
    /// - Throws: `SettingsError`; `StoreError`.
    public func fetchLimits(project: ProjectID, user: UserID) async throws -> FetchLimits {
        FetchLimits(
            whole: .seconds(try await integer(.gitTimeout, project: project, user: user)),
            stall: .seconds(try await integer(.gitStall, project: project, user: user)))
    }
}
