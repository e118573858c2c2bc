import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import Testing

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
}
