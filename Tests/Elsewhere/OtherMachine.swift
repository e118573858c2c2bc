import Accounts
import AgentProtocol
import Foundation
import Logging
import Processes
import Sandbox
import Workspaces

/// Another machine as a host: workspaces live in a folder of their own, runners reach the server by TLS with their token, and git bundles
/// carry the repository in and the work out. Mirrors and results are the server's.
///
/// The machine's processes can't see the server's home. Files in the machine's folder say how it is: while `unreachable` is there, nothing on
/// it can be asked; while `busy` is there, runners wait for their turn, and the test starts them.
struct OtherMachine: WorkspaceHost {
    /// The server's side: mirrors and results.
    let here: LocalHost
    /// The machine's side.
    let there: LocalHost
    let folder: String
    let address: String
    let certificate: String

    static let kind = "elsewhere"

    init(folder: String, server: Home, address: String, certificate: String, logger: Logger) throws {
        let machine = Home(path: folder)
        try machine.create()
        self.folder = folder
        self.address = address
        self.certificate = folder + "/trust.pem"
        if !FileManager.default.fileExists(atPath: self.certificate) {
            try FileManager.default.copyItem(atPath: certificate, toPath: self.certificate)
        }
        here = try LocalHost(home: server, logger: logger)
        there = try LocalHost(home: machine, logger: logger)
    }

    // MARK: - The machine

    private var isReachable: Bool { !FileManager.default.fileExists(atPath: folder + "/unreachable") }

    private var isBusy: Bool { FileManager.default.fileExists(atPath: folder + "/busy") }

    private func reach() throws {
        guard isReachable else { throw WorkspaceError(.runner, "The other machine can't be reached.") }
    }

    /// A runner by what the machine knows of it.
    private func inner(_ runner: RunnerReference) throws -> RunnerReference {
        if let handle = runner.handle, handle.host != Self.kind {
            throw WorkspaceError(.runner, "The runner was started by another host: \(handle.host)")
        }
        return RunnerReference(session: runner.session, attempt: runner.attempt)
    }

    func check(_ project: Project) async throws { try await there.check(project) }

    func executable(named name: String) async -> String? { await there.executable(named: name) }

    func presence(of program: ProgramRequirements) async -> ProgramPresence { await there.presence(of: program) }

    /// Starts a runner that has its token and its place, and fetches what to run.
    func launch(_ launch: RunnerLaunch) async throws -> RunnerHandle {
        try reach()
        let attempt = there.home.attempt(launch.session, launch.attempt)
        try FileManager.default.createDirectory(atPath: attempt, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        var place = there.place(launch, folder: attempt)
        place.server = RunnerPlace.Server(address: address, trustRoots: certificate)
        let file = RunnerPlace.startPath(in: attempt)
        let content = try JSONLine.encode(RunnerStart(token: launch.token, place: place))
        guard FileManager.default.createFile(atPath: file, contents: content, attributes: [.posixPermissions: 0o600]) else {
            throw WorkspaceError(.sandbox, "\(file) can't be written.")
        }
        guard !isBusy else { return RunnerHandle(host: Self.kind, value: "job that waits") }
        // Everything but the server's home.
        let process = try Command(
            place.bubblewrap,
            ["--dev-bind", "/", "/", "--tmpfs", here.home.path, "--", place.programs + "/sam-runner", "run", file],
            environment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": folder], workingDirectory: "/"
        ).detach(log: RunnerPlace.logPath(in: attempt))
        return RunnerHandle(host: Self.kind, value: "job \(process)")
    }

    func liveness(of runner: RunnerReference) async -> RunnerLiveness {
        guard isReachable, let inner = try? inner(runner) else { return .unknown }
        let liveness = await there.liveness(of: inner)
        return liveness == .dead && isBusy ? .unknown : liveness
    }

    func waitForEnd(of runner: RunnerReference) async -> Bool {
        guard isReachable, let inner = try? inner(runner) else { return false }
        return await there.waitForEnd(of: inner)
    }

    func kill(_ runner: RunnerReference) async throws {
        try reach()
        try await there.kill(try inner(runner))
    }

    func spooledEvents(of runner: RunnerReference, after last: Int) async -> [NumberedEvent] {
        guard isReachable, let inner = try? inner(runner) else { return [] }
        return await there.spooledEvents(of: inner, after: last)
    }

    func leftSignIn(_ session: SessionID, file: String, limit: Int) async throws -> Data? {
        try await there.leftSignIn(session, file: file, limit: limit)
    }

    func removeSignIn(_ session: SessionID, file: String) async throws { try await there.removeSignIn(session, file: file) }

    // MARK: - Carried in and out

    func keep(_ changes: CarriedChanges, of session: SessionID) async throws {
        try await here.keep(changes, of: session)
        try await there.keep(changes, of: session)
    }

    func prepare(_ request: WorkspaceRequest) async throws -> PreparedWorkspace {
        try reach()
        let base = try await here.updateMirror(for: request).base
        // The mirror has them now. The server's side keeps no more of a session than its refs.
        let session = "\(here.home.path)/sessions/\(request.session.rawValue)"
        try? FileManager.default.removeItem(atPath: session + "/changes.pack")
        rmdir(session)
        let mirror = here.places(of: request.session, in: request.project.id).mirror
        let origin = "\(folder)/origins/\(request.project.id.rawValue)"
        let bundle = "\(folder)/in-\(request.session.rawValue).bundle"
        defer { try? FileManager.default.removeItem(atPath: bundle) }
        let kept = "refs/sam/keep/\(request.session.rawValue)"
        try await git(["bundle", "create", "-q", bundle, "--remotes=origin", "--tags", kept], in: mirror)
        if !FileManager.default.fileExists(atPath: origin) { try await git(["init", "-q", "--bare", origin], in: "/") }
        try await git(
            [
                "fetch", "-q", "--prune", "--no-tags", bundle, "+refs/remotes/origin/*:refs/heads/*", "+refs/tags/*:refs/tags/*",
                "+\(kept):\(kept)",
            ], in: origin)
        if let branch = base.branch {
            try await git(["symbolic-ref", "HEAD", "refs/heads/\(branch)"], in: origin)
        } else {
            try await git(["update-ref", "--no-deref", "HEAD", base.commit], in: origin)
        }
        var inner = request
        inner.project.repository = origin
        var prepared = try await there.prepare(inner)
        prepared.notes = base.notes
        return prepared
    }

    func salvage(_ request: SalvageRequest) async throws -> WorkspaceResult {
        try reach()
        let result = try await there.salvage(request)
        let id = request.session.rawValue
        let source = there.places(of: request.session, in: request.project.id)
        let target = here.places(of: request.session, in: request.project.id)
        try await carry(
            ["refs/heads/sam/\(id)-*", "refs/heads/sam/\(id)/", "refs/sam/work/\(id)/"], from: source.mirror, to: target.mirror)
        if FileManager.default.fileExists(atPath: source.lostWork) {
            if !FileManager.default.fileExists(atPath: target.lostWork) {
                try await git(["init", "-q", "--bare", target.lostWork], in: "/")
            }
            try await carry(["refs/sam/work/\(id)/"], from: source.lostWork, to: target.lostWork)
        }
        return result
    }

    /// Carries refs by a bundle.
    private func carry(_ patterns: [String], from source: String, to target: String) async throws {
        let names = try await git(["for-each-ref", "--format=%(refname)"] + patterns, in: source).split(separator: "\n").map(String.init)
        guard !names.isEmpty else { return }
        let bundle = "\(folder)/out-\(UUID().uuidString).bundle"
        defer { try? FileManager.default.removeItem(atPath: bundle) }
        try await git(["bundle", "create", "-q", bundle] + names, in: source)
        try await git(
            ["-c", "transfer.fsckObjects=true", "fetch", "-q", "--no-tags", "--no-write-fetch-head", bundle] + names.map { "+\($0):\($0)" },
            in: target)
    }

    @discardableResult
    private func git(_ arguments: [String], in folder: String) async throws -> String {
        let output = try await Command(
            "/usr/bin/git", arguments,
            environment: ["PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1"], workingDirectory: folder
        ).run(timeout: .seconds(120))
        guard output.termination.isSuccess else {
            throw WorkspaceError(.repository, "git \(arguments[0]) between the machines: \(output.standardError)")
        }
        return output.text
    }

    // MARK: - The end

    func cleanUp(_ session: SessionID, of project: ProjectID, keepingWorkspace: Bool, keepingHome: Bool) async {
        await there.cleanUp(session, of: project, keepingWorkspace: keepingWorkspace, keepingHome: keepingHome)
        if !keepingWorkspace { await here.releaseMirror(of: project, for: session) }
    }

    func forget(_ session: SessionID, of project: ProjectID, withWork: Bool) async {
        await there.forget(session, of: project, withWork: withWork)
        await here.forget(session, of: project, withWork: withWork)
    }

    func forget(_ project: ProjectID) async {
        await there.forget(project)
        await here.forget(project)
        try? FileManager.default.removeItem(atPath: "\(folder)/origins/\(project.rawValue)")
    }

    func keptWorkspace(_ session: SessionID) async -> String? { await there.keptWorkspace(session) }

    func keepHouse(needs: @escaping @Sendable (ProjectID) async throws -> MirrorNeeds) async {
        async let machine: Void = there.keepHouse(needs: needs)
        async let server: Void = here.keepHouse(needs: needs)
        _ = await (machine, server)
    }

    // MARK: - The server's side

    func land(_ branch: String, of project: Project, limits: FetchLimits) async throws -> Landing {
        try await here.land(branch, of: project, limits: limits)
    }

    func resolve(_ location: RepositoryLocation) async throws -> ResolvedRepository { try await here.resolve(location) }

    func probe(_ location: RepositoryLocation, sandbox: Project.Sandbox) async throws {
        try await here.probe(location, sandbox: sandbox)
    }

    func places(of session: SessionID, in project: ProjectID) -> ResultPlaces { here.places(of: session, in: project) }

    func work(in project: ProjectID) async throws -> [SessionID: [String]] { try await here.work(in: project) }

    func changes(in result: WorkspaceResult) async throws -> [FileChange] { try await here.changes(in: result) }

    func patch(of result: WorkspaceResult) async throws -> [UInt8] { try await here.patch(of: result) }

    func file(_ path: String, changedBy result: WorkspaceResult, limit: Int) async throws -> String? {
        try await here.file(path, changedBy: result, limit: limit)
    }
}
