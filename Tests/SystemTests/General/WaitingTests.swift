import AgentProtocol
import Foundation
import Processes
import Testing

@testable import SystemSupport

/// What a person sees while something takes its time.
@Suite("Waiting", .serialized)
struct WaitingTests {
    @Test("While a repository's server says nothing, it is said what is waited for; a cancel ends git at once")
    func silentServer() async throws {
        try await SamFixture.with { sam in
            try await silence(sam)
            let session = try await sam.start(project: "silent", agent: "shell", "echo x > new.txt")
            let screen = sam.scratch + "/watched"
            try Command(
                SamFixture.programs + "/sam", ["sessions", "watch", session],
                environment: ["SAM_HOME": sam.home, "HOME": sam.scratch, "PATH": "/usr/bin:/bin"], workingDirectory: sam.scratch
            ).detach(log: screen)
            func shown(_ text: String) throws -> Bool { try String(contentsOfFile: screen, encoding: .utf8).contains(text) }
            try await eventually("git asks the server") { FileManager.default.fileExists(atPath: sam.scratch + "/asked") }
            try await eventually("the API says so") {
                try await sam.json("sessions", "show", session)["step"]?["step"]?.string == "asking the repository for its branches"
            }
            try await eventually("who watches sees it") { try shown("… asking the repository for its branches") }
            let cancelled = try await sam.sam("sessions", "cancel", session)
            #expect(cancelled.termination == .exited(0), "\(cancelled.standardError)")
            try await eventually("who watches sees that") { try shown("● cancelled") }
            try await eventually("no git is left") { SamFixture.processes(with: "silent.invalid").isEmpty }
            #expect(try await sam.json("sessions", "show", session)["step"] == nil)
        }
    }

    @Test("A repository's server that says nothing is given up after the setting's time, and the same server works when it answers")
    func limit() async throws {
        try await SamFixture.with { sam in
            try await silence(sam)
            let set = try await sam.sam("settings", "set", "git.stallSeconds", "2", "--scope", "platform")
            #expect(set.termination == .exited(0), "\(set.standardError)")
            let given = try await sam.run(project: "silent", agent: "shell", "echo x > new.txt")
            #expect(given.phase == "failed")
            #expect(given.failureMessage.contains("git.stallSeconds"), "\(given.failureMessage)")

            try FileManager.default.removeItem(atPath: sam.scratch + "/silent")
            let worked = try await sam.run(project: "silent", agent: "shell", "echo x > new.txt")
            #expect(worked.phase == "completed", "\(worked.failureMessage)")
        }
    }

    @Test("Of a session that is over only its log and its branch are left, and no git and no lock")
    func nothingLeft() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let finished = try await sam.run(project: "project", agent: "shell", "echo x > new.txt")
            let id = try #require(finished.session["id"]?.string)
            #expect(!FileManager.default.fileExists(atPath: "\(sam.home)/sessions/\(id)/workspace"))
            try await eventually("the trash is empty") {
                try FileManager.default.contentsOfDirectory(atPath: sam.home + "/trash").isEmpty
            }
            let mirror = try #require(finished.session["result"]?["mirror"]?.string)
            let branch = try #require(finished.session["result"]?["branch"]?.string)
            #expect(try await sam.git(["for-each-ref", "refs/sam/keep"], in: mirror) == "")

            #expect(try await sam.sam("sessions", "rm", id, "--yes").termination == .exited(0))
            #expect(try await sam.git(["for-each-ref", "--format=%(refname:short)", "refs/heads"], in: mirror) == branch + "\n")
            let forced = try await sam.run(project: "project", agent: "shell", "echo y > new.txt")
            #expect(
                try await sam.sam("sessions", "rm", try #require(forced.session["id"]?.string), "--force", "--yes").termination
                    == .exited(0))
            #expect(try await sam.git(["for-each-ref", "--format=%(refname:short)", "refs/heads"], in: mirror) == branch + "\n")
        }
    }

    /// A project `silent` whose repository's server, reached by an ssh that stands first in the path, says nothing while a file of
    /// that name is there.
    private func silence(_ sam: SamFixture) async throws {
        let path = try await sam.repository("silent", files: ["README.md": "# A project\n"])
        try sam.write(
            "#!/bin/sh\nif [ -e \(sam.scratch)/silent ]; then : > \(sam.scratch)/asked; exec sleep 1000; fi\nexec git-upload-pack \(path)\n",
            to: "bin/ssh")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: sam.scratch + "/bin/ssh")
        let added = try await sam.sam("projects", "add", "ssh://a@silent.invalid/r.git", "--name", "silent")
        #expect(added.termination == .exited(0), "\(added.standardError)")
        try sam.write("", to: "silent")
    }
}
