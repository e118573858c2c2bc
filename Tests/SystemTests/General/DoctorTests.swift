import AgentProtocol
import Foundation
import Processes
import Testing

@testable import SystemSupport

@Suite("What this machine can do")
struct DoctorTests {
    @Test("The doctor names each thing it looked at, and says how to mend what is wrong")
    func doctor() async throws {
        try await SamFixture.with { sam in
            let output = try await sam.sam("doctor", "--json")
            #expect(output.termination == .exited(0))
            guard case .array(let findings)? = try JSONLine.decode(JSONValue.self, from: output.text)["findings"] else {
                Issue.record("There are no findings: \(output.text)")
                return
            }
            let names = findings.compactMap { $0["name"]?.string }
            #expect(names == ["git", "bubblewrap", "sandbox", "limits", "disk", "programs", "user", "home", "server", "database"])
            for finding in findings where finding["severity"]?.string != "ok" {
                #expect(finding["fix"]?.string?.isEmpty == false, "\(finding)")
            }
        }
    }

    @Test("Without bubblewrap agents are refused with the fix; only the demo continues, saying so; a person may choose so, seen everywhere")
    func withoutBubblewrap() async throws {
        try await SamFixture.with { sam in
            let path = try await pathWithoutBubblewrap(sam)
            let repository = try await sam.repository("project", files: ["main.py": "print('hi')  # code\n"])

            let doctor = try await sam.sam("doctor", environment: ["PATH": path])
            #expect(doctor.termination == .exited(1))
            #expect(doctor.text.contains("apt install bubblewrap"))

            let refused = try await sam.sam("run", "--repo", repository, "Go.", environment: ["PATH": path])
            #expect(refused.termination == .exited(1))
            #expect(refused.standardError.contains("apt install bubblewrap"))

            let demo = try await sam.sam("demo", "--repo", repository, environment: ["PATH": path])
            #expect(demo.termination == .exited(0), "\(demo.standardError)")
            #expect(demo.standardError.contains("NO SANDBOX HERE"))
            #expect(demo.text.contains("WITHOUT A SANDBOX"))
            #expect(demo.text.contains("Branch sam/"))

            #expect(try await sam.sam("projects", "list").text.contains("NONE"))
            #expect(try await sam.sam("sessions", "list").text.contains("NO SANDBOX"))
            let id = try #require(
                try await sam.sam("sessions", "list").text.split(separator: "\n").last?.split(separator: " ").first.map(String.init))
            #expect(try await sam.sam("sessions", "show", id).text.contains("WITHOUT A SANDBOX"))
            let notes = try await sam.events(id).filter { $0["kind"]?.string == "note" }
            #expect(notes.contains { $0["payload"]?["text"]?.string?.contains("WITHOUT A SANDBOX") == true })
        }
    }

    @Test("Where bubblewrap is there but may not sandbox, its own words and the advice are told")
    func brokenBubblewrap() async throws {
        try await SamFixture.with { sam in
            let path = try await pathWithoutBubblewrap(sam)
            let script =
                "#!/bin/sh\n[ \"$1\" = --version ] && echo bubblewrap 0.8.0 && exit 0\necho 'bwrap: setting up uid map: Permission denied' >&2\nexit 1\n"
            try sam.write(script, to: "bin/bwrap")
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: sam.scratch + "/bin/bwrap")
            let doctor = try await sam.sam("doctor", environment: ["PATH": path])
            #expect(doctor.termination == .exited(1))
            #expect(doctor.text.contains("setting up uid map: Permission denied"))
        }
    }

    @Test(
        "Every command explains itself",
        arguments: [
            [], ["run"], ["demo"], ["serve"], ["doctor"], ["agents"], ["projects"], ["projects", "add"], ["sessions"],
            ["sessions", "diff"],
            ["settings"], ["settings", "set"],
        ])
    func help(_ command: [String]) async throws {
        try await SamFixture.with { sam in
            let output = try await sam.sam(command + ["--help"])
            #expect(output.termination == .exited(0))
            #expect(output.text.contains("USAGE: sam"))
        }
    }

    @Test(
        "Wrong usage ends with a sentence and a separate exit code",
        arguments: [
            ["run"], ["run", "--repo", ".", "--project", "x"], ["serve", "--port", "99999"], ["no-such-command"],
            ["settings", "set", "sessions.limit", "3", "--scope", "project"],
        ])
    func usage(_ command: [String]) async throws {
        try await SamFixture.with { sam in
            let output = try await sam.sam(command)
            #expect(output.termination == .exited(2))
            #expect(!output.standardError.isEmpty)
        }
    }

    /// A search path with git and a shell's programs, and without bubblewrap.
    private func pathWithoutBubblewrap(_ sam: SamFixture) async throws -> String {
        let folder = sam.scratch + "/bin"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for program in ["git", "sh", "env"] {
            let found = try #require(Program.find(program))
            try FileManager.default.createSymbolicLink(atPath: "\(folder)/\(program)", withDestinationPath: found)
        }
        return folder
    }
}
