import Accounts
import AgentProtocol
import ArgumentParser
import ControlPlane
import Foundation
import NIOHTTP1
import Sessions
import Wording
import Workspaces

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Let an agent work on a repository and follow it to its end.",
        discussion: """
            The agent works in a sandbox on its own checkout. The result is a branch; your repository is not touched.

            Ctrl-C cancels the session and keeps its work; a second Ctrl-C leaves at once. On a terminal it asks what the agent wants to \
            know; `sam sessions answer` does from anywhere.

            The session ends when its task is done, nothing runs any more, and nothing else was written to it (sam sessions prompt). With \
            --open it stays open for prompts until `sam sessions finish`. To continue an ended one in a new session, from its branch: \
            sam sessions resume.

            What an agent says stands behind a mark (│) where there are no colours, so that it is not taken for what SAM says. When agents \
            can't be started, `sam doctor` says why.

            EXAMPLES
              sam run --repo .
              sam run --repo https://github.com/apple/swift-nio "What is this?"
              sam run --repo . --include-changes "Finish what I began"
              sam run --repo . --agent claude-code --open "Let's plan the parser"
              sam run --repo . --agent claude-code --attach shot.png "What is wrong?"
              sam run --project swift-nio --agent scout --json
              sam run --repo . --agent claude-code - < task.md
            """)

    @Option(help: "The repository to work on: a path or a URL.")
    var repo: String?

    @Option(help: "The project to work in, by its name or id, instead of a repository.")
    var project: String?

    @Option(help: "The agent that works; `sam agents` lists them.")
    var agent = "scout"

    @Option(help: "The provider whose credential the agent works with, where it can work with several.")
    var provider: String?

    @Option(help: "What the agent may do without asking: ask, edits or everything; if missing, the setting agents.permissions.")
    var permissions: PermissionMode?

    @Option(help: "The model: fast, strong, or a model's name; if missing, the setting agents.AGENT.model.")
    var model: String?

    @OptionGroup var attachments: Attachments

    @Flag(help: "Let it start from what is not committed in a repository on this machine, too; ignored files are not brought.")
    var includeChanges = false

    @Flag(help: "Keep the session open for prompts when its task is done, until `sam sessions finish`.")
    var open = false

    @Flag(help: "Start the session and return at once.")
    var detach = false

    @Flag(help: "Print events as JSON, one a line, and the session last.")
    var json = false

    @Argument(help: "What the agent is to do. - reads it from standard input.")
    var task: [String] = []

    func validate() throws {
        guard (repo == nil) != (project == nil) else {
            throw ValidationError("Name either a repository with --repo or a project with --project.")
        }
        guard repo?.isEmpty != true else { throw ValidationError("--repo is empty. It takes a path or a URL; . is the repository here.") }
        guard task.isEmpty || !TypedText(task).typed.isBlank else {
            throw ValidationError("The task is empty. Say what to do, or leave it out to have the repository explored.")
        }
    }

    func run() async throws {
        let text = try TypedText(task).read()
        let images = try attachments.images()
        let address = repo.map(Repository.address)
        let session = try await Connection.with { client in
            let changes = try await changes(address, client)
            return try await SessionStart(
                project: project, repository: address, agent: agent, provider: provider, permissions: permissions, model: model,
                changes: changes,
                prompt: text.isEmpty ? "Explore this repository." : text, images: images, ending: open ? .onRequest : .whenIdle,
                detach: detach,
                form: json ? .json : .lines
            ).run(client)
        }
        if session.failure?.code == "credentialBlocked" { throw ExitStatus.blocked }
        if session.failure != nil || session.settled && session.phase != .completed { throw ExitStatus.failed }
    }
}

extension Run {
    /// The uncommitted changes, if they are to be included; otherwise only warns about them.
    private func changes(_ address: String?, _ client: APIClient) async throws -> CarriedChanges? {
        var address = address
        if let project { address = try await client.get("/api/v1/projects/\(project.pathSegment)", as: ProjectView.self).repository }
        guard let address, let local = LocalChanges(at: address) else {
            guard includeChanges else { return nil }
            let why = address.map {
                $0.hasPrefix("/") && RepositoryTop.of($0) != nil ? "\($0) is a bare one, without files" : "\($0) is not one"
            }
            throw APIClient.Failure(
                status: nil,
                description: "--include-changes needs a repository on this machine, and \(why ?? "this is not one")."
            )
        }
        guard includeChanges else {
            await mention(local)
            return nil
        }
        let files = try await local.files()
        return try await local.commit(files)
    }

    private func mention(_ local: LocalChanges) async {
        do {
            let files = try await local.files()
            guard !files.all.isEmpty else { return }
            let isOne = files.all.count == 1
            Terminal.warn(
                "! \(files.counts) \(isOne ? "is" : "are") not committed, so the agent does not see \(isOne ? "it" : "them"). Bring \(isOne ? "it" : "them") with --include-changes."
            )
        } catch {
            // Only a hint: the session does not depend on it.
            Terminal.warn("! Whether everything is committed is not known. \(reason(of: error))")
        }
    }
}

extension PermissionMode: ExpressibleByArgument {}

/// Starts a session and follows it.
struct SessionStart {
    /// A project's id or name. Either this or ``repository``.
    var project: String?
    /// The repository of an existing project, or of one that is added with the session.
    var repository: String?
    var agent: String
    var provider: String?
    var permissions: PermissionMode?
    var model: String?
    var changes: CarriedChanges?
    var prompt: String
    var images: [NewImage]?
    var ending = SessionState.Ending.whenIdle
    var detach: Bool
    var form: Following.Form

    func run(_ client: APIClient) async throws -> SessionView {
        let session: SessionView = try await client.send(
            .POST, "/api/v1/sessions",
            NewSession(
                project: project, repository: repository, agent: agent, provider: provider, prompt: prompt, images: images, ending: ending,
                permissions: permissions,
                model: model, changes: changes.map { NewChanges($0) }))
        return try await SessionFollowing(session: session, isOpen: ending == .onRequest, detach: detach, form: form).run(client)
    }
}

/// Follows a new session to its end, or returns at once if detached.
struct SessionFollowing {
    var session: SessionView
    /// Whether it accepts prompts until `sam sessions finish`.
    var isOpen = false
    var detach: Bool
    var form: Following.Form

    func run(_ client: APIClient) async throws -> SessionView {
        let path = "/api/v1/sessions/\(session.id.rawValue)"
        if form == .lines {
            Terminal.line("Session \(Terminal.styled("\(session.id.rawValue)", .bold)) on \(session.project), agent \(session.agent)")
            if session.sandbox == .none {
                Terminal.line(Terminal.styled("WITHOUT A SANDBOX: this agent can read and change whatever you can.", .red, .bold))
            }
        }
        if isOpen, form == .lines, session.failure == nil {
            Terminal.line("Write to it from anywhere: sam sessions prompt \(session.id.rawValue) \"…\"")
            Terminal.line("It stays open until: sam sessions finish \(session.id.rawValue)")
        }
        if detach {
            if form == .json {
                try Terminal.json(session)
            } else {
                if session.failure != nil {
                    session.conclusion().forEach(Terminal.line)
                } else {
                    Terminal.line("Follow it with: sam sessions watch \(session.id.rawValue)")
                }
            }
            return session
        }
        let ended = try await Following.follow(session.id, client, as: form) {
            Terminal.warn("\nCancelling; the work is kept. Ctrl-C again leaves at once.")
            do {
                let _: SessionView = try await client.post(path + "/cancel")
            } catch {
                Terminal.warn("It can't be cancelled: \(reason(of: error))")
            }
        }
        switch form {
        case .json: try Terminal.json(ended)
        case .lines:
            Terminal.line()
            ended.conclusion().forEach(Terminal.line)
        }
        return ended
    }
}

/// A repository as a person writes it.
enum Repository {
    /// Makes paths absolute, and replaces a folder in a repository by the repository; everything else is left to the server.
    static func address(of text: String) -> String {
        guard !text.isEmpty else { return text }
        let isURL = text.contains("://") || text.contains("::") || text.contains("@")
        // A host without its scheme is not taken for a folder here: the server says what is missing.
        let isHost = text.prefixMatch(of: /[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+\//) != nil
        if isURL || isHost, !FileManager.default.fileExists(atPath: text) { return text }
        let path = URL(filePath: text, relativeTo: URL(filePath: FileManager.default.currentDirectoryPath + "/"))
            .standardizedFileURL.path(percentEncoded: false).withoutTrailingSlash
        return RepositoryTop.of(path, environment: ProcessInfo.processInfo.environment) ?? path
    }
}

extension String {
    fileprivate var withoutTrailingSlash: String { count > 1 && hasSuffix("/") ? String(dropLast()) : self }
}
