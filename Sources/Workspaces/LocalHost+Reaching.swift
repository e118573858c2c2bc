import Accounts
import AgentProtocol
import Foundation
import Processes
import Sandbox
import Wording

extension LocalHost {
    /// Gives git access to a repository. A repository on this machine is served by git in a sandbox that sees only the repository, with
    /// SAM's configuration in place of its own, so that none of its hooks or commands run.
    ///
    /// - Parameter sandbox: the project's sandbox. Where sandboxes can't be started, only a project without one gets direct access.
    /// - Throws: ``WorkspaceError``, and what the body throws.
    func reaching<Result: Sendable>(
        _ location: RepositoryLocation, to act: RepositoryAccess.Act, sandbox: Project.Sandbox,
        _ body: @Sendable (RepositoryAccess) async throws -> Result
    ) async throws -> Result {
        guard let path = try await localPath(of: location) else {
            var access = RepositoryAccess.remote(location.address)
            // An address that the user's rules turn into a path for pushes only is not served in a sandbox.
            access.extra["GIT_ALLOW_PROTOCOL"] = "http:https:ssh"
            return try await body(access)
        }
        let repository = try await aside { try LocalRepository(at: path) }
        do {
            try await requireSandbox()
        } catch  where sandbox == .none {
            return try await body(.unconfined(repository, act))
        }
        let scratch = try Scratch(for: repository, in: home)
        defer { scratch.remove() }
        let command = try await service(of: repository, act, scratch)
        do { try JSONLine.encode(command).write(to: URL(filePath: scratch.command), options: .atomic) } catch {
            throw WorkspaceError(.repository, "\(scratch.command) can't be written: \(reason(of: error))")
        }
        // git passes these values to a shell, so they are constant; the paths come through the environment.
        let access = RepositoryAccess(
            address: repository.folder, name: repository.path,
            switches: [(act == .read ? "--upload-pack" : "--receive-pack") + "=\"$SAM_UPLOAD_PACK\" upload-pack"],
            extra: ["SAM_UPLOAD_PACK": own.runner, "SAM_UPLOAD_PACK_COMMAND": scratch.command], configuration: .none)
        do { return try await body(access) } catch let error as WorkspaceError {
            throw WorkspaceError(error.code, error.message.replacing("'\(Self.inside)'", with: repository.path))
        }
    }

    /// The path of a repository on this machine, also when the user's rules (`url.….insteadOf`) turn its address into one.
    private func localPath(of location: RepositoryLocation) async throws -> String? {
        if case .local(let path) = location { return path }
        let said = try await git.run(
            ["ls-remote", "--get-url", "--", location.address], configuration: .users, failing: .repository)
        let address = said.text.trimmingCharacters(in: .newlines)
        if address.hasPrefix("/") { return address }
        guard address.lowercased().hasPrefix("file:") else { return nil }
        return URL(string: address)?.path(percentEncoded: false)
    }

    /// The repository's path in its sandbox.
    private static let inside = "/repository"

    /// The command that serves a repository in its sandbox.
    private func service(of repository: LocalRepository, _ act: RepositoryAccess.Act, _ scratch: Scratch) async throws -> Command {
        let folder = repository.folder
        let hasLogs = FileEntry(folder + "/logs") == .folder
        var binds = [Sandbox.Bind(host: folder, inside: Self.inside, access: .readOnly)]
        if act == .write {
            for name in ["objects", "refs"] + (hasLogs ? ["logs"] : []) {
                binds.append(Sandbox.Bind(host: "\(folder)/\(name)", inside: "\(Self.inside)/\(name)", access: .readWrite))
            }
        }
        if FileEntry(folder + "/config") == .file {
            let own = try await configuration(of: repository)
            let text = LocalConfiguration.text(replacing: own, isBare: !folder.hasSuffix("/.git"), keepsLogs: act == .write && hasLogs)
            try scratch.write(text, to: scratch.configuration)
            binds.append(Sandbox.Bind(host: scratch.configuration, inside: Self.inside + "/config", access: .readOnly))
        }
        var sandbox = Sandbox(
            program: bubblewrap, binds: binds, files: home.sandboxFiles)
        if scratch.owner != nil { (sandbox.passwd, sandbox.group) = ("/dev/null", "/dev/null") }
        let command = sandbox.wrap(
            Command(
                "/usr/bin/git",
                RepositoryAccess.harmless + (act == .read ? ["upload-pack", "--strict", Self.inside] : ["receive-pack", Self.inside]),
                environment: AgentEnvironment.identity.merging(
                    [
                        "PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C", "GIT_CONFIG_GLOBAL": "/dev/null",
                        "GIT_CONFIG_NOSYSTEM": "1", "GIT_PROTOCOL": act == .read ? "version=2" : "",
                    ], uniquingKeysWith: { $1 }),
                workingDirectory: "/"))
        return try scratch.asOwner(command).entered(by: own.runner)
    }

    /// The repository's configuration without includes. Listing a file by its name runs none of its settings.
    private func configuration(of repository: LocalRepository) async throws -> [UInt8] {
        let file = repository.folder + "/config"
        guard FileEntry.size(file) <= 1 << 20 else {
            throw WorkspaceError(.repository, "\(file) has more than 1 MiB, which is no configuration.")
        }
        return try await git.run(
            ["config", "--file", file, "--no-includes", "--null", "--list"], limit: 4 << 20, failing: .repository
        ).standardOutput
    }
}

extension RepositoryAccess {
    /// Settings that keep git from running any program of a repository whose configuration it reads.
    static let harmless = [
        "-c", "safe.directory=*", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.alternateRefsCommand=true",
        "-c", "receive.autogc=false", "-c", "receive.denyCurrentBranch=refuse", "-c", "gc.auto=0", "-c", "maintenance.auto=false",
    ]

    /// Direct access without a sandbox. git refuses repositories of other owners; an administrator who names one vouches for it. The
    /// settings have to be in the command: git passes no configuration from its environment to a local upload-pack.
    fileprivate static func unconfined(_ repository: LocalRepository, _ act: Act) -> RepositoryAccess {
        let program = act == .read ? "upload-pack" : "receive-pack"
        let words = ["git"] + harmless + [program]
        return RepositoryAccess(
            address: repository.folder, name: repository.path, switches: ["--\(program)=\(words.joined(separator: " "))"],
            configuration: .none)
    }
}
