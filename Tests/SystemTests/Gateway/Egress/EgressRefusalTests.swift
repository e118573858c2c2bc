import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import TestSupport
import Testing

@testable import SystemSupport

/// What is told of refusals, and who says what is refused.
@Suite("Refusals of the egress proxy")
struct EgressRefusalTests {
    @Test("Each refused host is logged once, however often and however it is asked for")
    func once() async throws {
        try await SamFixture.withOutside { sam, outside in
            let session = try await sam.shell()
            let ask = "for i in 1 2 3; do for p in '' -p; do curl -sS $p --noproxy '' -o /dev/null http://$h/; done; done 2>/dev/null"
            _ = try await sam.ask(session, "for h in one.example:8080 two.example:8080; do \(ask); done")
            let told = try await sam.refusals(of: session, count: 2)
            #expect(told[0].contains("one.example:8080") && told[1].contains("two.example:8080"))
            try await sam.allow(outside)
            _ = try await sam.ask(session, outside.hello)
            try await sam.refusals(of: session, count: 2)

            let another = try await sam.shell()
            _ = try await sam.ask(another, "h=one.example:8080; \(ask)")
            try await sam.refusals(of: another, count: 1)
        }
    }

    @Test("Hosts that an agent asks for by itself are refused like others, and no session's log tells of them")
    func ownHosts() async throws {
        try await SamFixture.withOutside { sam, _ in
            let file = sam.home + "/agents.yaml"
            let entries = try String(contentsOfFile: file, encoding: .utf8)
            try sam.write(
                entries.replacing(
                    "command: [scripted-agent, shell]}",
                    with: #"command: [scripted-agent, shell], ownHosts: [own.example, "*.below.example"]}"#),
                to: "home/agents.yaml")
            let session = try await sam.shell()
            let hosts = ["own.example", "a.below.example", "own.example:8080", "another.example", "notown.example"]
            let asks = hosts.map { "curl -sS --noproxy '' -o /dev/null -w '%{http_code}\\n' http://\($0)/\n" }
            #expect(try await sam.ask(session, asks.joined()).split(separator: "\n").allSatisfy { $0 == "403" })
            let told = try await sam.refusals(of: session, count: 3)
            for (text, host) in zip(told, hosts.dropFirst(2)) { #expect(text.contains(host), "\(text)") }
        }
    }

    @Test("A session's log has a hundred refusals at most, and what is allowed keeps working")
    func atMost() async throws {
        try await SamFixture.withOutside { sam, outside in
            try await sam.allow(outside)
            let session = try await sam.shell()
            let said = try await sam.ask(
                session,
                """
                for i in $(seq 1 130); do curl -sS --noproxy '' -o /dev/null -w '%{http_code}\\n' http://host-$i.example/; done | sort | uniq -c
                \(outside.hello)
                """)
            #expect(said.trimmingCharacters(in: .whitespaces) == "130 403\nfrom outside", "Each is refused: \(said)")
            let told = try await sam.refusals(of: session, count: 100)
            #expect(told.first?.contains("host-1.example") == true && Set(told).count == 100)
        }
    }

    @Test("What is told has no control characters and is of one line, whatever was asked for")
    func controlCharacters() async throws {
        try await SamFixture.withOutside { sam, _ in
            let session = try await sam.shell()
            let hosts = [#"a\x1b[31mb"#, #"a\x07"#, #"a\x00b"#, #"a\x7fb"#, #"a\xc2\x9bb"#, #"a\tb"#, "fine.example"]
            let lines = hosts.flatMap { ["CONNECT \($0):443", "GET http://\($0)/"] }
            for line in lines { _ = try await sam.ask(session, SamFixture.connecting + "raw 4141 '\(line) HTTP/1.1\\r\\n\\r\\n'") }
            try await eventually("the last is told of") { try await sam.refusals(of: session).last?.contains("fine.example:80") == true }
            for text in try await sam.refusals(of: session) {
                #expect(!text.unicodeScalars.contains { $0.properties.generalCategory == .control }, "\(text.debugDescription)")
                #expect(text.utf8.count < 1_000)
            }
        }
    }

    @Test(
        "A refusal of an invalid address is logged, as each refusal is",
        arguments: ["GET http://user@HERE/", "GET https://HERE/", "CONNECT user@HERE", "CONNECT 127.0.0.1"])
    func malformed(_ line: String) async throws {
        try await SamFixture.withOutside { sam, outside in
            try await sam.allow(outside)
            let session = try await sam.shell()
            let lines = [line.replacing("HERE", with: outside.authority), "CONNECT last.example:443"]
            let script = lines.map { "raw 4141 '\($0) HTTP/1.1\\r\\n\\r\\n'\n" }
            let said = try await sam.ask(session, SamFixture.connecting + script.joined())
            #expect(said.hasPrefix("HTTP/1.1 4") && said.contains("x-sam-egress: refused"), "\(said)")
            try await eventually("the last is told of") { try await sam.refusals(of: session).last?.contains("last.example") == true }
            #expect(try await sam.refusals(of: session).count == 2)
        }
    }

    @Test("A host that is allowed and doesn't answer is not called refused")
    func unreachable() async throws {
        try await SamFixture.withOutside { sam, outside in
            try await sam.allow(outside.authority, "127.0.0.1:1", private: [outside.authority, "127.0.0.1:1"])
            let session = try await sam.shell()
            let said = try await sam.ask(session, "curl -sS -i --noproxy '' http://127.0.0.1:1/")
            #expect(said.contains("HTTP/1.1 502 ") && !said.contains("x-sam-egress: refused"), "\(said)")
            #expect(try await sam.refusals(of: session).isEmpty)
        }
    }

    @Test("The project's own git host is on the list from the beginning, and another project's is not")
    func ownHost() async throws {
        try await SamFixture.withOutside { sam, outside in
            let served = "\(sam.scratch)/outside/source.git"
            try await sam.git(["clone", "-q", "--bare", try await sam.repository("source", files: ["a": "b"]), served], in: sam.scratch)
            try await sam.git(["update-server-info"], in: served)
            let added = try await sam.sam("projects", "add", "http://\(outside.authority)/source.git", "--name", "far")
            #expect(added.termination == .exited(0), "\(added.standardError)")
            for (project, isListed) in [("far", true), ("project", false)] {
                let session = try await sam.shell(project: project)
                let gets = ["127.0.0.1", outside.authority].map { "curl -sS --noproxy '' http://\($0)/\n" }
                _ = try await sam.ask(session, gets.joined())
                let told = try await sam.refusals(of: session, count: 2)
                // It is on the list, but of this machine.
                for text in told { #expect(text.contains("not on the list") != isListed, "\(project): \(text)") }
            }
        }
    }
}
