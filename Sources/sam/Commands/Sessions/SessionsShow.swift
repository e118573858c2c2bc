import API
import AgentProtocol
import ArgumentParser
import Sessions

struct SessionsShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show one session.",
        discussion: """
            EXAMPLES
              sam sessions show s_0123456789ab
              sam sessions show s_0123456789ab --json
            """)

    @OptionGroup var target: SessionArgument

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let session: SessionView = try await Connection.with { try await $0.get(target.path) }
        if json { return try Terminal.json(session) }
        Terminal.line("Session  \(session.id.rawValue)")
        Terminal.line("State    \(session.status)")
        Terminal.line("Project  \(session.project)")
        Terminal.line(
            "Agent    \(session.agent)\(session.model.map { ", model \($0)" } ?? "")\(session.provider.map { ", by \($0)" } ?? "")")
        Terminal.line("May do   \(session.permissions.sentence)")
        if let base = session.baseCommit { Terminal.line("From     commit \(base.prefix(12))") }
        if let earlier = session.continues { Terminal.line("After    session \(earlier.rawValue)") }
        Terminal.line("Task     \(session.title)")
        Terminal.line("Started  \(Time.ago(session.createdAt))")
        for line in session.backgroundLines { Terminal.line("Beside   \(line)") }
        if let stages = session.stages, !stages.isEmpty {
            Terminal.line()
            var table = Table(["STAGE", "TOOK", "USUALLY"])
            for stage in stages {
                table.add([
                    stage.phase.rawValue,
                    stage.milliseconds.map(Time.elapsed) ?? (stage.phase.isEnd ? "" : "so far \(Time.elapsed(Time.now - stage.startedAt))"),
                    stage.usualMilliseconds.map(Time.elapsed) ?? "",
                ])
            }
            table.show()
        }
        if !session.questions.isEmpty, !session.phase.isEnd {
            Terminal.line()
            Terminal.line(Terminal.styled("It asks:", .bold))
            for question in session.questions {
                question.shown(at: Time.now).forEach { Terminal.line($0) }
                Terminal.line("    Answer it: \(question.command(in: session.id, isOnly: session.questions.count == 1))")
            }
        }
        Terminal.line()
        session.conclusion().forEach(Terminal.line)
    }
}
