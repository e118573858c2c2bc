import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import TestSupport
import Testing

@testable import SystemSupport

/// What a server does with workspaces, the same wherever they live.
@Suite("Hosts and what is done on them")
struct HostMatrixTests {
    /// Something that is done on a host.
    struct Act: Sendable, CustomTestStringConvertible {
        let name: String
        var files = ["README.md": "# A project\n"]
        let run: @Sendable (HostWorld) async throws -> Void

        var testDescription: String { name }
    }

    @Test("Each act has the same outcome on each host", arguments: HostPlace.allCases, acts)
    func matrix(_ place: HostPlace, _ act: Act) async throws {
        try await place.with(files: act.files) { try await act.run($0) }
    }

    static let acts: [Act] = [
        Act(name: "agents") { world in
            let agents = try await world.sam.json("agents")["agents"]?.elements ?? []
            func agent(_ id: String) -> JSONValue? { agents.first { $0["id"]?.string == id } }
            #expect(agent("scout")?["program"]?.string?.hasSuffix("/sam-scout") == true, "\(agents)")
            #expect(agent("scout")?["version"]?.string != nil)
            #expect(agent("not-installed")?["program"]?.string == nil)
            let none = try await world.sam.sam("run", "--project", "project", "--agent", "not-installed", "true")
            #expect(none.standardError.contains("no-such-program"), "\(none.standardError)")
        },
        Act(name: "probe") { world in
            try FileManager.default.createDirectory(atPath: world.sam.scratch + "/empty", withIntermediateDirectories: true)
            let none = try await world.sam.sam("projects", "add", world.sam.scratch + "/empty", "--name", "none")
            #expect(none.termination == .exited(1), "\(none.standardError)")
            let other = try await world.sam.repository("other", files: ["a": "a\n"])
            let added = try await world.sam.sam("projects", "add", other, "--name", "other")
            #expect(added.termination == .exited(0), "\(added.standardError)")
        },
        Act(name: "prepare") { world in
            let path = world.sam.scratch + "/repositories/project"
            try await world.sam.git(["tag", "v1"], in: path)
            try await world.sam.git(["branch", "older"], in: path)
            try world.sam.write("newer\n", to: "repositories/project/newer.txt")
            try await world.sam.git(["add", "-A"], in: path)
            try await world.sam.git(["commit", "-q", "-m", "Second"], in: path)
            let look = "ls; git status --porcelain; git log --format=%s; git branch -r; git tag"
            let newest = try await world.sam.run(project: "project", agent: "shell", look)
            #expect(newest.said.contains("README.md\nnewer.txt\nSecond\nFirst\n"), "\(newest.said)")
            for ref in ["origin/main\n", "origin/older\n", "v1\n"] { #expect(newest.said.contains(ref), "\(ref): \(newest.said)") }
        },
        Act(name: "uncommitted changes") { world in
            let path = world.sam.scratch + "/repositories/project"
            try world.sam.write("changed\n", to: "repositories/project/README.md")
            let run = try await world.sam.sam(
                "run", "--repo", path, "--include-changes", "--agent", "shell", "cat README.md; git log --oneline | wc -l")
            #expect(run.text.contains("│ changed\n│ 2\n"), "\(run.text)\(run.standardError)")
        },
        Act(name: "launch") { world in
            // The session's socket leads to the gateway, and what the agent may not see is not there.
            let finished = try await world.sam.run(
                project: "project", agent: "shell",
                """
                curl -sS http://127.0.0.1:4140/healthz
                echo "in $PWD as $SAM_SESSION"; ls -d \(world.sam.home)/* \(world.root)/sessions 2>/dev/null
                """)
            let id = try #require(finished.session["id"]?.string)
            #expect(finished.phase == "completed", "\(finished.failureMessage)")
            #expect(finished.said.hasPrefix("ok\nin /workspace as \(id)\n"), "\(finished.said)")
            #expect(world.place == .thisMachine || !finished.said.contains(world.sam.home), "\(finished.said)")
        },
        Act(name: "the runner's file") { world in
            let id = try await world.working()
            let start = try world.start(of: id)
            let text = try JSONLine.text(start)
            switch world.place {
            case .thisMachine: #expect(start.place.server == nil && start.configuration != nil)
            case .otherMachine:
                #expect(start.place.server != nil && start.configuration == nil, "It has its token and its place, and asks for the rest")
                #expect(!text.contains(world.sam.home), "No path of the server's is on the other machine: \(text)")
            }
            let stored = try await world.sam.stored(
                "SELECT state FROM sessions UNION ALL SELECT handle FROM runners UNION ALL SELECT payload FROM session_events")
            #expect(stored.count > 2 && !stored.contains { $0.contains(world.root) }, "No path of a machine is in the state")
            try world.letEnd(id)
            #expect(try await world.finish(id).phase == "completed")
        },
        Act(name: "alive") { world in
            let id = try await world.working()
            try await world.killServer()
            try await world.serve()
            #expect(try await world.phase(id) == "working", "Its runner lives, so nothing is done to it")
            try world.letEnd(id)
            let finished = try await world.finish(id)
            #expect(finished.phase == "completed" && !finished.phases.contains("interrupted"), "\(finished.phases)")
        },
        Act(name: "dead") { world in
            let id = try await world.working()
            kill(try world.runner(id), SIGKILL)
            let finished = try await world.finish(id)
            #expect(finished.phase == "interrupted" && finished.failureCode == "runnerDied", "\(finished.session)")
            #expect(try await world.sam.file("left-behind.txt", of: finished.session) == "work\n")
            try await eventually("nothing of it is left running") { SamFixture.processes(with: id).isEmpty }
        },
        Act(name: "unknown") { world in
            let id = try await world.working()
            let runner = try world.runner(id)
            try await world.unknowable(id) {
                kill(runner, SIGKILL)
                try await eventually("it counts as silent") { try await world.phase(id) == "interrupted" }
                let view = try await world.sam.json("sessions", "show", id)
                #expect(view["failure"]?["code"] == nil && view["result"] == nil, "Nothing follows from not knowing: \(view)")
            }
            let finished = try await world.finish(id)
            #expect(finished.failureCode == "runnerDied", "\(finished.session)")
            #expect(try await world.sam.file("left-behind.txt", of: finished.session) == "work\n")
        },
        Act(name: "kill") { world in
            let id = try await world.working(agent: "shell", "trap '' TERM; echo work > kept.txt; sleep 1000", file: "kept.txt")
            let runner = try world.runner(id)
            // Nothing but a kill ends a process that is stopped.
            kill(runner, SIGSTOP)
            _ = try await world.sam.call(.POST, "/api/v1/sessions/\(id)/cancel")
            let finished = try await world.finish(id)
            #expect(finished.phase == "cancelled", "\(finished.session)")
            try await eventually("the runner is gone, and all of its session") { SamFixture.processes(with: id).isEmpty }
            #expect(try await world.sam.file("kept.txt", of: finished.session) == "work\n")
        },
        Act(name: "changes and patch", files: ["README.md": "old\n", "gone.txt": "gone\n"]) { world in
            let finished = try await world.sam.run(
                project: "project", agent: "shell", #"echo new > README.md; rm gone.txt; printf 'a\000b' > bytes"#)
            let id = try #require(finished.session["id"]?.string)
            let files = try await world.sam.call(.GET, "/api/v1/sessions/\(id)/changes")["files"]?.elements ?? []
            #expect(files.compactMap { $0["path"]?.string }.sorted() == ["README.md", "bytes", "gone.txt"], "\(files)")
            let patch = try await world.sam.sam("sessions", "diff", id)
            #expect(patch.text.contains("-old\n+new\n") && patch.text.contains("deleted file mode"), "\(patch.text)")
        },
        Act(name: "file") { world in
            // The tools of a later agent read the brief that scout left.
            let scout = try await world.sam.run(project: "project", agent: "scout", "What is this?")
            #expect(scout.phase == "completed", "\(scout.failureMessage)")
            let card = try await world.sam.run(project: "project", agent: "shell", Self.askForProject)
            #expect(card.said.contains("by an explorer that SAM ran before"), "\(card.said)")
        },
        Act(name: "salvage") { world in
            let finished = try await world.sam.run(
                project: "project", agent: "shell",
                """
                git() { command git -c user.name=a -c user.email=a@b.c "$@"; }
                echo work > w; git add .; git commit -qm work; git checkout -q -b feat; echo f > f; git add .; git commit -qm f
                git commit -q --amend -m g; git checkout -q -; echo s > w; git stash -q; echo left > left.txt
                """)
            #expect(finished.phase == "completed", "\(finished.failureMessage)")
            #expect(try await world.sam.file("w", of: finished.session) == "work\n")
            #expect(try await world.sam.file("left.txt", of: finished.session) == "left\n")
            let others = finished.session["result"]?["others"]?.elements ?? []
            let kinds = others.compactMap { $0["kind"]?.string }
            #expect(Set(kinds) == ["heads", "stash", "lost"], "\(finished.session)")
            for other in others {
                let (repository, commit) = (try #require(other["repository"]?.string), try #require(other["commit"]?.string))
                #expect(repository.hasPrefix(world.sam.home), "It is on the server: \(other)")
                #expect(try await world.sam.git(["cat-file", "-t", commit], in: repository) == "commit\n")
            }
        },
        Act(name: "kept workspace") { world in
            let finished = try await world.sam.run(
                project: "project", agent: "shell", #"printf '[submodule "../x"]\n path = x\n url = -x\n' > .gitmodules; echo w > w"#)
            let id = try #require(finished.session["id"]?.string)
            #expect(FileManager.default.fileExists(atPath: world.workspace(id) + "/w"))
            #expect("\(finished.session)".contains(world.workspace(id)), "It is told where it is kept: \(finished.session)")
            try FileManager.default.removeItem(atPath: world.workspace(id) + "/.gitmodules")
            let salvaged = try await world.sam.sam("sessions", "salvage", id)
            #expect(salvaged.termination == .exited(0), "\(salvaged.standardError)")
            #expect(try await world.sam.file("w", of: try await world.sam.json("sessions", "show", id)) == "w\n")
            try await eventually("the workspace is removed") { !FileManager.default.fileExists(atPath: world.workspace(id)) }
        },
        Act(name: "land") { world in
            let finished = try await world.sam.run(project: "project", agent: "shell", "echo landed > landed.txt")
            let id = try #require(finished.session["id"]?.string)
            let branch = try #require(finished.session["result"]?["branch"]?.string)
            let landing = try await world.sam.sam("sessions", "land", id)
            #expect(landing.termination == .exited(0), "\(landing.standardError)")
            let shown = try await world.sam.git(["show", "\(branch):landed.txt"], in: world.sam.scratch + "/repositories/project")
            #expect(shown == "landed\n")
        },
        Act(name: "removal") { world in
            let finished = try await world.sam.run(project: "project", agent: "shell", "echo work > w")
            let id = try #require(finished.session["id"]?.string)
            let mirror = try #require(finished.session["result"]?["mirror"]?.string)
            for root in Set([world.root, world.sam.home]) {
                #expect(!FileManager.default.fileExists(atPath: "\(root)/sockets/\(id)"), "The socket's folder is gone with the session")
            }
            let removed = try await world.sam.sam("sessions", "rm", id, "--force", "--yes")
            #expect(removed.termination == .exited(0), "\(removed.standardError)")
            for root in Set([world.root, world.sam.home]) {
                #expect(!FileManager.default.fileExists(atPath: "\(root)/sessions/\(id)"), "\(root)")
            }
            #expect(try await world.sam.git(["for-each-ref", "refs/heads", "refs/sam/work"], in: mirror) == "")
            let project = try await world.sam.sam("projects", "rm", "project", "--yes")
            #expect(project.termination == .exited(0), "\(project.standardError)")
            for root in Set([world.root, world.sam.home]) {
                #expect(try FileManager.default.contentsOfDirectory(atPath: root + "/mirrors").isEmpty, "\(root)")
            }
        },
        Act(name: "restart of the server in the middle") { world in
            let id = try await world.working()
            try await world.killServer()
            try world.letEnd(id)
            let runner = try world.runner(id)
            try await eventually("the agent has ended, and its runner waits for a server") {
                let spool = FileManager.default.contents(atPath: RunnerPlace.spoolPath(in: world.attempt(id))) ?? Data()
                return String(decoding: spool, as: UTF8.self).contains("turnEnded")
            }
            #expect(kill(runner, 0) == 0)
            try await world.serve()
            let finished = try await world.finish(id)
            #expect(finished.phase == "completed", "\(finished.phases) \(finished.failureMessage)")
            let lines = finished.said.split(separator: "\n")
            #expect(!lines.isEmpty && lines.indices.allSatisfy { lines[$0] == "line \($0 + 1)" }, "Each line once, in order")
            #expect(try await world.sam.file("left-behind.txt", of: finished.session) == "work\n")
        },
    ]

    /// Asks SAM's tools for the project, as an agent does.
    private static let askForProject = #"""
        curl -sS http://127.0.0.1:4140/tools -H "authorization: Bearer $SAM_LEASE" \
          -d '{"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "project", "arguments": {}}}'
        """#
}
