import Accounts
import AgentProtocol
import Foundation
import Processes

extension LocalHost {
    /// Lets git reach a repository. One on this machine is served by git in a sandbox that sees it alone and shows it a configuration of
    /// SAM's in place of its own, so that nothing that it brings along is run.
    ///
    /// - Parameter sandbox: what the project wants. Only one that goes without a sandbox is served without one where there is none.
    /// - Throws: ``WorkspaceError``, and what the body throws.
    func reaching<Result: Sendable>(
        _ location: RepositoryLocation, to act: RepositoryAccess.Act, sandbox: Project.Sandbox,
        _ body: @Sendable (RepositoryAccess) async throws -> Result
    ) async throws -> Result {
        guard let path = try await localPath(of: location) else {
            var access = RepositoryAccess.remote(location.address)
            // An address that only the user's rules for pushing turn into a path is not served in a sandbox.
            access.extra["GIT_ALLOW_PROTOCOL"] = "http:https:ssh"
            return try await body(access)
        }
        let repository = try await aside { try LocalRepository(at: path) }
        do {
            try await probe.succeed()
        } catch  where sandbox == .none {
            return try await body(.unconfined(repository, act))
        }
        let scratch = try Scratch(for: repository, in: home)
        defer { scratch.remove() }
        let command = try await service(of: repository, act, scratch)
        do { try JSONLine.encode(command).write(to: URL(filePath: scratch.command), options: .atomic) } catch {
            throw WorkspaceError(.repository, "\(scratch.command) can't be written: \(error.localizedDescription)")
        }
        // git hands these values to a shell, so they are constant; what they name comes by environment.
        let access = RepositoryAccess(
            address: repository.folder, name: repository.path,
            switches: [(act == .read ? "--upload-pack" : "--receive-pack") + "=\"$SAM_UPLOAD_PACK\" upload-pack"],
            extra: ["SAM_UPLOAD_PACK": programs + "/sam-runner", "SAM_UPLOAD_PACK_COMMAND": scratch.command], configuration: .none)
        do { return try await body(access) } catch let error as WorkspaceError {
            throw WorkspaceError(error.code, error.message.replacing("'\(Self.inside)'", with: repository.path))
        }
    }

    /// The path of a repository that is on this machine, be it that its user's rules (`url.….insteadOf`) make its address one.
    private func localPath(of location: RepositoryLocation) async throws -> String? {
        if case .local(let path) = location { return path }
        let said = try await git.run(
            ["ls-remote", "--get-url", "--", location.address], configuration: .users, failing: .repository)
        let address = said.text.trimmingCharacters(in: .newlines)
        if address.hasPrefix("/") { return address }
        guard address.lowercased().hasPrefix("file:") else { return nil }
        return URL(string: address)?.path(percentEncoded: false)
    }

    /// Where it stands in its sandbox.
    private static let inside = "/repository"

    /// What serves it.
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
            program: probe.program ?? "/usr/bin/bwrap", binds: binds, passwd: home.sandboxFiles + "/passwd",
            group: home.sandboxFiles + "/group", filter: home.systemCallFilter)
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
        return try scratch.asOwner(command).entered(by: programs + "/sam-runner")
    }

    /// What its configuration says, without what it includes. Reading a file by its name does nothing that it says.
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
    /// What keeps git from running anything of a repository's whose configuration it reads all the same.
    static let harmless = [
        "-c", "safe.directory=*", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.alternateRefsCommand=true",
        "-c", "receive.autogc=false", "-c", "receive.denyCurrentBranch=refuse", "-c", "gc.auto=0", "-c", "maintenance.auto=false",
    ]

    /// git refuses repositories of other owners. Naming one is the administrator's word that it is meant. The word has to stand here: git
    /// hands no configuration from its environment to a local upload-pack.
    fileprivate static func unconfined(_ repository: LocalRepository, _ act: Act) -> RepositoryAccess {
        let program = act == .read ? "upload-pack" : "receive-pack"
        let words = ["git"] + harmless + [program]
        return RepositoryAccess(
            address: repository.folder, name: repository.path, switches: ["--\(program)=\(words.joined(separator: " "))"],
            configuration: .none)
    }
}
