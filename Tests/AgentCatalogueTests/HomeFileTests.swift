import AgentCatalogue
import Credentials
import Foundation
import Testing

@Suite("Files that an entry brings into its agent's home")
struct HomeFileTests {
    private func catalogue(_ entry: String) throws -> Catalogue {
        let file = NSTemporaryDirectory() + "agents-\(UUID().uuidString).yaml"
        defer { try? FileManager.default.removeItem(atPath: file) }
        try Data("agents:\n  - \(entry)\n".utf8).write(to: URL(filePath: file))
        return Catalogue(userFile: file)
    }

    private let access = GatewayAccess(address: "http://127.0.0.1:1", lease: "lease-1")

    @Test("Contents have the placeholders of variables, the lease included, and can differ with the provider")
    func contents() throws {
        let catalogue = try catalogue(
            """
            {id: mine, protocol: acp, command: [mine], providers: [openai, anthropic], models: {openai: {fast: small, strong: big}},
              files: {.mine/settings.json: '{"url":"${provider}","key":"${lease}","model":"${model}","tools":"${gateway}/tools"}',
                      .mine/wire: {openai: responses}, .mine/empty: ""}}
            """)
        #expect(catalogue.problems.isEmpty, "\(catalogue.problems)")
        let agent = try #require(catalogue.agent("mine"))
        let model = agent.model(nil, with: .openai)
        #expect(model == "big", "An agent whose file names a model is told one")
        #expect(
            agent.files(for: .openai, model: model, access: access) == [
                ".mine/settings.json":
                    #"{"url":"http://127.0.0.1:1/openai","key":"lease-1","model":"big","tools":"http://127.0.0.1:1/tools"}"#,
                ".mine/wire": "responses", ".mine/empty": "",
            ])
        #expect(agent.files(for: .anthropic, access: access).keys.sorted() == [".mine/empty", ".mine/settings.json"])
        #expect(!agent.arguments(for: .openai, access: access).contains { $0.contains("lease") })
    }

    @Test(
        "A path outside of the home, a content that is too long, and conflicting files are refused",
        arguments: [
            "{../outside: x}", "{/etc/passwd: x}", #"{"": x}"#, "{a/../../b: x}", "{a//b: x}", "{./a: x}", "{a/: x}", "{a/.: x}",
            #"{"a\0b": x}"#, #"{"a\nb": x}"#, "{\(String(repeating: "n", count: 201)): x}",
            "{\(String(repeating: "n/", count: 300))n: x}", "{a: \(String(repeating: "x", count: 65_537))}", "{a: [x]}", "[a]", "text",
            "{a: {nobody: x}}", "{a: x, a/b: y}", "{\((0...16).map { "f\($0): x" }.joined(separator: ", "))}",
            "{.codex/auth.json: x}", "{.codex: x}", "{.codex/auth.json/x: x}",
        ])
    func refused(_ files: String) throws {
        let catalogue = try catalogue(
            """
            {id: bad, protocol: acp, command: [x], providers: [openai-chatgpt], sign-in: {provider: openai-chatgpt, file: .codex/auth.json}, files: \(files)}
            """)
        #expect(catalogue.agent("bad") == nil)
        #expect(catalogue.problems.count == 1)
        let problem = try #require(catalogue.problems.first)
        #expect(problem.line == 2 && problem.message.utf8.count < 400)
    }

    @Test("OpenHands and Kimi find what they read from files alone, with JSON that is JSON")
    func builtIn() throws {
        let catalogue = Catalogue()
        for provider in [Provider.anthropic, .openai, .rehearsal] {
            let openHands = try #require(catalogue.agent("openhands"))
            let files = openHands.files(for: provider, model: openHands.model("fast", with: provider), access: access)
            let settings = try #require(files[".openhands/agent_settings.json"])
            let object = try #require(try JSONSerialization.jsonObject(with: Data(settings.utf8)) as? [String: Any])
            let model = try #require(object["llm"] as? [String: String])
            #expect(model["api_key"] == "lease-1" && model["base_url"]?.hasPrefix("http://127.0.0.1:1/\(provider.rawValue)") == true)
        }
        let kimi = try #require(catalogue.agent("kimi")).files(for: .openai, model: "m", access: access)
        #expect(kimi[".kimi-code/config.toml"] == "default_permission_mode = \"manual\"\ntelemetry = false\n")
    }
}
