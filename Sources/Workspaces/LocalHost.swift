import Accounts
import AgentProtocol
import Foundation
import Logging
import Processes

/// This machine as a place for workspaces: bubblewrap, control groups, and runners as detached processes.
public struct LocalHost: WorkspaceHost {
    public let home: Home
    let git: Git
    /// The folder with `sam-runner` and `sam-scout`.
    let programs: String
    let controlGroups: ControlGroups
    private let libraries: [String]
    private let mirrors = MirrorQueue()
    private let probe: SandboxProbe
    private let logger: Logger

    /// Looks at the machine.
    ///
    /// - Parameters:
    ///   - home: SAM's home; its folders exist.
    ///   - programs: the folder with SAM's own programs.
    /// - Throws: ``WorkspaceError`` when git or SAM's own programs are missing.
    public init(home: Home, programs: String = Program.ownFolder, logger: Logger) throws {
        self.home = home
        self.programs = programs
        self.logger = logger
        git = try Git()
        guard Program.find(programs + "/sam-runner") != nil else {
            throw WorkspaceError(.home, "sam-runner is not beside sam in \(programs). Build or install both.")
        }
        controlGroups = ControlGroups.detect()
        libraries = RuntimeLibraries.folders()
        probe = SandboxProbe()
        do {
            try Data("root:x:0:0::/nonexistent:/bin/false\nagent:x:1000:1000::/home/agent:/bin/sh\n".utf8)
                .write(to: URL(filePath: home.sandboxFiles + "/passwd"), options: .atomic)
            try Data("root:x:0:\nagent:x:1000:\n".utf8)
                .write(to: URL(filePath: home.sandboxFiles + "/group"), options: .atomic)
        } catch {
            throw WorkspaceError(.home, "SAM's home \(home.path) can't be written: \(error.localizedDescription)")
        }
    }

    public func check(_ project: Project) async throws {
        guard project.sandbox == .bubblewrap else { return }
        try await probe.succeed()
    }

    public func prepare(_ request: WorkspaceRequest) async throws -> PreparedWorkspace {
        try await check(request.project)
        let location = try RepositoryLocation(request.project.repository)
        let mirror = mirror(of: request.project.id)
        let base = try await mirrors.exclusively(request.project.id) { try await mirror.update(from: location) }
        try makeFolder(home.session(request.session))
        try makeFolder(home.agentHome(request.session))
        try makeFolder(home.sockets(request.session))
        try await Checkout(
            git: git, mirror: mirror, path: home.workspace(request.session), branch: request.branch
        ).create(from: base, keptFor: request.session)
        return PreparedWorkspace(base: base.commit, defaultBranch: base.branch, notes: base.notes)
    }

    public func launch(_ launch: RunnerLaunch) async throws {
        let folder = home.attempt(launch.session, launch.attempt)
        try makeFolder(folder)
        let group = try controlGroups.create(groupName(launch.session), limits: launch.limits)
        let command = agentCommand(launch)
        let configuration = RunnerConfiguration(
            session: launch.session, attempt: launch.attempt, token: launch.token, controlSocket: home.controlSocket,
            folder: folder, command: command, sandbox: launch.project.sandbox.rawValue,
            workingDirectory: workspaceInside(launch.project, launch.session), controlGroups: group.joins,
            memoryEvents: group.memoryEvents, handshakeTimeout: launch.handshakeTimeout * 1_000,
            outputLimit: launch.outputLimit, stopGrace: 5_000)
        let file = RunnerConfiguration.configurationPath(in: folder)
        guard let content = try? JSONLine.encode(configuration),
            FileManager.default.createFile(atPath: file, contents: content, attributes: [.posixPermissions: 0o600])
        else { throw WorkspaceError(.sandbox, "The runner's configuration \(file) can't be written.") }
        do {
            try Command(
                programs + "/sam-runner", ["run", file], environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"],
                workingDirectory: "/"
            ).detach(log: RunnerConfiguration.logPath(in: folder))
        } catch {
            throw WorkspaceError(.sandbox, "The runner could not be started: \(error)")
        }
    }

    public func isRunnerAlive(_ session: SessionID, attempt: Int) -> Bool {
        FileLock.isHeld(path: RunnerConfiguration.lockPath(in: home.attempt(session, attempt)))
    }

    public func killRunner(_ session: SessionID, attempt: Int) async {
        let lock = RunnerConfiguration.lockPath(in: home.attempt(session, attempt))
        // While the lock is held, the number in it is its holder's.
        while FileLock.isHeld(path: lock) {
            if let pid = FileLock.holder(path: lock), pid > 1 { kill(pid, SIGKILL) }
            try? await Task.sleep(for: .milliseconds(20))
            if Task.isCancelled { return }
        }
    }

    public func spooledEvents(_ session: SessionID, attempt: Int) -> [NumberedEvent] {
        let path = RunnerConfiguration.spoolPath(in: home.attempt(session, attempt))
        guard let spool = FileManager.default.contents(atPath: path) else { return [] }
        return spool.split(separator: UInt8(ascii: "\n")).compactMap { try? JSONLine.decode(from: Data($0)) }
    }

    public func salvage(_ request: SalvageRequest) async throws -> WorkspaceResult {
        controlGroups.remove(groupName(request.session))
        let workspace = workspaceInside(request.project, request.session)
        let wrap: @Sendable (Command) -> Command
        switch request.project.sandbox {
        case .bubblewrap:
            let sandbox = sandbox(request.project, request.session)
            wrap = { sandbox.wrap($0) }
        case .none:
            wrap = { $0 }
        }
        let salvage = Salvage(
            git: git, mirror: mirror(of: request.project.id), wrap: wrap, workspace: workspace,
            runner: programs + "/sam-runner", folder: home.session(request.session))
        return try await mirrors.exclusively(request.project.id) { try await salvage.run(request) }
    }

    public func cleanUp(_ session: SessionID, of project: ProjectID, keepingWorkspace: Bool) async {
        controlGroups.remove(groupName(session))
        let files = FileManager.default
        try? files.removeItem(atPath: home.sockets(session))
        for attempt in (try? files.contentsOfDirectory(atPath: home.session(session))) ?? [] where attempt.hasPrefix("attempt-") {
            // The token in it is dead; there is no reason to keep it.
            try? files.removeItem(atPath: RunnerConfiguration.configurationPath(in: "\(home.session(session))/\(attempt)"))
        }
        guard !keepingWorkspace else { return }
        try? files.removeItem(atPath: home.agentHome(session))
        try? files.removeItem(atPath: home.workspace(session))
        _ = try? await git.run(
            ["update-ref", "-d", "refs/sam/keep/\(session.rawValue)"], in: mirror(of: project).path, failing: .checkout)
    }

    // MARK: - Results

    /// The files that a result changed.
    ///
    /// - Throws: ``WorkspaceError``.
    public func changes(in result: WorkspaceResult) async throws -> [FileChange] {
        try await diff(result).changes()
    }

    /// The result as a patch.
    ///
    /// - Throws: ``WorkspaceError``.
    public func patch(of result: WorkspaceResult) async throws -> String {
        try await diff(result).patch()
    }

    /// Pushes a result's branch to the repository it came from, under the same name.
    ///
    /// - Throws: ``WorkspaceError`` with what git said.
    public func land(_ branch: String, of project: Project) async throws {
        let location = try RepositoryLocation(project.repository)
        var arguments = ["push", "--quiet", "--no-verify"]
        if case .local = location {
            // The repository's own hooks belong to whoever wrote it, not to whoever lands a branch in it.
            arguments.append("--receive-pack=git -c core.hooksPath=/dev/null -c core.fsmonitor=false receive-pack")
        }
        try await git.run(
            arguments + ["--", location.address, "refs/heads/\(branch):refs/heads/\(branch)"],
            in: mirror(of: project.id).path, configuration: .users,
            extra: ["GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"],
            timeout: .seconds(600), failing: .repository)
    }

    /// Asks a repository for its HEAD, to know that it is one.
    ///
    /// - Throws: ``WorkspaceError``.
    public func probe(_ location: RepositoryLocation) async throws {
        _ = try await Mirror.probe(location, git: git)
    }

    private func diff(_ result: WorkspaceResult) -> Diff {
        Diff(git: git, mirror: result.mirror, base: result.base, commit: result.commit)
    }

    // MARK: - Parts

    private func mirror(of project: ProjectID) -> Mirror {
        Mirror(git: git, path: home.mirror(project))
    }

    private func groupName(_ session: SessionID) -> String { "sam-\(session.rawValue)" }

    private func workspaceInside(_ project: Project, _ session: SessionID) -> String {
        project.sandbox == .none ? home.workspace(session) : Sandbox.Inside.workspace
    }

    private func sandbox(_ project: Project, _ session: SessionID) -> Sandbox {
        let objects = home.mirror(project.id) + "/objects"
        return Sandbox(
            program: probe.program ?? "/usr/bin/bwrap",
            binds: [
                Sandbox.Bind(host: home.workspace(session), inside: Sandbox.Inside.workspace, access: .readWrite),
                Sandbox.Bind(host: home.agentHome(session), inside: Sandbox.Inside.home, access: .readWrite),
                // The checkout names this path in its alternates, so it has to be the same inside.
                Sandbox.Bind(host: objects, inside: objects, access: .readOnly),
            ],
            passwd: home.sandboxFiles + "/passwd", group: home.sandboxFiles + "/group")
    }

    private func agentCommand(_ launch: RunnerLaunch) -> Command {
        let extra = launch.agent.environment.merging(
            ["SAM_SESSION": launch.session.rawValue], uniquingKeysWith: { $1 })
        guard launch.project.sandbox == .bubblewrap else {
            let environment = AgentEnvironment.make(
                home: home.agentHome(launch.session), programs: programs, temporary: "/tmp", extra: extra)
            return Command(
                launch.agent.executable, launch.agent.arguments, environment: environment,
                workingDirectory: home.workspace(launch.session))
        }

        var sandbox = sandbox(launch.project, launch.session)
        sandbox.binds.append(
            Sandbox.Bind(host: home.sockets(launch.session), inside: Sandbox.Inside.sockets, access: .readOnly))
        let forwarder = Sandbox.Inside.programs + "/sam-runner"
        sandbox.binds.append(Sandbox.Bind(host: programs + "/sam-runner", inside: forwarder, access: .readOnly))
        for folder in libraries + launch.agent.folders {
            sandbox.binds.append(Sandbox.Bind(host: folder, inside: folder, access: .readOnly))
        }
        var agent = launch.agent.executable
        if agent.hasPrefix(programs + "/") {
            agent = Sandbox.Inside.programs + agent.dropFirst(programs.count)
            sandbox.binds.append(Sandbox.Bind(host: launch.agent.executable, inside: agent, access: .readOnly))
        } else if !agent.hasPrefix("/usr/"), !launch.agent.folders.contains(where: { agent.hasPrefix($0 + "/") }) {
            sandbox.binds.append(Sandbox.Bind(host: agent, inside: agent, access: .readOnly))
        }
        let environment = AgentEnvironment.make(
            home: Sandbox.Inside.home, programs: Sandbox.Inside.programs, temporary: "/tmp", extra: extra)
        return sandbox.wrap(
            Command(
                forwarder,
                ["inside", "--socket", Sandbox.Inside.sockets + "/gateway.sock", "--port", "4140", "--", agent]
                    + launch.agent.arguments,
                environment: environment, workingDirectory: Sandbox.Inside.workspace))
    }

    private func makeFolder(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw WorkspaceError(.checkout, "\(path) can't be made: \(error.localizedDescription)")
        }
    }
}
