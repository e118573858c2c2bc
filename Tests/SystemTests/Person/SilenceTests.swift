import AgentProtocol
import Foundation
import Processes
import Testing

@testable import SystemSupport

@Suite("What takes a moment says what it does")
struct SilenceTests {
    @Test("A command whose server takes longer than a second to start says that it starts one, with and without --json, and then answers")
    func starting() async throws {
        try await SamFixture.with { sam in
            // A sam beside which stands another that waits for a word before it serves.
            let folder = sam.scratch + "/slow"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: SamFixture.programs + "/sam", toPath: folder + "/client")
            try sam.write(
                "#!/bin/sh\nuntil [ -e \(sam.scratch)/go ]; do sleep 0.05; done\nexec \(SamFixture.programs)/sam \"$@\"\n", to: "slow/sam")
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder + "/sam")
            for options in ["", "--json"] {
                try? FileManager.default.removeItem(atPath: sam.scratch + "/go")
                let errors = sam.scratch + "/errors\(options)"
                async let ended = Command(
                    "/bin/sh", ["-c", "\(folder)/client projects list \(options) 2> \(errors)"],
                    environment: ["SAM_HOME": sam.home, "HOME": sam.scratch, "PATH": "/usr/bin:/bin"], workingDirectory: sam.scratch
                ).run(timeout: .seconds(60))
                try await eventually("it says so") {
                    (try? String(contentsOfFile: errors, encoding: .utf8))?.contains("Starting SAM's server …\n") == true
                }
                try sam.write("", to: "go")
                let output = try await ended
                #expect(output.termination == .exited(0) && output.text.contains("project"), "\(output.text)")
                #expect(!output.text.contains("Starting"), "Not among what a program reads")
                _ = try await sam.sam("stop")
            }
        }
    }

    @Test("A command that finds a server which does not serve yet says that it waits for it")
    func waiting() async throws {
        try await SamFixture.with { sam in
            var lock = FileLock(path: sam.home + "/server.lock")
            try #require(lock != nil)
            let errors = sam.scratch + "/errors"
            async let ended = Command(
                "/bin/sh", ["-c", "\(SamFixture.programs)/sam projects list 2> \(errors)"],
                environment: ["SAM_HOME": sam.home, "HOME": sam.scratch, "PATH": "/usr/bin:/bin"], workingDirectory: sam.scratch
            ).run(timeout: .seconds(60))
            try await eventually("it says so") {
                (try? String(contentsOfFile: errors, encoding: .utf8))?.contains("Waiting for SAM's server to answer …\n") == true
            }
            lock = nil
            #expect(try await ended.termination == .exited(0))
        }
    }

    @Test("Who follows a session reads when its server went away and when it is back, and then its end", arguments: ["", "--json"])
    func back(_ options: String) async throws {
        try await SamFixture.with { sam in
            let server = try await sam.serve()
            try await sam.project()
            let id = try await sam.shell(project: "project")
            let shown = sam.scratch + "/shown"
            async let ended = Command(
                "/bin/sh", ["-c", "\(SamFixture.programs)/sam sessions watch \(id) \(options) > \(shown) 2>&1"],
                environment: ["SAM_HOME": sam.home, "HOME": sam.scratch, "PATH": "/usr/bin:/bin"], workingDirectory: sam.scratch
            ).run(timeout: .seconds(120))
            func says(_ words: String) -> Bool { (try? String(contentsOfFile: shown, encoding: .utf8))?.contains(words) == true }
            try await eventually("it follows") { says("ready") }
            try await sam.killHard(server)
            try await eventually("it says that it is gone") { says("! The server is gone.") }
            #expect(!says("is back"))
            try await sam.serve()
            try await eventually("it says that it is back") { says("! The server is back.") }
            try await sam.act("sessions", "cancel", id)
            #expect(try await ended.termination == .exited(0))
            let text = try String(contentsOfFile: shown, encoding: .utf8)
            #expect(text.components(separatedBy: "The server is back.").count == 2, "Once: \(text)")
        }
    }
}
