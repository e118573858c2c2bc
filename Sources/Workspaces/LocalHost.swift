import Accounts
import AgentProtocol
import Foundation
import Gathering
import Logging
import Processes
import Wording

/// This machine as a place for workspaces: bubblewrap, control groups, and runners as detached processes.
public struct LocalHost: WorkspaceHost {
    public let home: Home
    var git: Git
    /// The folder with `sam-runner` and `sam-scout`.
    let programs: String
    let controlGroups: ControlGroups
    let libraries: [String]
    let mirrors = MirrorQueue()
    /// Apart from the fetches of origins, which can take an hour: results wait for each other only.
    let results = MirrorQueue()
    let trash: Trash
    /// What is older than this and half done was left by somebody who was killed.
    let started = Date()
    let probe: SandboxProbe
    let versions = ProgramVersions()
    let logger: Logger

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
        trash = Trash(folder: home.trash, logger: logger)
        controlGroups = ControlGroups.detect()
        libraries = RuntimeLibraries.folders()
        probe = SandboxProbe(runner: programs + "/sam-runner", filter: home.systemCallFilter)
        let filter = try SystemCallFilter.bytes()
        do {
            try Data(filter).write(to: URL(filePath: home.systemCallFilter), options: .atomic)
            try Data("root:x:0:0::/nonexistent:/bin/false\nagent:x:1000:1000::/home/agent:/bin/sh\n".utf8)
                .write(to: URL(filePath: home.sandboxFiles + "/passwd"), options: .atomic)
            try Data("root:x:0:\nagent:x:1000:\n".utf8)
                .write(to: URL(filePath: home.sandboxFiles + "/group"), options: .atomic)
        } catch {
            throw WorkspaceError(.home, "SAM's home \(home.path) can't be written: \(reason(of: error)).")
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
        request.report(WorkspaceProgress("waiting for the mirror, which is in use"))
        let (base, given) = try await mirrors.exclusively(request.project.id) {
            _ = try await aside { [started] in mirror.removeLeftovers(before: started) }
            var base = try await reaching(location, to: .read, sandbox: request.project.sandbox) { access in
                try await mirror.update(from: access, limits: request.limits, telling: request.report)
            }
            if let start = request.start {
                if let note = try await takeIn(start, of: request.session, into: mirror) { base.notes.append(note) }
                base.commit = start
            }
            let given = try await GivenRefs.of(mirror)
            // Before anybody else has the mirror: what is named by nothing can leave it.
            try await mirror.keep(base.commit, for: request.session)
            return (base, given)
        }
        try makeFolder(home.session(request.session))
        try makeFolder(home.agentHome(request.session))
        if let earlier = request.earlier { await KeptHome(path: home.agentHome(earlier)).copy(to: home.agentHome(request.session), logger) }
        // What was cancelled makes no more.
        try Task.checkCancellation()
        try makeFolder(home.sockets(request.session))
        let session = request.session
        try given.remember(in: home.givenRefs(session))
        try await Checkout(
            git: git, mirror: mirror, path: home.workspace(session), branch: request.branch,
            inside: workspaceInside(request.project, session), wrap: wrap(request.project, session, joining: [])
        ).create(from: base, given: given, telling: request.report)
        // Its time is part of what it tells: a file that was written in the same second is looked at again.
        let copy = Command("/bin/cp", ["-p", "--", home.workspace(session) + "/.git/index", home.baseIndex(session)])
        guard try await copy.run().termination.isSuccess else {
            throw WorkspaceError(.checkout, "The index of the workspace can't be copied to \(home.baseIndex(session)).")
        }
        return PreparedWorkspace(base: base.commit, defaultBranch: base.branch, notes: base.notes)
    }

    public func launch(_ launch: RunnerLaunch) async throws {
        try await Blocking.run { try start(launch) }
    }

    private func start(_ launch: RunnerLaunch) throws {
        var launch = launch
        let folder = home.attempt(launch.session, launch.attempt)
        try makeFolder(folder)
        let group = try controlGroups.create(groupName(launch.session), limits: launch.limits)
        try placeFiles(of: launch.agent, for: launch.session)
        let (conversation, arguments) = conversation(launch)
        launch.agent.arguments += arguments
        let command = agentCommand(launch)
        let configuration = RunnerConfiguration(
            session: launch.session, attempt: launch.attempt, token: launch.token, controlSocket: home.controlSocket,
            folder: folder, command: command, wireProtocol: launch.agent.wireProtocol, sandbox: launch.project.sandbox.rawValue,
            conversation: conversation, controlGroups: group.joins, memoryEvents: group.memoryEvents,
            handshakeTimeout: launch.handshakeTimeout * 1_000,
            outputLimit: launch.outputLimit,
            disk: RunnerConfiguration.Disk(
                folders: [home.workspace(launch.session), home.agentHome(launch.session)], limit: launch.limits.disk),
            answerTimeout: launch.answerTimeout * 1_000, stopGrace: 5_000,
            signIn: launch.signIn.map {
                RunnerConfiguration.SignIn(
                    folder: home.agentHome(launch.session), file: $0.file, agentType: $0.agentType, credentialKind: $0.credentialKind)
            })
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
            throw WorkspaceError(.sandbox, "The runner could not be started: \(reason(of: error))")
        }
    }

    public func salvage(_ request: SalvageRequest) async throws -> WorkspaceResult {
        let session = request.session
        guard FileManager.default.fileExists(atPath: home.workspace(session)) else {
            throw WorkspaceError(.salvage, "The workspace \(home.workspace(session)) is gone: it was removed.")
        }
        let group = try await Blocking.run {
            controlGroups.remove(groupName(session))
            // The home of a session that is salvaged again was removed, and its sandbox wants one.
            try makeFolder(home.agentHome(session))
            // What the agent left is looked at with no more of the machine than the agent had.
            return try controlGroups.create(groupName(session), limits: request.limits)
        }
        let isSandboxed = request.project.sandbox != .none
        let folder = home.gathering(session)
        let salvage = Salvage(
            git: git, mirror: mirror(of: request.project.id),
            wrap: wrap(request.project, session, joining: group.joins, gathering: folder),
            workspace: workspaceInside(request.project, session), runner: programs + "/sam-runner",
            runnerInside: isSandboxed ? Sandbox.Inside.programs + "/sam-runner" : programs + "/sam-runner", folder: folder,
            folderInside: isSandboxed ? Sandbox.Inside.gathering : folder, ownFolder: home.session(session),
            baseIndex: home.baseIndex(session), givenRefs: home.givenRefs(session), lostWork: home.lostWork(session), report: request.report
        )
        for scope in GatherRequest.Scope.allCases.dropLast() {
            if let result = try await bringOut(request, scope, by: salvage) { return result }
        }
        guard let result = try await bringOut(request, .plainFilesOnBase, by: salvage, isLastTry: true) else {
            throw WorkspaceError(.salvage, "git's checks refuse what the agent left.")
        }
        return result
    }

    /// One try, in an empty folder: a sandbox that looked at an agent's files could have put links into the last.
    ///
    /// - Returns: `nil` when git's checks refuse the session's own work.
    private func bringOut(
        _ request: SalvageRequest, _ scope: GatherRequest.Scope, by salvage: Salvage, isLastTry: Bool = false
    ) async throws -> WorkspaceResult? {
        await remove(salvage.folder)
        try makeFolder(salvage.folder)
        let report = try await salvage.gather(request, scope)
        var result = try await results.exclusively(request.project.id) {
            try await salvage.bringOut(request, report, isLastTry: isLastTry)
        }
        await remove(salvage.folder)
        if !scope.keepsHistory, result?.branch != nil {
            result?.remaining.append("HEAD's own history is refused by git's checks; its files are on the branch as one commit.")
        }
        return result
    }

    /// What runs a command over a session's workspace: its sandbox, or (where the project has none) nothing.
    private func wrap(
        _ project: Project, _ session: SessionID, joining groups: [String], gathering folder: String? = nil
    ) -> @Sendable (Command) -> Command {
        guard project.sandbox != .none else { return { $0 } }
        var sandbox = sandbox(project, session)
        let runner = programs + "/sam-runner"
        if let folder {
            sandbox.binds += [
                Sandbox.Bind(host: folder, inside: Sandbox.Inside.gathering, access: .readWrite),
                Sandbox.Bind(host: runner, inside: Sandbox.Inside.programs + "/sam-runner", access: .readOnly),
            ]
            sandbox.binds += libraries.map { Sandbox.Bind(host: $0, inside: $0, access: .readOnly) }
        }
        return { [sandbox] command in sandbox.wrap(command).entered(by: runner, joining: groups) }
    }

    public func cleanUp(_ session: SessionID, of project: ProjectID, keepingWorkspace: Bool, keepingHome: Bool) async {
        for _ in 0..<50 {
            guard await Blocking.run({ !controlGroups.remove(groupName(session)) }) else { break }
            try? await Task.sleep(for: .milliseconds(20))
        }
        await remove(home.sockets(session))
        let folders = await Blocking.run { (try? FileManager.default.contentsOfDirectory(atPath: home.session(session))) ?? [] }
        for attempt in folders where attempt.hasPrefix("attempt-") {
            // The token is dead and the events are stored; only the runner's own log may still tell something.
            let folder = "\(home.session(session))/\(attempt)"
            await remove(RunnerConfiguration.configurationPath(in: folder))
            await remove(RunnerConfiguration.spoolPath(in: folder))
        }
        // What an agent keeps in its home, a sign-in perhaps, is of no use to who looks at a workspace that was kept.
        if !keepingHome { await remove(home.agentHome(session)) }
        guard !keepingWorkspace else { return }
        for path in [
            home.workspace(session), home.baseIndex(session), home.givenRefs(session), home.carriedChanges(session),
            home.gathering(session),
        ] { await remove(path) }
        // Of one that never ran nothing is in it any more; another's folder is not removed by this.
        rmdir(home.session(session))
        let mirror = mirror(of: project)
        guard FileManager.default.fileExists(atPath: mirror.path) else { return }
        do {
            try await git.run(["update-ref", "-d", "refs/sam/keep/\(session.rawValue)"], in: mirror.path, failing: .checkout)
        } catch {
            logger.warning("\(mirror.path) keeps a ref for \(session.rawValue), which is over: \(error)")
        }
    }

    /// Where a workspace that was kept stands; `nil` when it is gone.
    public func keptWorkspace(_ session: SessionID) -> String? {
        let path = home.workspace(session)
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }

    public func forget(_ session: SessionID, of project: ProjectID, withWork: Bool) async {
        await remove(home.session(session))
        let mirror = mirror(of: project)
        guard withWork, FileManager.default.fileExists(atPath: mirror.path) else { return }
        do {
            try await results.exclusively(project) { try await mirror.forget(session) }
        } catch {
            logger.warning("\(mirror.path) keeps the work of \(session.rawValue), which is removed: \(error)")
        }
    }

    public func forget(_ project: ProjectID) async {
        // A fetch that is under way ends first.
        try? await mirrors.exclusively(project) { await remove(home.mirror(project)) }
    }

    /// Removes a tree: out of the way at once, or (where it can't be moved) before anything else is done.
    private func remove(_ path: String) async {
        if await trash.take(path) { return }
        if await !Removal(path: path).run() { logger.warning("\(path) could not be removed.") }
    }

    // MARK: - Parts

    func mirror(of project: ProjectID) -> Mirror {
        Mirror(git: git, path: home.mirror(project))
    }

    private func groupName(_ session: SessionID) -> String { "sam-\(session.rawValue)" }

    func workspaceInside(_ project: Project, _ session: SessionID) -> String {
        project.sandbox == .none ? home.workspace(session) : Sandbox.Inside.workspace
    }

    func sandbox(_ project: Project, _ session: SessionID) -> Sandbox {
        let objects = home.mirror(project.id) + "/objects"
        return Sandbox(
            program: probe.program ?? "/usr/bin/bwrap",
            binds: [
                Sandbox.Bind(host: home.workspace(session), inside: Sandbox.Inside.workspace, access: .readWrite),
                Sandbox.Bind(host: home.agentHome(session), inside: Sandbox.Inside.home, access: .readWrite),
                // The checkout names this path in its alternates, so it has to be the same inside.
                Sandbox.Bind(host: objects, inside: objects, access: .readOnly),
            ],
            passwd: home.sandboxFiles + "/passwd", group: home.sandboxFiles + "/group", filter: home.systemCallFilter)
    }

    private func makeFolder(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw WorkspaceError(.checkout, "\(path) can't be made: \(reason(of: error)).")
        }
    }
}
