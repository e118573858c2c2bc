import Foundation
import Logging
import Testing

@testable import Workspaces

@Suite("The home of a session that another goes on with")
struct KeptHomeTests {
    private func folder(_ body: (String) async throws -> Void) async throws {
        let path = NSTemporaryDirectory() + "kept-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await body(path)
    }

    private func write(_ file: String, in folder: String) throws {
        let path = "\(folder)/\(file)"
        try FileManager.default.createDirectory(atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Data(file.utf8).write(to: URL(filePath: path))
    }

    private func files(in folder: String) -> Set<String> {
        Set(FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? [])
    }

    @Test("Codex's conversations go over, its databases stay: they hold the old home's path")
    func databases() async throws {
        try await folder { folder in
            let kept = [
                ".codex/sessions/2026/11/29/rollout-x.jsonl", ".codex/config.toml", ".codex/sessions/x.sqlite", "x.sqlite",
                ".claude/projects/-workspace/c.jsonl", ".other/state_5.sqlite",
            ]
            let bound = ["state_5.sqlite", "state_5.sqlite-wal", "thread_history_1.sqlite", "goals_1.sqlite-shm"].map { ".codex/\($0)" }
            for file in kept + bound { try write(file, in: folder + "/old") }
            try FileManager.default.createDirectory(atPath: folder + "/new", withIntermediateDirectories: true)
            await KeptHome(path: folder + "/old").copy(to: folder + "/new", Logger(label: "test"))
            let copied = files(in: folder + "/new")
            #expect(copied.isSuperset(of: kept) && copied.isDisjoint(with: bound), "\(copied)")
            #expect(files(in: folder + "/old").isSuperset(of: kept + bound), "What was kept stays as it was")
        }
    }

    @Test("A link that an agent put in the place of a folder or a file leads nowhere")
    func links() async throws {
        try await folder { folder in
            try write("state_5.sqlite", in: folder + "/outside")
            for home in ["old", "older", "new", "newer"] {
                try FileManager.default.createDirectory(atPath: "\(folder)/\(home)", withIntermediateDirectories: true)
            }
            try FileManager.default.createSymbolicLink(atPath: folder + "/old/.codex", withDestinationPath: folder + "/outside")
            await KeptHome(path: folder + "/old").copy(to: folder + "/new", Logger(label: "test"))
            try write(".codex/a", in: folder + "/older")
            try FileManager.default.createSymbolicLink(
                atPath: folder + "/older/.codex/b.sqlite", withDestinationPath: folder + "/outside/state_5.sqlite")
            await KeptHome(path: folder + "/older").copy(to: folder + "/newer", Logger(label: "test"))
            #expect(FileManager.default.fileExists(atPath: folder + "/outside/state_5.sqlite"))
        }
    }

    @Test("A home that is not there is none")
    func missing() async throws {
        try await folder { folder in
            await KeptHome(path: folder + "/nothing").copy(to: folder, Logger(label: "test"))
            #expect(files(in: folder).isEmpty)
        }
    }
}
