import API
import ArgumentParser

/// The session of a command.
struct SessionArgument: ParsableArguments {
    @Argument(help: "The session's id, as `sam sessions list` shows it.")
    var session: String

    var path: String { "/api/v1/sessions/\(session.pathSegment)" }
}
