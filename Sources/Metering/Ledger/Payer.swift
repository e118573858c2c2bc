import Accounts

/// On whose account a request goes, and with what it was made.
public struct Payer: Sendable, Hashable {
    public var user: UserID
    /// `nil` for a person's own tools outside of any project.
    public var project: ProjectID?
    /// The session whose agent asks, by its id.
    public var session: String?
    /// The gateway key that was used, by its id, where it is no session.
    public var key: String?
    public var provider: String
    /// Whose layer the credential stands at; `nil` where none is needed.
    public var scope: Scope?
    /// The credential, by its id.
    public var credential: String?

    /// Names a payer.
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

    /// Whose budgets the request has to hold, narrow to broad.
    public var owners: [ScopeOwner] {
        (project.map { [.project($0)] } ?? []) + [.user(user), .platform]
    }

    /// The fields as a line's, in the order in which ``init(fields:)`` reads them.
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
