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
            The agent works in a sandbox on a checkout of its own. What it leaves is a branch; your repository is not touched.
            Ctrl-C cancels the session and keeps its work; a second Ctrl-C leaves at once.
            On a terminal it asks what the agent wants to know; `sam sessions answer` does from anywhere.
            The session ends when its task is done, nothing runs any more, and nothing else was written to it (sam sessions prompt). With --open it stays
            open for prompts until `sam sessions finish`. One that is over goes on in another, from its branch: sam sessions resume.

            EXAMPLES
              sam run --repo .
              sam run --repo https://github.com/apple/swift-nio "What is this?"
              sam run --repo . --include-changes "Finish what I began"
              sam run --repo . --agent claude-code --open "Let's plan the parser"
              sam run --repo . --agent claude-code --attach screenshot.png "Why does it look like this?"
              sam run --project swift-nio --agent scout --json
            """)

    @Option(help: "A path or a URL.")
    var repo: String?

    @Option(help: "A project's name or id, instead of a repository.")
    var project: String?

    @Option(help: "Which agent; `sam agents` lists them.")
    var agent = "scout"

    @Option(help: "Whose credential the agent works with, where it can work with several.")
    var provider: String?

    @Option(help: "What the agent may do without asking: ask, edits or everything; if missing, the setting agents.permissions.")
    var permissions: PermissionMode?

    @Option(help: "fast, strong, or a model's name; if missing, the setting agents.AGENT.model.")
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

    @Argument(help: "What to do.")
    var task: [String] = []

    func validate() throws {
        guard (repo == nil) != (project == nil) else {
            throw ValidationError("Name either a repository with --repo or a project with --project.")
        }
        guard task.isEmpty || !text.isBlank else {
            throw ValidationError("The task is empty. Say what to do, or leave it out to have the repository explored.")
        }
    }

    private var text: String { task.joined(separator: " ") }

    func run() async throws {
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
    /// What is not committed in the repository, when it is to be brought; otherwise it is only told of.
    private func changes(_ address: String?, _ client: APIClient) async throws -> CarriedChanges? {
        var address = address
        if let project { address = try await client.get("/api/v1/projects/\(project.pathSegment)", as: ProjectView.self).repository }
        guard let address, let local = LocalChanges(at: address) else {
            guard includeChanges else { return nil }
            throw APIClient.Failure(
                status: nil,
                description: "--include-changes brings what is not committed in a repository on this machine, and this is none.")
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
            // It is a service, and the session needs none of it.
            Terminal.warn("! Whether everything is committed is not known. \(reason(of: error))")
        }
    }
}

extension PermissionMode: ExpressibleByArgument {}

/// Starting a session and seeing it to its end.
struct SessionStart {
    /// A project's name or id, or…
    var project: String?
    /// … the repository of one that is there already or is added with the session.
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

/// Seeing a session that was just made to its end, or leaving it to itself.
struct SessionFollowing {
    var session: SessionView
    /// Whether it takes prompts until somebody says that it is finished.
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
            let _: SessionView? = try? await client.post(path + "/cancel")
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

/// A repository as a person names it.
enum Repository {
    /// A path becomes absolute, and that of a folder inside a repository the repository's; everything else is the server's to judge.
    static func address(of text: String) -> String {
        guard !text.isEmpty else { return text }
        let isURL = text.contains("://") || text.contains("::") || text.contains("@")
        if isURL, !FileManager.default.fileExists(atPath: text) { return text }
        let path = URL(filePath: text, relativeTo: URL(filePath: FileManager.default.currentDirectoryPath + "/"))
            .standardizedFileURL.path(percentEncoded: false).withoutTrailingSlash
        return RepositoryTop.of(path, environment: ProcessInfo.processInfo.environment) ?? path
    }
}

extension String {
    fileprivate var withoutTrailingSlash: String { count > 1 && hasSuffix("/") ? String(dropLast()) : self }
}
