import AgentProtocol
import Foundation
import NIOHTTP1
import TestSupport
import Testing

@testable import SystemSupport

@Suite("Programs that answer one prompt and end")
struct OneShotTests {
    @Test("Each prompt starts the program again, as one argument whatever it holds; it can be stopped, and its failure is told")
    func prompts() async throws {
        try await SamFixture.with { sam in
            let entries = try String(contentsOfFile: sam.home + "/agents.yaml", encoding: .utf8)
            let script = #"printf '%s' "$1" >> told; echo "said $1"; case "$1" in wait) sleep 1000;; fail) exit 3;; esac"#
            try sam.write(
                entries + """

                      - id: teller
                        protocol: one-shot
                        command: [sh, -c, '\(script.replacing("'", with: "''"))', sh, "${prompt}"]
                    """, to: "home/agents.yaml")
            try await sam.serve()
            try await sam.project()
            let id = try await sam.start("teller", "it's $(id) \"quoted\"", provider: nil)
            try await sam.waitForTurns(1, of: id)
            try await sam.act("sessions", "prompt", id, "wait")
            try await eventually("it waits") {
                let told = FileManager.default.contents(atPath: sam.workspace(of: id) + "/told") ?? Data()
                return String(decoding: told, as: UTF8.self).hasSuffix("wait")
            }
            try await sam.act("sessions", "cancel", id, "--turn")
            try await sam.waitForTurns(2, of: id)
            try await sam.act("sessions", "prompt", id, "fail")
            try await sam.waitForTurns(3, of: id)
            try await sam.act("sessions", "cancel", id)
            let session = FinishedSession(session: try await sam.finish(id), events: try await sam.events(id))
            #expect(session.said.contains("said it's $(id) \"quoted\""), "\(session.said)")
            #expect(session.payloads("turnEnded").compactMap { $0["stopReason"]?.string } == ["end_turn", "cancelled", "error"])
            #expect(session.payloads("turnEnded").last?["error"]?.string?.contains("exit code 3") == true)
            #expect(try await sam.file("told", of: session.session) == "it's $(id) \"quoted\"waitfail")
        }
    }
}
