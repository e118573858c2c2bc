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

    func launch(_ launch: RunnerLaunch) async throws {
        state.withLock {
            $0.launches[launch.session, default: []].append(launch.attempt)
            $0.lastLaunch[launch.session] = launch
        }
        await signals.send("launched \(launch.session.rawValue) \(launch.attempt)")
    }

    func isRunnerAlive(_ session: SessionID, attempt: Int) -> Bool {
        state.withLock { $0.launches[session]?.contains(attempt) == true && !$0.killed.contains("\(session.rawValue) \(attempt)") }
    }

    func killRunner(_ session: SessionID, attempt: Int) async {
        state.withLock { _ = $0.killed.insert("\(session.rawValue) \(attempt)") }
    }

    func spooledEvents(_ session: SessionID, attempt: Int, after last: Int) async -> [NumberedEvent] { [] }

    func leftSignIn(_ session: SessionID, file: String, limit: Int) async throws -> Data? { nil }

    func removeSignIn(_ session: SessionID, file: String) async throws {}

    func salvage(_ request: SalvageRequest) async throws -> WorkspaceResult {
        try await pass(.salvage(request.session))
        guard !state.withLock({ $0.salvageFails }) else { throw WorkspaceError(.salvage, "It stays where it is.") }
        return WorkspaceResult(branch: nil, base: request.base, commit: request.base, mirror: "/mirror")
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
}

/// The addresses of sessions, which a test can hold up.
final class StagedEndpoints: SessionEndpoints {
    let signals = Signals()
    private let held = Mutex<Set<SessionID>>([])

    /// Holds a session up when its addresses are to be served.
    func hold(_ session: SessionID) { held.withLock { _ = $0.insert(session) } }

    func reached(_ session: SessionID) async { await signals.wait(for: "at \(session.rawValue)") }

    func goOn(_ session: SessionID) async { await signals.send("on \(session.rawValue)") }

    func open(_ session: SessionID) async throws {
        guard held.withLock({ $0.contains(session) }) else { return }
        await signals.send("at \(session.rawValue)")
        await signals.wait(for: "on \(session.rawValue)")
    }

    func close(_ session: SessionID) async {}
}
