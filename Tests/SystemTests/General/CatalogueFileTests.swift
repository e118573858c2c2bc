import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import Testing

@testable import SystemSupport

@Suite("The user's own catalogue, with a server that runs")
struct CatalogueFileTests {
    private func add(_ entries: String, to sam: SamFixture) throws {
        let before = try String(contentsOfFile: sam.home + "/agents.yaml", encoding: .utf8)
        try sam.write(before + "\n" + entries, to: "home/agents.yaml")
    }

    private func agent(_ id: String, _ sam: SamFixture) async throws -> JSONValue? {
        try await sam.json("agents")["agents"]?.elements?.first { $0["id"]?.string == id }
    }

    @Test("A new entry, a changed one and a broken file are seen without a restart, in the list and by sessions")
    func reread() async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            try await sam.project()
            let good = try String(contentsOfFile: sam.home + "/agents.yaml", encoding: .utf8)
            #expect(try await sam.sam("run", "--project", "project", "--agent", "late", "true").termination == .exited(1))
            try add("  - {id: late, protocol: acp, command: [scripted-agent, shell], environment: {WORD: one}}", to: sam)
            #expect(try await agent("late", sam)?["missing"] == [])
            #expect(try await sam.run(project: "project", agent: "late", "echo is $WORD").said.contains("is one"))
            try sam.write(good, to: "home/agents.yaml")
            try add("  - {id: late, protocol: acp, command: [scripted-agent, shell], environment: {WORD: two}}", to: sam)
            #expect(try await sam.run(project: "project", agent: "late", "echo is $WORD").said.contains("is two"))
            try sam.write(good + "\n  - {id: late, protocol: acp, command: [", to: "home/agents.yaml")
            let list = try await sam.sam("agents")
            #expect(list.termination == .exited(0) && list.text.contains("late"))
            #expect(list.standardError.contains("agents.yaml:") && list.standardError.contains("not YAML"), "\(list.standardError)")
            #expect(list.standardError.contains("its agents stay as they were"), "\(list.standardError)")
            #expect(try await sam.run(project: "project", agent: "late", "echo is $WORD").said.contains("is two"))
            let unknown = try await sam.sam("run", "--project", "project", "--agent", "later", "true")
            #expect(unknown.standardError.contains("The catalogue has mistakes, which `sam agents` tells."), "\(unknown.standardError)")
            try sam.write(good, to: "home/agents.yaml")
            let mended = try await sam.sam("agents")
            #expect(mended.standardError.isEmpty && !mended.text.contains("late"), "\(mended.standardError)")
        }
    }

    @Test("An entry's files are in its agent's home, for it alone, and new with each start")
    func files() async throws {
        try await SamFixture.with { sam in
            try add(
                """
                  - {id: filed, protocol: acp, command: [scripted-agent, remembers], providers: [rehearsal],
                     files: {.agent/settings.json: '{"at":"${provider}","key":"${lease}"}', plain: text}}
                """, to: sam)
            try await sam.project()
            let first = try await sam.run(
                project: "project", agent: "filed",
                #"cd; cat .agent/settings.json plain; echo; echo "lease $SAM_LEASE"; stat -c 'mode %a' .agent/settings.json .agent"#)
            let lease = try #require(first.said.firstMatch(of: /lease (sam_lease_[0-9a-f]+)/)).1
            #expect(first.said.contains(#"{"at":"http://127.0.0.1:4140/rehearsal","key":"\#(lease)"}text"#), "\(first.said)")
            #expect(first.said.contains("mode 600\nmode 700"), "\(first.said)")

            // Its home goes on to the next session, as it left it.
            let outside = sam.scratch + "/outside"
            try FileManager.default.createDirectory(atPath: outside, withIntermediateDirectories: true)
            try sam.write("host's own", to: "outside/settings.json")
            let second = try await resume(
                first, "cd; rm plain; ln -s \(outside)/settings.json plain; echo changed > .agent/settings.json", sam)
            let third = try await resume(second, "cd; cat .agent/settings.json; cat plain; echo; [ -L plain ] || echo no link", sam)
            #expect(third.said.contains(#""at":"http://127.0.0.1:4140/rehearsal""#), "\(third.said)")
            #expect(third.said.contains("}text\nno link"), "\(third.said)")
            #expect(!third.said.contains(String(lease)), "A new session, a new lease")
            let fourth = try await resume(third, "cd; rm -r .agent; ln -s \(outside) .agent", sam)
            let fifth = try await resume(fourth, "true", sam)
            #expect(fifth.phase == "failed" && fifth.failureMessage.contains(".agent/settings.json"), "\(fifth.session)")
            #expect(FileManager.default.contents(atPath: outside + "/settings.json") == Data("host's own".utf8))
            #expect(try FileManager.default.contentsOfDirectory(atPath: outside) == ["settings.json"])
        }
    }

    private func resume(_ session: FinishedSession, _ script: String, _ sam: SamFixture) async throws -> FinishedSession {
        let output = try await sam.sam("sessions", "resume", session.session["id"]?.string ?? "", "--json", script)
        let last: JSONValue = try JSONLine.decode(from: try #require(output.text.split(separator: "\n").last.map(String.init)))
        return FinishedSession(session: last, events: try await sam.events(last["id"]?.string ?? ""))
    }

    @Test("What can't run in a sandbox is missing, and why; what can is here, with its version")
    func shims() async throws {
        try await SamFixture.with { sam in
            let bin = sam.scratch + "/bin"
            let files = FileManager.default
            func program(_ name: String, _ text: String, mode: Int = 0o755) throws {
                try sam.write(text, to: "bin/\(name)")
                try files.setAttributes([.posixPermissions: mode], ofItemAtPath: "\(bin)/\(name)")
            }
            try program("good", "#!/bin/sh\necho good 1.2.3\n")
            try program("mute", "#!/bin/sh\nexit 2\n")
            try program("asdf", "#!/bin/sh\nexec asdf exec mine \"$@\"\n")
            try program("pyenv", "#!/bin/sh\nset -e\nexec \(sam.scratch)/libexec/pyenv exec mine \"$@\"\n")
            try sam.write("#!/bin/sh\necho pyenv 9.9\n", to: "libexec/pyenv")
            try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: sam.scratch + "/libexec/pyenv")
            try program("wrapper", "#!/usr/bin/env no-such-interpreter\n")
            try program("interpreter", "#!\(bin)/good\n")
            // A version manager's own program, which looks at the name by which it is called.
            try program("manager", "#!/bin/sh\ncase \"$0\" in */manager) echo 3.0.0;; *) echo \"$0 is no valid shim\" >&2; exit 1;; esac\n")
            try files.createSymbolicLink(atPath: bin + "/managed", withDestinationPath: bin + "/manager")
            try files.createSymbolicLink(atPath: bin + "/dangling", withDestinationPath: bin + "/nothing")
            try files.createDirectory(atPath: bin + "/folder", withIntermediateDirectories: true)
            try program("plain", "#!/bin/sh\necho 1.0\n", mode: 0o644)
            let broken: [(String, String)] = [
                ("asdf", "asdf"), ("pyenv", "libexec/pyenv"), ("wrapper", "no-such-interpreter"), ("interpreter", "interpreter"),
                ("managed", "no valid shim"), ("dangling", "not installed"), ("folder", "not installed"), ("plain", "not installed"),
                ("mute", "exit code 2"),
            ]
            try add(
                (broken.map(\.0) + ["good", "manager"]).map { "  - {id: \($0), protocol: acp, command: [\($0)]}" }.joined(separator: "\n")
                    + "\n  - {id: untold, protocol: acp, command: [mute], version: []}\n", to: sam)
            let agents = try #require(try await sam.json("agents")["agents"]?.elements)
            func agent(_ id: String) throws -> JSONValue { try #require(agents.first { $0["id"]?.string == id }) }
            for (id, words) in broken {
                let missing = try agent(id)["missing"]?.elements ?? []
                #expect(missing.count == 1 && missing.first?.string?.contains(words) == true, "\(id): \(missing)")
            }
            #expect(try agent("good")["missing"] == [] && agent("good")["version"] == "1.2.3")
            #expect(try agent("manager")["missing"] == [] && agent("manager")["version"] == "3.0.0")
            #expect(try agent("untold")["missing"] == [])
            #expect(try agent("shell")["missing"] == [] && agent("scout")["missing"] == [])
            let table = try await sam.sam("agents").text
            #expect(table.contains(/wrapper +missing/) && table.contains(/good +1\.2\.3/), "\(table)")
            // What is mended is here the next time.
            try program("wrapper", "#!/bin/sh\necho 2.0.0\n")
            #expect(try await self.agent("wrapper", sam)?["version"] == "2.0.0")
        }
    }
}
