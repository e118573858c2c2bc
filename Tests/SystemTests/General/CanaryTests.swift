import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import TestSupport
import Testing

@testable import SystemSupport

@Suite("Secrets stay where they belong")
struct CanaryTests {
    @Test("Nothing that SAM writes holds a secret but the one file that an agent insists on, and that is gone afterwards")
    func canary() async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            try await sam.projectWithSignInFiles()
            let secrets = [
                "user": "canary-user0a1b2c3d4e5f", "project": "canary-project6f7e8d9c0b", "platform": "canary-platform5a4b3c2d1e",
                "key": "sk-canary-key-98f7e6d5c4b3a2",
            ]
            let canaries = secrets.mapValues { Canary($0) }
            let watch = ProcessWatch(Array(canaries.values))
            await watch.begin()
            try await sam.setCredential("openai-chatgpt", SamFixture.authFile(secrets["platform"] ?? ""), "--scope", "platform")
            try await sam.setCredential("openai-chatgpt", SamFixture.authFile(secrets["user"] ?? ""))
            try await sam.setCredential("openai-chatgpt", SamFixture.authFile(secrets["project"] ?? ""), "--project", "project")
            try await sam.setCredential("anthropic", (secrets["key"] ?? "") + "\n", "--scope", "platform")
            func found() -> [String: [String]] { canaries.mapValues { $0.files(below: sam.scratch) }.filter { !$0.value.isEmpty } }
            #expect(found() == [:], "Sealed, they stand nowhere")

            // The project's, then the user's: each in one file while its session runs, and nowhere afterwards.
            for name in ["project", "user"] {
                let id = try await sam.startIdle(agent: "codex-like")
                #expect(found() == [name: ["home/sessions/\(id)/home/.codex/auth.json"]])
                // The prompt names neither the old token nor the new one; nobody knows that but the agent.
                let rotate = """
                    f="$HOME/.codex/auth.json"; fresh=canary-$(head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \\n')
                    new=$(sed "s/canary-[a-z0-9]*/$fresh/g" "$f"); printf '%s\\n' "$new" > "$f"; echo done
                    """
                _ = try await sam.sam("sessions", "prompt", id, rotate)
                try await eventually("the rotation is stored") {
                    try await sam.credentials().contains { $0["scope"]?.string == name && $0["version"] == .integer(2) }
                }
                let file = try String(contentsOfFile: "\(sam.home)/sessions/\(id)/home/.codex/auth.json", encoding: .utf8)
                let rotated = try #require(file.firstMatch(of: /"access_token": "(canary-[0-9a-f]{32})"/)?.1)
                let fresh = Canary(String(rotated))
                #expect(fresh.files(below: sam.scratch) == ["home/sessions/\(id)/home/.codex/auth.json"])
                _ = try await sam.sam("sessions", "cancel", id)
                try await sam.finish(id)
                #expect(found() == [:])
                #expect(fresh.files(below: sam.scratch) == [])
                let output = try await sam.sam("credentials", "clear", "openai-chatgpt", "--project", "project")
                #expect(name != "project" || output.termination == .exited(0))
            }
            let brokered = try await sam.run(project: "project", agent: "keyed", "env; cat /proc/*/environ /proc/*/cmdline")
            #expect(brokered.phase == "completed", "\(brokered.failureMessage)")
            #expect(found() == [:], "A brokered agent has nothing to show")

            // What people can list, follow and read in the log and the audit trail.
            for arguments in [
                ["credentials", "list", "--json"], ["credentials", "explain", "--json"], ["audit", "--json"],
                ["notifications", "--all", "--json"],
                ["sessions", "list", "--json"], ["credentials", "recover", "openai-chatgpt", "--list", "--json"],
            ] {
                let shown = Data(try await sam.sam(arguments).text.utf8)
                #expect(!canaries.values.contains { $0.isIn(shown) }, "\(arguments)")
            }
            let (sightings, rounds) = await watch.end()
            #expect(sightings == [])
            #expect(rounds > 20)
        }
    }

    @Test(
        "A leak that is planted on purpose is found, in each disguise and each place",
        arguments: ["plain", "base64", "base64 with something before it", "base64url", "hex", "a file's name", "an environment"])
    func planted(_ way: String) async throws {
        try await SamFixture.with { sam in
            let secret = "sk-canary-~~~>>>-98f7e6d5c4b3a2"
            let canary = Canary(secret)
            let data = Data(secret.utf8)
            #expect(canary.files(below: sam.scratch) == [] && canary.processes() == [])
            switch way {
            case "plain": try sam.write("an error: \(secret)!", to: "home/server.log")
            case "base64": try sam.write("token=\(data.base64EncodedString())", to: "home/server.log")
            case "base64 with something before it":
                try sam.write((Data("key=".utf8) + data + data).base64EncodedString(), to: "home/server.log")
            case "base64url":
                let text = data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
                try sam.write(text, to: "home/server.log")
            case "hex": try sam.write(data.map { String(format: "%02x", $0) }.joined(), to: "home/server.log")
            case "a file's name": try sam.write("", to: "home/\(secret).txt")
            default:
                let process = try await OwnedProcess.start(
                    Command("/bin/sleep", ["1000"], environment: ["KEY": secret]), descriptors: Descriptors(input: 0, output: 1, error: 2))
                try await eventually("it is seen") { !canary.processes().isEmpty }
                process.signalGroup(SIGKILL)
                _ = await process.termination()
                return
            }
            #expect(canary.files(below: sam.scratch).count == 1)
        }
    }
}
