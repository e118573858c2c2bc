import AgentProtocol
import ArgumentParser
import ControlPlane
import Foundation
import NIOHTTP1
import Sessions
import Workspaces

struct SessionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sessions", abstract: "What agents did and do.",
        subcommands: [
            SessionsList.self, SessionsShow.self, SessionsWatch.self, SessionsPrompt.self, SessionsCancel.self,
            SessionsFinish.self, SessionsDiff.self, SessionsLand.self, SessionsRemove.self,
        ],
        defaultSubcommand: SessionsList.self)
}

/// The session that a command is about.
struct SessionArgument: ParsableArguments {
    @Argument(help: "The session's id, as `sam sessions list` shows it.")
    var session: String

    var path: String { "/api/v1/sessions/\(session.pathSegment)" }
}

struct SessionsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List sessions, the newest first.")

    @Option(help: "Only those of this project.")
    var project: String?

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let query = project.map { "?project=\($0.pathSegment)" } ?? ""
        let listing: Listing.Sessions = try await Connection.with { try await $0.get("/api/v1/sessions\(query)") }
        if json { return Terminal.line(try JSONLine.text(listing)) }
        guard !listing.sessions.isEmpty else {
            return Terminal.line("There are no sessions yet. Start one with: sam run --repo PATH|URL")
        }
        var table = Table(["SESSION", "STATE", "PROJECT", "AGENT", "STARTED", "TASK"])
        for session in listing.sessions {
            table.add([
                session.id.rawValue, session.status, session.project + (session.sandbox == "none" ? " (NO SANDBOX)" : ""),
                session.agent, Time.ago(session.createdAt), String(session.title.prefix(60)),
            ])
        }
        table.show()
    }
}

struct SessionsShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show one session.")

    @OptionGroup var target: SessionArgument

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let session: SessionView = try await Connection.with { try await $0.get(target.path) }
        if json { return Terminal.line(try JSONLine.text(session)) }
        Terminal.line("Session  \(session.id.rawValue)")
        Terminal.line("State    \(session.status)")
        Terminal.line("Project  \(session.project)")
        Terminal.line("Agent    \(session.agent)")
        Terminal.line("Task     \(Terminal.plain(session.title))")
        Terminal.line("Started  \(Time.ago(session.createdAt))")
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
        Terminal.line()
        session.conclusion().forEach(Terminal.line)
    }
}

struct SessionsWatch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Show a session from its beginning and follow it.",
        discussion: "Ctrl-C stops watching; the session goes on.")

    @OptionGroup var target: SessionArgument

    @Flag(help: "Print events as JSON, one a line.")
    var json = false

    func run() async throws {
        try await Connection.with { client in
            let session = try await Following.follow(
                SessionID(rawValue: target.session), client, as: json ? .json : .lines
            ) {
                Terminal.warn("\nThe session goes on. Cancel it with: sam sessions cancel \(target.session)")
                SessionsWatch.exit()
            }
            if !json {
                Terminal.line()
                session.conclusion().forEach(Terminal.line)
            }
        }
    }
}

struct SessionsPrompt: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prompt", abstract: "Write to a session. What is written is kept until the agent is free.")

    @OptionGroup var target: SessionArgument

    @Argument(help: "What to say.")
    var text: [String]

    func run() async throws {
        let prompt: PromptView = try await Connection.with {
            try await $0.send(.POST, target.path + "/prompts", NewPrompt(text: text.joined(separator: " ")))
        }
        Terminal.line("Kept as \(prompt.id.rawValue); it is handed over when the agent is free.")
    }
}

struct SessionsCancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "End a session now. Its work is kept on its branch.")

    @OptionGroup var target: SessionArgument

    func run() async throws {
        let session: SessionView = try await Connection.with { try await $0.post(target.path + "/cancel") }
        Terminal.line("Session \(session.id.rawValue): \(session.status)")
    }
}

struct SessionsFinish: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "finish", abstract: "End a session once all its prompts are answered.")

    @OptionGroup var target: SessionArgument

    func run() async throws {
        let session: SessionView = try await Connection.with { try await $0.post(target.path + "/finish") }
        Terminal.line("Session \(session.id.rawValue): \(session.status)")
    }
}

struct SessionsDiff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Print what a session changed, as a patch.",
        discussion: """
            EXAMPLES
              sam sessions diff s_0123456789ab
              sam sessions diff s_0123456789ab --files
              sam sessions diff s_0123456789ab | git apply
            """)

    @OptionGroup var target: SessionArgument

    @Flag(help: "Only the files, with how much changed in each.")
    var files = false

    @Flag(help: "The files as JSON.")
    var json = false

    func run() async throws {
        guard files || json else {
            let patch = try await Connection.with { try await $0.text(target.path + "/diff") }
            // On a terminal a file's own escapes could rewrite the screen; into a pipe the patch goes as it is.
            return Terminal.write(Terminal.isTerminal ? Terminal.plain(patch, keepingNewlines: true) : patch)
        }
        let listing: Listing.Changes = try await Connection.with { try await $0.get(target.path + "/changes") }
        if json { return Terminal.line(try JSONLine.text(listing)) }
        for file in listing.files {
            let counts = file.insertions.map { "+\($0) −\(file.deletions ?? 0)" } ?? "binary"
            Terminal.line("\(counts.padding(toLength: 12, withPad: " ", startingAt: 0)) \(Terminal.plain(file.path))")
        }
    }
}

struct SessionsLand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "land", abstract: "Push a session's branch to the repository it came from.",
        discussion: "The branch keeps its name, sam/…; no other branch is touched.")

    @OptionGroup var target: SessionArgument

    func run() async throws {
        let session: SessionView = try await Connection.with { try await $0.post(target.path + "/land") }
        Terminal.line("Landed as \(session.branch).")
    }
}

struct SessionsRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Forget a session that is over. Its branch stays in the mirror.")

    @OptionGroup var target: SessionArgument

    @Flag(help: "Also when its work stands only in its workspace.")
    var force = false

    func run() async throws {
        try await Connection.with { try await $0.delete(target.path + (force ? "?force=true" : "")) }
        Terminal.line("Session \(target.session) is forgotten.")
    }
}
