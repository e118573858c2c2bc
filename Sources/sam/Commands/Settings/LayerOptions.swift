import API
import Accounts
import ArgumentParser
import NIOHTTP1

/// The layer that a command changes.
struct LayerOptions: ParsableArguments {
    @Option(help: "platform (the usual one), user or project.")
    var scope: Scope?

    @Option(help: "The project, for the project scope.")
    var project: String?

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        try Scope.check(scope, project: project)
    }
}

extension LayerOptions {
    /// Sends a change and prints the resulting setting.
    func send(_ method: HTTPMethod, _ key: String, _ act: String = "", value: String? = nil, reason: String? = nil) async throws {
        let change = SettingChange(scope: scope ?? (project == nil ? .platform : .project), project: project, value: value, reason: reason)
        let listing: Listing.Settings = try await Connection.with {
            try await $0.send(method, "/api/v1/settings/\(key.pathSegment)\(act)", change)
        }
        try listing.show(json: json, only: key)
    }
}

extension Scope: ExpressibleByArgument {
    /// Checks that a project is given exactly for the project scope.
    static func check(_ scope: Scope?, project: String?) throws {
        if scope == .project, project == nil { throw ValidationError("Which project? Name it with --project.") }
        if let scope, scope != .project, project != nil {
            throw ValidationError("--project already names a layer; leave out --scope \(scope.rawValue).")
        }
    }
}
