import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import Testing

@testable import SystemSupport

@Suite("What a newcomer tries")
struct NewcomerTests {
    @Test("A repository in a folder of any script gives a project of that name, found by it, and a second one another")
    func names() async throws {
        try await SamFixture.with { sam in
            for (folder, name) in [("ümläut", "ümläut"), ("日本語 app", "日本語-app"), ("---", "project"), ("other/ümläut", "ümläut-2")] {
                let path = try await sam.repository(folder, files: ["a.txt": "a\n"])
                let added = try await sam.sam("projects", "add", path)
                #expect(added.termination == .exited(0) && added.text.contains("Project \(name) "), "\(added.text)\(added.standardError)")
                let url = try #require(name.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
                #expect(try await sam.call(.GET, "/api/v1/projects/\(url)")["name"]?.string == name)
                #expect(try await sam.sam("settings", "list", "--project", name).termination == .exited(0))
            }
            let decomposed = try await sam.sam(
                "run", "--project", "u\u{308}mla\u{308}ut", "--agent", "shell", "echo x > y  # Füge Größe hinzu")
            #expect(decomposed.termination == .exited(0), "\(decomposed.standardError)")
            #expect(decomposed.text.contains("-echo-x-y-fuge-grosse-hinzu"), "\(decomposed.text)")
            for bad in ["🦊", "a b", "-x", "a\u{202e}b"] {
                let refused = try await sam.sam("projects", "add", sam.scratch + "/repositories/ümläut", "--name=\(bad)")
                #expect(refused.termination == .exited(1) && refused.standardError.contains("letters, digits"), "\(refused.standardError)")
            }
        }
    }

    @Test("A number that is none or out of range is a 400 with its field, in every list and log")
    func numbers() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let id = try #require(try await sam.run(project: "project", agent: "shell", "true").session["id"]?.string)
            let events = "/api/v1/sessions/\(id)/events"
            for (path, field) in [
                ("\(events)?after=-1", "after"), ("\(events)?after=99999999999999999999", "after"), ("\(events)?after=x", "after"),
                ("\(events)?limit=0", "limit"), ("\(events)/stream?after=-1", "after"), ("\(events)/stream?after=%2B1", "after"),
                ("\(events)/-1/payload", "seq"), ("\(events)/0/payload", "seq"), ("/api/v1/usage?since=-1", "since"),
                ("/api/v1/usage?since=yesterday", "since"), ("/api/v1/projects?limit=-1", "limit"), ("/api/v1/audit?limit=1e3", "limit"),
                ("/api/v1/sessions?limit=1001", "limit"), ("/api/v1/tokens?limit=05", "limit"),
            ] {
                let reply = try await sam.call(.GET, path)
                #expect(reply.status == 400 && reply["detail"]?.string?.hasPrefix(field) == true, "\(path): \(reply.text)")
            }
            #expect(try await sam.call(.GET, "\(events)?after=0&limit=1")["events"]?.elements?.count == 1)
            for arguments in [
                ["sessions", "list", "--limit", "0"], ["audit", "--limit=-1"], ["keys", "--limit", "-1"], ["audit", "--limit", "abc"],
                ["usage", "--days", "0"], ["usage", "--days=-3"], ["usage", "--days", "-1"], ["usage", "--days", "abc"],
            ] {
                let output = try await sam.sam(arguments)
                let isUsage = arguments.contains("usage")
                let words = isUsage ? "--days takes a number from 1 to 10000." : "--limit takes a number from 1, or all."
                #expect(output.termination == .exited(2) && output.standardError.contains(words), "\(arguments): \(output.standardError)")
            }
            for word in ["version", "-V"] {
                let output = try await sam.sam(word)
                let words = output.standardError
                #expect(output.termination == .exited(2) && words.contains("Did you mean: sam --version"), "\(words)")
            }
        }
    }

    @Test("A task is read from standard input, and an empty one is refused")
    func input() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let ran = try await sam.sam(["run", "--project", "project", "--agent", "shell", "-"], input: "echo given > taken.txt\n")
            #expect(ran.termination == .exited(0) && ran.text.contains("Branch sam/"), "\(ran.standardError)")
            let empty = try await sam.sam(["run", "--project", "project", "--agent", "shell", "-"], input: "\n")
            #expect(empty.termination == .exited(1) && empty.standardError.contains("Standard input is empty"), "\(empty.standardError)")
        }
    }

    @Test("An expiry that is over is refused with its field; rotating asks on a terminal, and a no changes nothing")
    func refusals() async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            let body: JSONValue = ["scope": "user", "secret": "sk-ant-0123456789-WXYZ", "expiresAt": 1_580_515_200_000]
            let reply = try await sam.call(.PUT, "/api/v1/credentials/anthropic", body)
            #expect(reply.status == 400 && reply["detail"]?.string?.hasPrefix("expiresAt") == true, "\(reply.text)")
            let keys = try String(contentsOfFile: sam.home + "/vault.keys", encoding: .utf8)
            let typing = """
                mkfifo keys; script -qefc "$0 vault rotate" shown < keys > /dev/null & exec 3> keys
                until grep -q 'Continue' shown 2>/dev/null; do sleep 0.05; done
                echo n >&3; exec 3>&-; wait
                """
            _ = try await Command(
                "/bin/sh", ["-c", typing, SamFixture.programs + "/sam"],
                environment: ["SAM_HOME": sam.home, "HOME": sam.scratch, "PATH": "/usr/bin:/bin", "TERM": "dumb"],
                workingDirectory: sam.scratch
            ).run(timeout: .seconds(60))
            #expect(try String(contentsOfFile: sam.scratch + "/shown", encoding: .utf8).contains("Nothing was changed"))
            #expect(try String(contentsOfFile: sam.home + "/vault.keys", encoding: .utf8) == keys)
            let silent = try await sam.sam("vault", "rotate")
            #expect(silent.termination == .exited(1) && silent.standardError.contains("--yes"), "\(silent.standardError)")
            #expect(try String(contentsOfFile: sam.home + "/vault.keys", encoding: .utf8) == keys, "Without a terminal it needs --yes")
            #expect(try await sam.sam("vault", "rotate", "--yes").termination == .exited(0))
        }
    }
}
