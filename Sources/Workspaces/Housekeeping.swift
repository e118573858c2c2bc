import Accounts
import AgentProtocol
import Foundation
import Logging
import Sandbox
import Wording

/// What the sessions of a project need of its mirror.
public struct MirrorNeeds: Sendable {
    /// Whether a session has a workspace, will have one, or can't be read.
    public var hasOpenSessions: Bool
    /// The commits that each session names.
    public var commits: [SessionID: [String]]

    /// Creates needs.
    public init(hasOpenSessions: Bool, commits: [SessionID: [String]]) {
        self.hasOpenSessions = hasOpenSessions
        self.commits = commits
    }
}

extension LocalHost {
    /// What was done for a mirror.
    enum Care: Sendable, Hashable {
        /// Nothing: it is tidy, or in use.
        case nothing
        /// Small packs were joined. No object was removed.
        case joined
        /// Objects that nothing names were removed.
        case dropped
    }

    /// Cleans up after sessions in the background until the task is cancelled: removes leftovers, and packs mirrors one after another.
    ///
    /// - Parameter needs: returns what the sessions of a project need.
    public func keepHouse(needs: @escaping @Sendable (ProjectID) async throws -> MirrorNeeds) async {
        removeScratch()
        await trash.empty()
        while !Task.isCancelled {
            for name in Mirror.names(in: home.mirrors) where name.hasSuffix(".git") && !Task.isCancelled {
                let project = ProjectID(rawValue: String(name.dropLast(4)))
                do {
                    try await lookAfter(project, needs: needs)
                } catch is CancellationError {
                    return
                } catch {
                    logger.warning("The mirror \(home.mirror(project)) could not be packed: \(logWords(of: error))")
                }
            }
            try? await Task.sleep(for: .seconds(600))
        }
    }

    /// Packs a mirror when that is due and the mirror is idle. A session that needs the mirror interrupts it.
    @discardableResult
    func lookAfter(_ project: ProjectID, needs: @escaping @Sendable (ProjectID) async throws -> MirrorNeeds) async throws -> Care {
        let mirror = mirror(of: project)
        let care: Care? = try await mirrors.whenIdle(project) {
            try await mirror.protect()
            let left = try await aside { [started] in mirror.removeLeftovers(before: started) }
            if !left.isEmpty {
                logger.info("\(mirror.path): removed what a git left that was killed: \(left.prefix(5).joined(separator: ", "))")
            }
            let state = try await aside { mirror.state }
            guard state.isUntidy || state.hasGarbage else { return .nothing }
            return try await results.whenIdle(project) { try await pack(mirror, state, try await needs(project)) } ?? .nothing
        }
        return care ?? .nothing
    }

    private func pack(_ mirror: Mirror, _ state: Mirror.State, _ needs: MirrorNeeds) async throws -> Care {
        if !needs.hasOpenSessions { try await mirror.release { FileEntry(home.workspace($0)) != .missing } }
        let hasWorkspaces = try await mirror.hasWorkspaces()
        let mayDrop = !needs.hasOpenSessions && !hasWorkspaces
        guard mayDrop || state.isUntidy else { return .nothing }
        if mayDrop {
            try await mirror.keep(needs.commits)
            for session in needs.commits.keys { try await LostWork(git: git, path: home.lostWork(session)).makeWhole() }
            try await mirror.drop()
        } else {
            try await mirror.join()
        }
        let now = try await aside { mirror.state }
        logger.info(
            "\(mirror.path): \(state.packs.of("pack")) and about \(state.loose.of("single object")) became \(now.packs.of("pack"))")
        return mayDrop ? .dropped : .joined
    }

    /// Removes temporary files of a server that was killed.
    private func removeScratch() {
        for (folder, prefix) in [(home.sandboxFiles.folder, Scratch.prefix), ("/tmp", "sam-" + Scratch.prefix)] {
            for name in Mirror.names(in: folder) where name.hasPrefix(prefix) {
                var status = stat()
                let path = "\(folder)/\(name)"
                guard lstat(path, &status) == 0, status.st_uid == geteuid(),
                    TimeInterval(status.st_mtim.tv_sec) < started.timeIntervalSince1970.rounded(.down)
                else { continue }
                try? FileManager.default.removeItem(atPath: path)
            }
        }
    }
}
