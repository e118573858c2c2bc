import API
import Accounts
import ArgumentParser
import NIOHTTP1

/// The layer that a command changes, by one rule for settings, credentials and budgets: your own, a project's with `--project`, or the one
/// that `--scope` names.
struct LayerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The layer to change: user, project or platform. Without it your own is changed, or with --project that project's.",
            valueName: "scope"))
    var scope: Scope?

    @Option(help: "The name or id of the project whose layer is changed.")
    var project: String?

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        if scope == .project, project == nil { throw ValidationError("Which project? Name it with --project.") }
        if let scope, scope != .project, project != nil {
            throw ValidationError("--project already names a layer; leave out --scope \(scope.rawValue).")
        }
    }

    /// The layer.
    ///
    /// - Parameter allowed: the scopes at which there can be something. Where your own is not among them, the platform's is meant.
    func layer(allowed: [Scope] = Scope.allCases) -> Scope {
        scope ?? (project != nil ? .project : allowed.contains(.user) ? .user : .platform)
    }
}

extension Scope: ExpressibleByArgument {}

/// What was done to a layer, for the sentence that confirms it.
enum LayerAct {
    case set(to: String)
    case off, on, clear

    /// The call that does it.
    var method: HTTPMethod {
        if case .set = self { .PUT } else { .POST }
    }

    /// The end of the call's path.
    var place: String {
        switch self {
        case .set: ""
        case .off: "/off"
        case .on: "/on"
        case .clear: "/clear"
        }
    }

    /// The sentence, which names the layer: which one it is depends on the options.
    func sentence(_ subject: String, at scope: Scope, project: String?) -> PrintedText {
        let place: PrintedText = "the \(scope.rawValue) scope\(project.map { " (\($0))" } ?? "")"
        return switch self {
        case .set(let value): "\(subject) is set to \(value) at \(place)."
        case .off: "\(subject) is turned off at \(place)."
        case .on: "\(subject) is turned on again at \(place)."
        case .clear: "\(subject) is cleared at \(place), which says nothing about it any more."
        }
    }
}
