import Accounts
import AgentProtocol
import Foundation
import Synchronization
import Workspaces

@testable import Sessions

/// A place for workspaces that stops where a test wants, and knows what stands there.
final class StagedHost: WorkspaceHost {
    /// Where it stops.
    enum Stop: Hashable, Sendable {
        /// Before a step of preparing; the last is after all of them.
        case prepare(SessionID, step: Int)
        case cleanUp(SessionID)
        case salvage(SessionID)
        /// Before what a runner left is read.
        case spool(SessionID)

        var name: String { "\(self)" }
    }

    private struct State {
        var things: [SessionID: Set<String>] = [:]
        var launches: [SessionID: [Int]] = [:]
        var lastLaunch: [SessionID: RunnerLaunch] = [:]
        var killed: Set<String> = []
        var stops: Set<Stop> = []
        var heedsCancellation = true
        var salvageFails = false
        var killFails = false
        var tellsEnds = false
        var looks: [SessionID: Int] = [:]
        var spoolReads: [SessionID: Int] = [:]
        var isBlind = false
        var seen: Set<RunnerReference> = []
    }

    /// What preparing makes, in order.
    static let steps = ["sockets", "home", "checkout", "ref"]
    static let base = "base"

    let signals = Signals()
    private let state = Mutex(State())

    /// What stands for a session.
    func things(of session: SessionID) -> Set<String> { state.withLock { $0.things[session] ?? [] } }

    /// The attempts whose runners were started.
    func launches(of session: SessionID) -> [Int] { state.withLock { $0.launches[session] ?? [] } }

    /// With what the newest runner was started.
    func lastLaunch(of session: SessionID) -> RunnerLaunch? { state.withLock { $0.lastLaunch[session] } }

    /// Stops at a place until ``goOn(from:)``.
    func stop(at stop: Stop) { state.withLock { _ = $0.stops.insert(stop) } }

    /// Makes a host that goes on with what it does although it was cancelled.
    func ignoreCancellation() { state.withLock { $0.heedsCancellation = false } }

    func failSalvages(_ fails: Bool) { state.withLock { $0.salvageFails = fails } }

    /// Makes a host that can't end runners.
    func failKills() { state.withLock { $0.killFails = true } }

    /// Makes a host that can wait for the end of a runner.
    func tellEnds() { state.withLock { $0.tellsEnds = true } }

    /// Whether it can't be told of any runner if it lives.
    func blind(_ isBlind: Bool) { state.withLock { $0.isBlind = isBlind } }

    /// Ends a runner, as a crash does.
    func die(_ session: SessionID, attempt: Int = 1) async { await end(RunnerReference(session: session, attempt: attempt)) }

    /// How often it was asked whether a session's runner lives.
    func looks(at session: SessionID) -> Int { state.withLock { $0.looks[session] ?? 0 } }

    /// How often what a session's runner left was read.
    func spoolReads(of session: SessionID) -> Int { state.withLock { $0.spoolReads[session] ?? 0 } }

    func isRunnerAlive(_ session: SessionID, attempt: Int) -> Bool {
        state.withLock { $0.launches[session]?.contains(attempt) == true && !$0.killed.contains("\(session.rawValue) \(attempt)") }
    }

    func reached(_ stop: Stop) async { await signals.wait(for: "at \(stop.name)") }

    func goOn(from stop: Stop) async { await signals.send("on from \(stop.name)") }

    /// Waits for the runner of an attempt to be started.
    func launched(_ session: SessionID, attempt: Int = 1) async { await signals.wait(for: "launched \(session.rawValue) \(attempt)") }

    private func pass(_ stop: Stop) async throws {
        guard state.withLock({ $0.stops.contains(stop) }) else { return }
        await signals.send("at \(stop.name)")
        if state.withLock({ $0.heedsCancellation }) {
            try await signals.waitUnlessCancelled(for: "on from \(stop.name)")
        } else {
            await signals.wait(for: "on from \(stop.name)")
        }
    }

    // MARK: - A host

    func check(_ project: Project) async throws {}

    func prepare(_ request: WorkspaceRequest) async throws -> PreparedWorkspace {
        for (number, thing) in Self.steps.enumerated() {
            request.report(WorkspaceProgress("making the \(thing)"))
            try await pass(.prepare(request.session, step: number))
            state.withLock { _ = $0.things[request.session, default: []].insert(thing) }
        }
        try await pass(.prepare(request.session, step: Self.steps.count))
        return PreparedWorkspace(base: Self.base, defaultBranch: "main", notes: [])
    }

    func launch(_ launch: RunnerLaunch) async throws -> RunnerHandle {
        state.withLock {
            $0.launches[launch.session, default: []].append(launch.attempt)
            $0.lastLaunch[launch.session] = launch
        }
        await signals.send("launched \(launch.session.rawValue) \(launch.attempt)")
        return Self.handle(launch.session, launch.attempt)
    }

    /// The handle of an attempt's runner.
    static func handle(_ session: SessionID, _ attempt: Int) -> RunnerHandle {
        RunnerHandle(host: "staged", value: "\(session.rawValue)/\(attempt)")
    }

    func liveness(of runner: RunnerReference) async -> RunnerLiveness {
        let isBlind = state.withLock { state in
            state.looks[runner.session, default: 0] += 1
            state.seen.insert(runner)
            return state.isBlind
        }
        return isBlind ? .unknown : isRunnerAlive(runner.session, attempt: runner.attempt) ? .alive : .dead
    }

    /// The runners that it was asked about, with the handles that came with the questions.
    var seen: Set<RunnerReference> { state.withLock { $0.seen } }

    func waitForEnd(of runner: RunnerReference) async -> Bool {
        let (session, attempt) = (runner.session, runner.attempt)
        guard state.withLock({ $0.tellsEnds }), isRunnerAlive(session, attempt: attempt) else { return false }
        await signals.send("watched \(session.rawValue) \(attempt)")
        await signals.wait(for: "killed \(session.rawValue) \(attempt)")
        return true
    }

    func watched(_ session: SessionID, attempt: Int = 1) async { await signals.wait(for: "watched \(session.rawValue) \(attempt)") }

    func kill(_ runner: RunnerReference) async throws {
        guard !state.withLock({ $0.killFails }) else { throw WorkspaceError(.runner, "It can't be killed.") }
        await end(runner)
    }

    private func end(_ runner: RunnerReference) async {
        state.withLock {
            _ = $0.killed.insert("\(runner.session.rawValue) \(runner.attempt)")
            $0.seen.insert(runner)
        }
        await signals.send("killed \(runner.session.rawValue) \(runner.attempt)")
    }

    func spooledEvents(of runner: RunnerReference, after last: Int) async -> [NumberedEvent] {
        state.withLock { $0.spoolReads[runner.session, default: 0] += 1 }
        try? await pass(.spool(runner.session))
        return []
    }

    func leftSignIn(_ session: SessionID, file: String, limit: Int) async throws -> Data? { nil }

    func removeSignIn(_ session: SessionID, file: String) async throws {}

    func salvage(_ request: SalvageRequest) async throws -> WorkspaceResult {
        try await pass(.salvage(request.session))
        guard !state.withLock({ $0.salvageFails }) else { throw WorkspaceError(.salvage, "It stays where it is.") }
        return WorkspaceResult(branch: nil, base: request.base, commit: request.base, project: request.project.id)
    }

    func cleanUp(_ session: SessionID, of project: ProjectID, keepingWorkspace: Bool, keepingHome: Bool) async {
        try? await pass(.cleanUp(session))
        state.withLock { state in
            if keepingWorkspace {
                state.things[session]?.remove("sockets")
            } else {
                state.things[session] = nil
            }
        }
    }

    func forget(_ session: SessionID, of project: ProjectID, withWork: Bool) async { state.withLock { $0.things[session] = nil } }
    func forget(_ project: ProjectID) async {}
    func keep(_ changes: CarriedChanges, of session: SessionID) async throws {}
    func executable(named name: String) async -> String? { "/usr/bin/\(name)" }
}

// What sessions never call.
extension StagedHost {
    func presence(of program: ProgramRequirements) async -> ProgramPresence { ProgramPresence(executable: nil) }
    func resolve(_ location: RepositoryLocation) async throws -> ResolvedRepository { ResolvedRepository(location: location) }
    func probe(_ location: RepositoryLocation, sandbox: Project.Sandbox) async throws {}
    func places(of session: SessionID, in project: ProjectID) -> ResultPlaces { ResultPlaces(mirror: "/mirror", lostWork: "/lost") }
    func changes(in result: WorkspaceResult) async throws -> [FileChange] { [] }
    func patch(of result: WorkspaceResult) async throws -> [UInt8] { [] }
    func work(in project: ProjectID) async throws -> [SessionID: [String]] { [:] }
    func file(_ path: String, changedBy result: WorkspaceResult, limit: Int) async throws -> String? { nil }
    func land(_ branch: String, of project: Project, limits: FetchLimits) async throws -> Landing {
        Landing(repository: project.repository, branch: branch, already: false)
    }
    func keptWorkspace(_ session: SessionID) async -> String? { nil }
    func keepHouse(needs: @escaping @Sendable (ProjectID) async throws -> MirrorNeeds) async {}
}

/// The addresses of sessions, which a test can hold up.
final class StagedEndpoints: SessionEndpoints {
    let signals = Signals()
    private let held = Mutex<Set<SessionID>>([])

    /// Holds a session up when its addresses are to be served.
    func hold(_ session: SessionID) { held.withLock { _ = $0.insert(session) } }

    func reached(_ session: SessionID) async { await signals.wait(for: "at \(session.rawValue)") }

    func goOn(_ session: SessionID) async { await signals.send("on \(session.rawValue)") }

    func open(_ session: SessionID, of user: UserID) async throws {
        guard held.withLock({ $0.contains(session) }) else { return }
        await signals.send("at \(session.rawValue)")
        await signals.wait(for: "on \(session.rawValue)")
    }

    func close(_ session: SessionID) async {}
}
