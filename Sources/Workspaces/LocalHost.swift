import Accounts
import AgentProtocol
import Foundation
import Gathering
import Logging
import Processes
import Sandbox
import Wording

/// This machine as a host for workspaces: bubblewrap, control groups, and runners as detached processes.
public struct LocalHost: WorkspaceHost {
    /// SAM's home.
    public let home: Home
    var git: Git
    let own: OwnPrograms
    let controlGroups: ControlGroups
    let mirrors = MirrorQueue()
    /// Separate from fetches of origins, which can take an hour: results wait for each other only.
    let results = MirrorQueue()
    let trash: Trash
    /// Unfinished files that are older than this were left by processes that were killed.
    let started = Date()
    let probe: SandboxProbe
    let versions = ProgramVersions()
    let logger: Logger
    /// Measures how long is waited for a killed runner.
    let clock: any Clock<Duration>
    /// The kind of host in handles.
    static let kind = "local"

    /// Detects what the machine offers and writes the sandbox's files.
    ///
    /// - Parameters:
    ///   - home: SAM's home; its folders exist.
    ///   - programs: the folder with SAM's own programs.
    ///   - clock: measures how long is waited for a killed runner.
    /// - Throws: ``WorkspaceError`` when git or SAM's own programs are missing, or the home can't be written.
    public init(
        home: Home, programs: String = Program.ownFolder, logger: Logger, clock: any Clock<Duration> = ContinuousClock()
    ) throws {
        self.home = home
        self.clock = clock
        own = OwnPrograms(folder: programs)
        self.logger = logger
        git = try Git()
        guard Program.find(own.runner) != nil else {
            throw WorkspaceError(.home, "sam-runner is not beside sam in \(programs). Build or install both.")
        }
        trash = Trash(folder: home.trash, logger: logger)
        controlGroups = ControlGroups.detect()
        probe = SandboxProbe(runner: own.runner, filter: home.sandboxFiles.filter)
        do throws(SandboxError) {
            try home.sandboxFiles.write()
        } catch {
            throw WorkspaceError(.home, "SAM can't prepare sandboxes in its home: \(error.message)")
        }
    }

    /// Checks that a sandbox starts, if the project has one.
    public func check(_ project: Project) async throws {
        guard project.sandbox == .bubblewrap else { return }
        try await requireSandbox()
    }

    /// Checks that a sandbox starts.
    ///
    /// - Throws: ``WorkspaceError``.
    func requireSandbox() async throws {
        do { try await probe.succeed() } catch let error as SandboxError { throw WorkspaceError(error) }
    }

    /// Makes the control groups of a session.
    private func makeGroups(_ session: SessionID, _ limits: SandboxLimits) throws(WorkspaceError) -> ControlGroups.Group {
        do throws(SandboxError) {
            return try controlGroups.create(groupName(session), limits: limits)
        } catch {
            throw WorkspaceError(error)
        }
    }

    /// Updates the project's mirror and makes the session's working tree over its objects.
    public func prepare(_ request: WorkspaceRequest) async throws -> PreparedWorkspace {
        try await check(request.project)
        let mirror = mirror(of: request.project.id)
        let (base, given) = try await updateMirror(for: request)
        try makeFolder(home.session(request.session))
        try makeFolder(home.agentHome(request.session))
        if let earlier = request.earlier { await KeptHome(path: home.agentHome(earlier)).copy(to: home.agentHome(request.session), logger) }
        // A cancelled preparation creates nothing more.
        try Task.checkCancellation()
        try makeFolder(home.sockets(request.session))
        let session = request.session
        try given.remember(in: home.givenRefs(session))
        try await Checkout(
            git: git, mirror: mirror, path: home.workspace(session), branch: request.branch, limit: request.disk,
            inside: workspaceInside(request.project, session), wrap: wrap(request.project, session, joining: [])
        ).create(from: base, given: given, telling: request.report)
        // `-p` keeps the index's time, which is part of its content: a file written in the same second is compared again.
        let copy = Command("/bin/cp", ["-p", "--", home.workspace(session) + "/.git/index", home.baseIndex(session)])
        guard try await copy.run().termination.isSuccess else {
            throw WorkspaceError(.checkout, "The index of the workspace can't be copied to \(home.baseIndex(session)).")
        }
        // A label with the default branch would be wrong, unless this is its newest commit.
        return PreparedWorkspace(base: base.commit, defaultBranch: base.isNewest ? base.branch : nil, notes: base.notes)
    }

    /// Updates the project's mirror, and keeps the commit in it from which a session is to start.
    ///
    /// - Returns: that commit, and the origin's refs as they are now.
    /// - Throws: ``WorkspaceError``.
    package func updateMirror(for request: WorkspaceRequest) async throws -> (base: Mirror.Base, given: GivenRefs) {
        let location = try RepositoryLocation(request.project.repository)
        let mirror = mirror(of: request.project.id)
        request.report(WorkspaceProgress("waiting for the mirror, which is in use"))
        return try await mirrors.exclusively(request.project.id) {
            _ = try await aside { [started] in mirror.removeLeftovers(before: started) }
            var base = try await reaching(location, to: .read, sandbox: request.project.sandbox) { access in
                try await mirror.update(from: access, limits: request.limits, telling: request.report)
            }
            if let start = request.start {
                if let note = try await takeIn(start, of: request.session, into: mirror) { base.notes.append(note) }
                base.isNewest = base.commit == start
                base.commit = start
                try await checkThatIsThere(start, in: mirror)
            }
            let given = try await GivenRefs.of(mirror)
            // Still inside the exclusive section, because objects that nothing names can be removed from the mirror.
            try await mirror.keep(base.commit, for: request.session)
            return (base, given)
        }
    }

    private func checkThatIsThere(_ commit: String, in mirror: Mirror) async throws {
        let output = try await git.command(["cat-file", "-e", "\(commit)^{commit}"], in: mirror.path).run(timeout: .seconds(60))
        guard output.termination.isSuccess else {
            throw WorkspaceError(
                .checkout,
                "Commit \(commit.prefix(12)), from which the session is to start, is on no branch of its repository. Give it one: git branch NAME"
            )
        }
    }

    /// Makes the attempt's folder and control groups, and starts `sam-runner` as a detached process.
    public func launch(_ launch: RunnerLaunch) async throws -> RunnerHandle {
        try await Blocking.run { try start(launch) }
    }

    private func start(_ launch: RunnerLaunch) throws -> RunnerHandle {
        let folder = home.attempt(launch.session, launch.attempt)
        try makeFolder(folder)
        let file = RunnerPlace.startPath(in: folder)
        let start = RunnerStart(token: launch.token, configuration: launch.configuration, place: place(launch, folder: folder))
        guard let content = try? JSONLine.encode(start),
            FileManager.default.createFile(atPath: file, contents: content, attributes: [.posixPermissions: 0o600])
        else { throw WorkspaceError(.sandbox, "The runner's configuration \(file) can't be written.") }
        do {
            let process = try Command(
                own.runner, ["run", file], environment: Self.runnerEnvironment(of: ProcessInfo.processInfo.environment),
                workingDirectory: "/"
            ).detach(log: RunnerPlace.logPath(in: folder))
            return RunnerHandle(host: Self.kind, value: String(process))
        } catch {
            throw WorkspaceError(.sandbox, "The runner could not be started: \(reason(of: error))")
        }
    }

    /// Gathers the work in the sandbox and fetches it into the mirror. Retries with a narrower scope when git's checks refuse it.
    public func salvage(_ request: SalvageRequest) async throws -> WorkspaceResult {
        let session = request.session
        guard FileManager.default.fileExists(atPath: home.workspace(session)) else {
            throw WorkspaceError(.salvage, "The workspace \(home.workspace(session)) is gone: it was removed.")
        }
        let group = try await Blocking.run {
            controlGroups.remove(groupName(session))
            // The home of a session that is salvaged again was removed, and its sandbox needs one.
            try makeFolder(home.agentHome(session))
            // The gatherer gets the same limits as the agent had.
            return try makeGroups(session, request.limits)
        }
        let isSandboxed = request.project.sandbox != .none
        let folder = home.gathering(session)
        let salvage = Salvage(
            git: git, mirror: mirror(of: request.project.id),
            wrap: wrap(request.project, session, joining: group.joins, gathering: folder),
            workspace: workspaceInside(request.project, session), runner: own.runner,
            runnerInside: isSandboxed ? Sandbox.Inside.programs + "/sam-runner" : own.runner, folder: folder,
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

    /// One attempt, in an empty folder: a sandbox that looked at an agent's files could have left links in the previous one.
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

    /// Returns the wrapper that runs a command over a session's workspace in its sandbox, or unchanged if the project has none.
    private func wrap(
        _ project: Project, _ session: SessionID, joining groups: [String], gathering folder: String? = nil
    ) -> @Sendable (Command) -> Command {
        guard project.sandbox != .none else { return { $0 } }
        var sandbox = sandbox(project, session)
        if let folder {
            sandbox.binds += [
                Sandbox.Bind(host: folder, inside: Sandbox.Inside.gathering, access: .readWrite),
                Sandbox.Bind(host: own.runner, inside: Sandbox.Inside.programs + "/sam-runner", access: .readOnly),
            ]
            sandbox.binds += own.libraries.map { Sandbox.Bind(host: $0, inside: $0, access: .readOnly) }
        }
        return { [sandbox, own] command in sandbox.wrap(command).entered(by: own.runner, joining: groups) }
    }

    /// Removes control groups, sockets and the runner's files, and as requested the home and the workspace.
    public func cleanUp(_ session: SessionID, of project: ProjectID, keepingWorkspace: Bool, keepingHome: Bool) async {
        for _ in 0..<50 {
            guard await Blocking.run({ !controlGroups.remove(groupName(session)) }) else { break }
            try? await Task.sleep(for: .milliseconds(20))
        }
        await remove(home.sockets(session))
        let folders = await Blocking.run { (try? FileManager.default.contentsOfDirectory(atPath: home.session(session))) ?? [] }
        for attempt in folders where attempt.hasPrefix("attempt-") {
            // The token is invalid and the events are stored; only the runner's log may still be useful.
            let folder = "\(home.session(session))/\(attempt)"
            await remove(RunnerPlace.startPath(in: folder))
            await remove(RunnerPlace.spoolPath(in: folder))
        }
        // The agent's home, which may have a sign-in, is of no use to people who look at a kept workspace.
        if !keepingHome { await remove(home.agentHome(session)) }
        guard !keepingWorkspace else { return }
        for path in [
            home.workspace(session), home.baseIndex(session), home.givenRefs(session), home.carriedChanges(session),
            home.gathering(session),
        ] { await remove(path) }
        // Removes the folder of a session that never ran, which is empty by now; any other is not empty and stays.
        rmdir(home.session(session))
        await releaseMirror(of: project, for: session)
    }

    /// Removes the ref that keeps the commit from which a session's workspace started.
    package func releaseMirror(of project: ProjectID, for session: SessionID) async {
        let mirror = mirror(of: project)
        guard FileManager.default.fileExists(atPath: mirror.path) else { return }
        do {
            try await git.run(["update-ref", "-d", "refs/sam/keep/\(session.rawValue)"], in: mirror.path, failing: .checkout)
        } catch {
            logger.warning("\(mirror.path) keeps a ref for \(session.rawValue), which is over: \(logWords(of: error))")
        }
    }

    /// The path of a workspace that was kept; `nil` when it is gone.
    public func keptWorkspace(_ session: SessionID) async -> String? {
        let path = home.workspace(session)
        return await Blocking.run { FileManager.default.fileExists(atPath: path) ? path : nil }
    }

    /// Removes the session's folder, and with its work its refs in the mirror.
    public func forget(_ session: SessionID, of project: ProjectID, withWork: Bool) async {
        await remove(home.session(session))
        let mirror = mirror(of: project)
        guard withWork, FileManager.default.fileExists(atPath: mirror.path) else { return }
        do {
            try await results.exclusively(project) { try await mirror.forget(session) }
        } catch {
            logger.warning("\(mirror.path) keeps the work of \(session.rawValue), which is removed: \(logWords(of: error))")
        }
    }

    /// Removes the project's mirror.
    public func forget(_ project: ProjectID) async {
        // A running fetch ends first.
        try? await mirrors.exclusively(project) { await remove(home.mirror(project)) }
    }

    /// Removes a tree by moving it to the trash, or, when it can't be moved, in place before returning.
    private func remove(_ path: String) async {
        if await trash.take(path) { return }
        if await !Removal(path: path).run() { logger.warning("\(path) could not be removed.") }
    }

    // MARK: - Parts

    func mirror(of project: ProjectID) -> Mirror {
        Mirror(git: git, path: home.mirror(project))
    }

    private func groupName(_ session: SessionID) -> String { ControlGroups.name(of: session.rawValue) }

    func workspaceInside(_ project: Project, _ session: SessionID) -> String {
        project.sandbox == .none ? home.workspace(session) : Sandbox.Inside.workspace
    }

    func sandbox(_ project: Project, _ session: SessionID) -> Sandbox {
        Sandbox(
            program: bubblewrap, workspace: home.workspace(session), home: home.agentHome(session), objects: objects(of: project.id),
            files: home.sandboxFiles)
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
