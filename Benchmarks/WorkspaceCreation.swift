import AgentProtocol
import ArgumentParser
import Foundation
import Workspaces

/// Making a workspace, against what git itself offers.
struct WorkspaceCreation: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workspaces", abstract: "Workspace creation against git clone --shared and git worktree add.")

    @Option(help: "A repository's URL or path.")
    var repository = "https://github.com/apple/swift-nio"

    @Option(help: "Files in the generated repository.")
    var files = 50_000

    @Option(help: "Rounds; the three take turns within each.")
    var rounds = 7

    func run() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        try await measure(repository, title: repository, scratch)
        let generated = try await generate(scratch)
        try await measure(generated, title: "a generated repository of \(files) files", scratch)
    }

    private func measure(_ repository: String, title: String, _ scratch: Scratch) async throws {
        let base = "\(scratch.path)/\(UUID().uuidString)"
        let git = try Git()
        let mirror = Mirror(git: git, path: base + "-mirror.git")
        let start = try await mirror.update(from: .remote(repository))
        try await scratch.git("clone", "--quiet", "--bare", repository, base + "-bare.git")

        var sam = Series("SAM")
        var clone = Series("git clone --shared")
        var worktree = Series("git worktree add")
        for round in 0...rounds {
            let target = "\(base)-\(round)"
            let clock = ContinuousClock()
            let mine = try await clock.measure {
                try await mirror.keep(start.commit, for: SessionID(rawValue: "round-\(round)"))
                try await Checkout(git: git, mirror: mirror, path: target + "-sam", branch: "sam/\(round)")
                    .create(from: start, given: try await .of(mirror))
            }
            let cloned = try await clock.measure {
                try await scratch.git(
                    "-c", "checkout.workers=0", "clone", "--quiet", "--shared", base + "-bare.git", target + "-clone")
            }
            let added = try await clock.measure {
                try await scratch.git(
                    "-c", "checkout.workers=0", "worktree", "add", "--quiet", "-b", "round-\(round)", target + "-worktree",
                    in: base + "-bare.git")
            }
            for kind in ["sam", "clone", "worktree"] { try FileManager.default.removeItem(atPath: "\(target)-\(kind)") }
            // The first round warms the disk's cache for all three.
            guard round > 0 else { continue }
            sam.add(mine)
            clone.add(cloned)
            worktree.add(added)
        }
        print("\n\(Series.header("workspace of \(title)"))")
        for series in [sam, clone, worktree] { print(series.row(against: clone)) }
    }

    private func generate(_ scratch: Scratch) async throws -> String {
        let path = scratch.path + "/generated"
        for folder in 0..<(files / 100) {
            let name = "\(path)/folder-\(folder)"
            try FileManager.default.createDirectory(atPath: name, withIntermediateDirectories: true)
            for file in 0..<100 {
                try Data("file \(folder) \(file)\n".utf8).write(to: URL(filePath: "\(name)/file-\(file).txt"))
            }
        }
        try await scratch.git("init", "--quiet", "--initial-branch", "main", path)
        try await scratch.git("add", "--all", in: path)
        try await scratch.git(
            "-c", "gc.auto=0", "-c", "user.name=bench", "-c", "user.email=bench@invalid", "commit", "--quiet", "--message", "files",
            in: path)
        try await scratch.git("gc", "--quiet", in: path)
        return path
    }
}
