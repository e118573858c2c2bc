import AgentProtocol
import ControlPlane
import Foundation
import Testing

@testable import sam

@Suite("What is said after something was stopped, or made")
struct StoppedTests {
    private func session(_ phase: String, pending: Int = 0, more: String = "") throws -> SessionView {
        try JSONLine.decode(
            from: #"{"id":"s_1","project":"p","projectId":"p_1","sandbox":"bubblewrap","agent":"a","title":"t","phase":"\#(phase)","#
                + #""settled":false,"branch":"b","pendingPrompts":\#(pending),"permissions":"ask","questions":[],"createdAt":0,"#
                + #""updatedAt":0\#(more)}"#)
    }

    @Test(
        "After a turn was stopped it is said what happens, and what comes next",
        arguments: [
            ("finishing", "the session ends, with its work on a branch"), ("completed", "sam sessions resume s_1"),
            ("ready", "waits for a prompt: sam sessions prompt s_1"), ("working", "works on the next prompt"),
            ("cancelled", "sam sessions show s_1"), ("failed", "sam sessions show s_1"), ("interrupted", "sam sessions show s_1"),
        ])
    func turn(_ phase: String, _ words: String) throws {
        let said = try session(phase).afterTurnStop.map { $0.rendered(colour: false) }
        #expect(said.first?.hasPrefix("The turn is stopped") == true)
        #expect(said.count > 1 && said.joined(separator: "\n").contains(words), "\(said)")
        #expect(said.dropFirst().contains { $0.contains("sam sessions ") }, "A next step: \(said)")
    }

    @Test("After a cancel it is said that the work is kept, until it is over")
    func cancel() throws {
        #expect(try session("cancelled").afterCancel.count == 2)
        #expect(try session("finishing").afterCancel.count == 1)
    }

    @Test(
        "A new key is said to be shown once, to be SAM's, and how a tool takes it: with two variables, or an address and the key",
        arguments: [
            (nil, ["export ANTHROPIC_BASE_URL=http://h/gateway/anthropic", "export ANTHROPIC_AUTH_TOKEN="]),
            ("openai", ["export OPENAI_BASE_URL=http://h/gateway/openai/v1", "export OPENAI_API_KEY="]),
            ("google", ["export GOOGLE_GEMINI_BASE_URL=http://h/gateway/google", "export GEMINI_API_KEY="]),
            ("custom-house", ["address: http://h/gateway/custom/house", "key: "]),
        ] as [(String?, [String])])
    func key(_ provider: String?, _ variables: [String]) throws {
        let limit = provider.map { #","provider":"\#($0)""# } ?? ""
        let created: CreatedKey = try JSONLine.decode(
            from: #"{"key":{"id":"g_1","name":"laptop","createdAt":0\#(limit)},"token":"sam_lease_1","gateway":"http://h/gateway"}"#)
        let said = created.advice.map { $0.rendered(colour: false) }
        #expect(said.first?.contains("not shown again") == true && said[1].contains("no key of a provider's"))
        #expect(said[1].contains("sam keys revoke g_1"))
        for (line, variable) in zip(said.suffix(2), variables) { #expect(line.hasPrefix("  " + variable), "\(line)") }
        #expect(!said.joined().contains(created.token), "The key is printed once, by itself")
    }
}
