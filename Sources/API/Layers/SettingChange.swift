import Accounts

/// The body of `PUT /api/v1/settings/{key}` and of its `/off` and `/on`.
public struct SettingChange: Sendable, Codable {
    /// The scope to change.
    public var scope: Scope
    /// The project, for the project scope.
    public var project: String?
    /// The new value, for `PUT`.
    public var value: String?
    /// The reason, for `/off`.
    public var reason: String?

    /// Creates a body.
    public init(scope: Scope, project: String? = nil, value: String? = nil, reason: String? = nil) {
        self.scope = scope
        self.project = project
        self.value = value
        self.reason = reason
    }
}
