import ArgumentParser

/// The session that a command is about.
struct SessionArgument: ParsableArguments {
    @Argument(help: "The session's id, as `sam sessions list` shows it.")
    var session: String

    var path: String { "/api/v1/sessions/\(session.pathSegment)" }
}
