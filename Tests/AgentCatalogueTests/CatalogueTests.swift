import AgentCatalogue
import Credentials
import Foundation
import Testing

@Suite("The catalogue of agents")
struct CatalogueTests {
    private func catalogue(_ yaml: String) throws -> Catalogue {
        let file = NSTemporaryDirectory() + "agents-\(UUID().uuidString).yaml"
        defer { try? FileManager.default.removeItem(atPath: file) }
        try Data(yaml.utf8).write(to: URL(filePath: file))
        return Catalogue(userFile: file)
    }

    @Test("Scout is built in, and the built-in file has no mistake")
    func builtIn() throws {
        let catalogue = Catalogue()
        #expect(catalogue.problems.isEmpty)
        #expect(catalogue.agent("scout")?.command == ["sam-scout"])
    }

    @Test("A user's entry adds an agent, or replaces the one with its id")
    func userEntries() throws {
        let catalogue = try catalogue(
            """
            agents:
              - {id: mine, protocol: acp, command: [mine, --acp], needs: [/opt/mine], leavesBehind: [/.mine/], environment: {A: b}, install: "get it"}
              - {id: scout, protocol: acp, command: [other-scout]}
            """)
        #expect(catalogue.problems.isEmpty)
        #expect(catalogue.agent("mine")?.needs == ["/opt/mine"])
        #expect(catalogue.agent("mine")?.environment == ["A": "b"])
        #expect(catalogue.agent("mine")?.leavesBehind == ["/.mine/"])
        #expect(catalogue.agent("scout")?.command == ["other-scout"])
        #expect(Set(catalogue.agents.map(\.id)).isSuperset(of: ["scout", "claude-code", "codex", "mine"]))
    }

    @Test(
        "A mistake in one entry is told with file and line; the others work",
        arguments: [
            ("{id: bad, command: [x]}", "protocol"), ("{id: bad, protocol: smtp, command: [x]}", "smtp"),
            ("{id: Bad Id, protocol: acp, command: [x]}", "Bad Id"), ("{id: bad, protocol: acp, command: []}", "command"),
            ("{id: bad, protocol: acp, command: [x], leavesBehind: ['!a']}", "leavesBehind"),
            ("{id: bad, protocol: acp, command: [x], leavesBehind: ['*']}", "leavesBehind"),
            ("{id: bad, protocol: acp, command: [x], leavesBehind: a}", "leavesBehind"),
            ("{id: bad, protocol: acp, command: [x], needs: [relative]}", "relative"), ("just text", "mapping"),
            ("{protocol: acp, command: [x]}", "id"), ("{id: bad, protocol: acp, command: {a: b}}", "command"),
        ])
    func mistakes(_ entry: String, _ word: String) throws {
        let catalogue = try catalogue("agents:\n  - {id: good, protocol: acp, command: [good]}\n  - \(entry)\n")
        #expect(catalogue.agent("good") != nil)
        #expect(catalogue.agent("bad") == nil)
        let problem = try #require(catalogue.problems.first)
        #expect(problem.line == 3)
        #expect(problem.message.contains(word))
        #expect(problem.description.contains(".yaml:3: "))
    }

    @Test("A file that is no YAML, or has no list, costs nothing but itself", arguments: ["agents: [", "other: thing", "\t- x"])
    func noYAML(_ text: String) throws {
        let catalogue = try catalogue(text)
        #expect(catalogue.agent("scout") != nil)
        #expect(catalogue.problems.count == 1)
    }

    private let access = GatewayAccess(address: "http://127.0.0.1:1", lease: "lease")

    @Test("What differs with the provider is set with that provider, and a model is put where the entry wants it")
    func choices() throws {
        let catalogue = try catalogue(
            """
            agents:
              - id: mine
                protocol: acp
                command: [mine]
                environment: {A: all, B: {openai: "b ${provider}", google: b-google}, M: {openai: "${model}"}}
                providers: [openai, google]
                models: {openai: {fast: small, strong: big}}
                model: [-m, "${model}"]
            """)
        #expect(catalogue.problems.isEmpty, "\(catalogue.problems)")
        let agent = try #require(catalogue.agent("mine"))
        let openai = agent.environment(for: .openai, model: "big", access: access)
        #expect(openai["A"] == "all" && openai["B"] == "b http://127.0.0.1:1/openai" && openai["M"] == "big")
        #expect(openai["SAM_LEASE"] == "lease")
        let google = agent.environment(for: .google, access: access)
        #expect(google["B"] == "b-google" && google["M"] == nil)
        #expect(agent.arguments(for: .openai, model: "big", access: access) == ["-m", "big"])
        #expect(agent.arguments(for: .openai, access: access) == [])
        #expect(agent.model("fast", with: .openai) == "small" && agent.model("other", with: .openai) == "other")
        #expect(agent.model(nil, with: .openai) == "big", "It can't be started without one")
        #expect(agent.model("fast", with: .google) == nil)
        let claude = try #require(Catalogue().agent("claude-code"))
        #expect(claude.model("default", with: .anthropic) == nil, "It has a choice of its own")
        #expect(claude.model("strong", with: .anthropic) == "opus")
    }

    @Test("No built-in entry puts a lease into arguments, and every model that they name is used")
    func builtInEntries() {
        for agent in Catalogue().agents {
            for provider in agent.providers {
                let model = agent.model("strong", with: provider)
                let arguments = agent.arguments(for: provider, model: model, access: access)
                let environment = agent.environment(for: provider, model: model, access: access)
                #expect(
                    !arguments.contains {
                        $0.contains("lease") || $0.replacing("${SAM_LEASE}", with: "").replacing("${prompt}", with: "").contains("${")
                    },
                    "\(agent.id) with \(provider)")
                #expect(!environment.values.contains { $0.contains("${") }, "\(agent.id) with \(provider): \(environment)")
                guard let model else { continue }
                let files = agent.files(for: provider, model: model, access: access)
                #expect(
                    (arguments + Array(environment.values) + Array(files.values)).contains { $0.contains(model) },
                    "\(agent.id) with \(provider)")
                #expect(!files.values.contains { $0.contains("${") }, "\(agent.id) with \(provider): \(files)")
                for (name, value) in environment where value.hasPrefix("{") || value.hasPrefix("[") {
                    #expect(throws: Never.self, "\(agent.id): \(name)") { try JSONSerialization.jsonObject(with: Data(value.utf8)) }
                }
            }
        }
    }

    @Test(
        "Hosts that an agent asks for by itself are names", arguments: ["https://a.example", "a.example:443", "a b", "*", "A.example", ""])
    func ownHosts(wrong: String) throws {
        let file = NSTemporaryDirectory() + "own-hosts-\(UUID().uuidString).yaml"
        defer { try? FileManager.default.removeItem(atPath: file) }
        let entry = "{id: mine, protocol: acp, command: [x], ownHosts: "
        try Data("agents:\n  - \(entry)[\"*.a.example\", b.example]}\n".utf8).write(to: URL(filePath: file))
        #expect(Catalogue(userFile: file).agent("mine")?.ownHosts == ["*.a.example", "b.example"])
        try Data("agents:\n  - \(entry)[\"\(wrong)\"]}\n".utf8).write(to: URL(filePath: file))
        let catalogue = Catalogue(userFile: file)
        #expect(catalogue.agent("mine") == nil && catalogue.problems.first?.message.contains("ownHosts") == true, "\(catalogue.problems)")
        #expect(Catalogue().agent("codex")?.ownHosts.contains("chatgpt.com") == true)
    }
}
