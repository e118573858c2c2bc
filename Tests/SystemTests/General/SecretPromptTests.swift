import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import Testing

@testable import SystemSupport

@Suite("Asking for a secret")
struct SecretPromptTests {
    @Test("On a terminal the secret is asked for and does not show, and what was typed is what is stored")
    func hidden() async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            // `script` lends a terminal. The secret is typed once the question stands there.
            let typing = """
                mkfifo keys; script -qefc "$0 credentials set anthropic" shown < keys > /dev/null & exec 3> keys
                until grep -q 'Secret for anthropic' shown 2>/dev/null; do sleep 0.05; done
                echo sk-ant-typed-0123456789 >&3; exec 3>&-; wait
                """
            let output = try await Command(
                "/bin/sh", ["-c", typing, SamFixture.programs + "/sam"],
                environment: ["SAM_HOME": sam.home, "HOME": sam.scratch, "PATH": "/usr/bin:/bin", "TERM": "dumb"],
                workingDirectory: sam.scratch
            ).run(timeout: .seconds(60))
            let shown = try String(contentsOfFile: sam.scratch + "/shown", encoding: .utf8)
            #expect(output.termination == .exited(0), "\(output.standardError)")
            #expect(shown.contains("is stored"), "\(shown)")
            #expect(!shown.contains("typed"), "\(shown)")
            #expect(try await sam.credentials().first?["ending"] == "6789")
        }
    }

    @Test("Ctrl-C at the question ends with 130, stores nothing, and leaves a terminal that shows what is typed")
    func interrupted() async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            let typing = """
                mkfifo keys; script -qefc "$0 credentials set mistral; echo code=\\$?; stty -a" shown < keys > /dev/null & exec 3> keys
                until grep -q 'Secret for mistral' shown 2>/dev/null; do sleep 0.05; done
                printf 'half\\003' >&3; until grep -q 'echok' shown; do sleep 0.05; done; exec 3>&-; wait
                """
            _ = try await Command(
                "/bin/sh", ["-c", typing, SamFixture.programs + "/sam"],
                environment: ["SAM_HOME": sam.home, "HOME": sam.scratch, "PATH": "/usr/bin:/bin", "TERM": "dumb"],
                workingDirectory: sam.scratch
            ).run(timeout: .seconds(60))
            let shown = try String(contentsOfFile: sam.scratch + "/shown", encoding: .utf8)
            #expect(shown.contains("code=130"), "\(shown)")
            for flag in ["isig", "icanon", "echo"] {
                #expect(shown.contains(flag) && !shown.contains("-\(flag) "), "\(shown)")
            }
            #expect(!shown.contains("half") && !shown.contains("Usage"), "\(shown)")
            #expect(try await sam.credentials() == [])
        }
    }
}
