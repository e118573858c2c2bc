import Accounts
import ArgumentParser
import ControlPlane
import NIOHTTP1

/// Which layer a change of a setting is for.
struct LayerOptions: ParsableArguments {
    @Option(help: "platform, user or project.")
    var scope: Scope = .platform

    @Option(help: "The project, for the project scope.")
    var project: String?

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard (scope == .project) == (project != nil) else {
            throw ValidationError("--project goes with --scope project, and it with that.")
        }
    }
}

extension LayerOptions {
    /// Sends a change and shows what holds then.
    func send(_ method: HTTPMethod, _ key: String, _ act: String = "", value: String? = nil, reason: String? = nil) async throws {
        let change = SettingChange(scope: scope, project: project, value: value, reason: reason)
        let listing: Listing.Settings = try await Connection.with {
            try await $0.send(method, "/api/v1/settings/\(key.pathSegment)\(act)", change)
        }
        try listing.show(json: json, only: key)
    }
}

extension Scope: ExpressibleByArgument {}
