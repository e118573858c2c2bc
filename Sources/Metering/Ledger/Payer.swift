import Accounts

/// Who pays for a request, and with which credential it was made.
public struct Payer: Sendable, Hashable {
    /// The user.
    public var user: UserID
    /// The project; `nil` for a user's own tools outside of any project.
    public var project: ProjectID?
    /// The id of the session whose agent made the request.
    public var session: String?
    /// The id of the gateway key, if the request is not a session's.
    public var key: String?
    /// The provider's id.
    public var provider: String
    /// The scope of the layer that has the credential; `nil` if none is needed.
    public var scope: Scope?
    /// The credential's id.
    public var credential: String?

    /// Creates a payer.
    public init(
        user: UserID, project: ProjectID?, session: String?, key: String?, provider: String, scope: Scope?, credential: String?
    ) {
        self.user = user
        self.project = project
        self.session = session
        self.key = key
        self.provider = provider
        self.scope = scope
        self.credential = credential
    }

    /// The owners whose budgets apply to the request, narrow to broad.
    public var owners: [ScopeOwner] {
        ScopeOwner.layers(project: project, user: user)
    }

    /// The fields of a spool line, in the order in which ``init(fields:)`` reads them.
    var fields: [String] {
        [user.rawValue, project?.rawValue ?? "", session ?? "", key ?? "", provider, scope?.rawValue ?? "", credential ?? ""]
    }

    init?(fields: [String]) {
        guard fields.count == 7 else { return nil }
        func optional(_ index: Int) -> String? { fields[index].isEmpty ? nil : fields[index] }
        self.init(
            user: UserID(rawValue: fields[0]), project: optional(1).map(ProjectID.init(rawValue:)), session: optional(2), key: optional(3),
            provider: fields[4], scope: optional(5).flatMap(Scope.init(rawValue:)), credential: optional(6))
    }
}
