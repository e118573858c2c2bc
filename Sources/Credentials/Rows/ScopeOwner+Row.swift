import Accounts
import Store

extension ScopeOwner {
    /// Reads the owner of a row from its columns `scope`, `project_id` and `user_id`.
    init(_ row: Row) throws {
        switch try row.parsed("scope", as: Scope.self) {
        case .project: self = .project(try row.parsed("project_id"))
        case .user: self = .user(try row.parsed("user_id"))
        case .platform: self = .platform
        }
    }

    var project: ProjectID? {
        guard case .project(let id) = self else { return nil }
        return id
    }

    var user: UserID? {
        guard case .user(let id) = self else { return nil }
        return id
    }
}
