import AgentProtocol
import NIOHTTP1
import Processes
import Testing

@testable import SystemSupport

@Suite("A repository that is named by a folder in it")
struct RepositoryFolderTests {
    @Test("`--repo` finds the top from a folder below, whose name the project has; the API does so, too, and it is one project")
    func below() async throws {
        try await SamFixture.with { sam in
            let top = try await sam.repository("bridge", files: ["README.md": "# Bridge\n", "src/deep/main.py": "print('hi')\n"])
            for path in [top + "/src/deep", top + "/src/", top, "repositories/bridge/src"] {
                let run = try await sam.sam("run", "--repo", path, "--agent", "shell", "ls")
                #expect(run.termination == .exited(0), "\(path): \(run.standardError)")
                #expect(run.text.contains(" on bridge, agent shell"), "\(path): \(run.text)")
            }
            #expect(try await sam.sam("projects", "add", top + "/src").termination == .exited(0))
            let reply = try await sam.call(.POST, "/api/v1/projects", ["repository": .string(top + "/src/deep")])
            #expect(reply["repository"]?.string == top)
            let projects = try await sam.json("projects", "list")["projects"]?.elements ?? []
            #expect(projects.compactMap { $0["repository"]?.string } == [top])
        }
    }

    @Test("A folder that is in no repository is refused with its name, and leaves no project")
    func outside() async throws {
        try await SamFixture.with { sam in
            try sam.write("no repository\n", to: "plain/notes.txt")
            for path in [sam.scratch + "/plain", sam.scratch + "/nothing"] {
                let run = try await sam.sam("run", "--repo", path, "--agent", "shell", "ls")
                #expect(run.termination == .exited(1))
                #expect(run.standardError.contains(path), "\(run.standardError)")
            }
            #expect(try await sam.json("projects", "list")["projects"] == [])
        }
    }
}
