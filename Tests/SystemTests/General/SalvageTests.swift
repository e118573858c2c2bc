import AgentProtocol
import Foundation
import Processes
import TestSupport
import Testing

@testable import SystemSupport

/// What a person sees of work that is not on the session's own branch, with a shell for an agent.
@Suite("Work that an agent left in strange places")
struct SalvageTests {
    private static let shell = """

          - id: shell
            protocol: one-shot
            command: [sh, -c, "${prompt}"]
            leavesBehind: [/.mine/]
        """

    private func with(_ body: (SamFixture) async throws -> Void) async throws {
        try await SamFixture.with { sam in
            let entries = try String(contentsOfFile: sam.home + "/agents.yaml", encoding: .utf8)
            try sam.write(entries + Self.shell, to: "home/agents.yaml")
            try await sam.serve()
            try await sam.project()
            try await body(sam)
        }
    }

    private func run(_ sam: SamFixture, _ script: String) async throws -> String {
        try await sam.sam("run", "--project", "project", "--agent", "shell", "set -e\n" + script).text
    }

    @Test("A commit that HEAD left is the branch, other branches and lost commits are named, and what stays behind is counted")
    func named() async throws {
        try await with { sam in
            let text = try await run(
                sam,
                """
                echo work > w; git add .; git commit -qm work; git checkout -q origin/main
                git checkout -q -b feat; echo f > f; git add .; git commit -qm f; git commit -q --amend -m g; git checkout -q origin/main
                mkdir .mine; echo log > .mine/log
                """)
            #expect(text.contains("1 file, +1 −0, 1 commit"), "\(text)")
            #expect(text.contains("Also new, heads feat: sam/"), "\(text)")
            #expect(text.contains("Also new, lost "), "\(text)")
            #expect(text.contains("The agent's own, left behind: 1 file in .mine"), "\(text)")
            let session = try #require(try await sam.json("sessions", "list")["sessions"]?.elements?.first)
            #expect(session["phase"] == "completed")
            #expect(try await sam.file("w", of: session) == "work\n")
            let mirror = try #require(session["result"]?["mirror"]?.string)
            let feat = try #require(session["result"]?["others"]?.elements?.first { $0["kind"] == "heads" }?["branch"]?.string)
            #expect(try await sam.git(["show", "\(feat):f"], in: mirror) == "f\n")
        }
    }

    @Test("What git's checks refuse is named, the kept workspace's path is printed, and salvage brings it out once it is mended")
    func keptAndSalvaged() async throws {
        try await with { sam in
            let text = try await run(sam, "printf '[submodule \"../x\"]\\n path = x\\n url = -x\\n' > .gitmodules; echo w > w")
            let id = try #require(try await sam.json("sessions", "list")["sessions"]?.elements?.first?["id"]?.string)
            let session = try await sam.json("sessions", "show", id)
            let workspace = try #require(session["workspace"]?.string)
            #expect(text.contains("Not brought out: .gitmodules"), "\(text)")
            #expect(text.contains("The workspace is kept: \(workspace)"), "\(text)")
            #expect(text.contains("sam sessions salvage \(id)"), "\(text)")
            #expect(FileManager.default.fileExists(atPath: workspace + "/.gitmodules"))

            try Data("[submodule \"x\"]\n path = x\n url = ./x\n".utf8).write(to: URL(filePath: workspace + "/.gitmodules"))
            try await sam.act("sessions", "salvage", id)
            try await eventually("the workspace goes") { !FileManager.default.fileExists(atPath: workspace) }
            let after = try await sam.json("sessions", "show", id)
            #expect(after["phase"] == "completed" && after["result"]?["remaining"] == [], "\(after)")
            #expect(after["workspace"] == nil || after["workspace"] == .null)
            #expect(try await sam.file(".gitmodules", of: after).contains("./x"))
            let again = try await sam.sam("sessions", "salvage", id)
            #expect(!again.termination.isSuccess, "There is nothing to salvage any more")
        }
    }

    @Test("An agent that removed everything is not said to have changed nothing")
    func emptied() async throws {
        try await with { sam in
            let text = try await run(sam, "find . -mindepth 1 -delete")
            #expect(!text.contains("It changed nothing") && text.contains("! The workspace is empty"), "\(text)")
            let untouched = try await run(sam, "true")
            #expect(untouched.contains("It changed nothing"), "\(untouched)")
        }
    }
}
