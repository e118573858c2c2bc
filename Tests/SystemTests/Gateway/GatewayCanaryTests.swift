import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import TestSupport
import Testing

@testable import SystemSupport

@Suite("A brokered key stays outside")
struct GatewayCanaryTests {
    /// The layers of the test, narrow to broad, with the keys that stand there.
    private static let secrets = [
        ("project", "sk-canary-project-6f7e8d9c0b1a2938"), ("user", "sk-canary-user-0a1b2c3d4e5f6071"),
        ("platform", "sk-canary-platform-5a4b3c2d1e0f9e8d"),
    ]

    @Test("While sessions use keys of each scope, nothing in their sandboxes and nothing that SAM wrote holds one")
    func canary() async throws {
        try await withProvider { sam, upstream in
            let canaries = Self.secrets.map { Canary($0.1) }
            let watch = ProcessWatch(canaries)
            await watch.begin()
            for (scope, secret) in Self.secrets.reversed() {
                try await sam.setCredential("anthropic", secret, scope == "project" ? "--project=project" : "--scope=\(scope)")
            }
            for (place, (scope, secret)) in Self.secrets.enumerated() {
                let id = try await sam.startIdle(agent: "keyed")
                let lease = try await sam.lease(of: id)
                let whole = try await sam.ask(id, try #require(SamFixture.curl["anthropic"]))
                #expect(whole.hasSuffix("\n200"), "\(whole)")
                let streamed = try await sam.ask(
                    id, try #require(SamFixture.curl["anthropic"]).replacing("\"model\"", with: "\"stream\":true,\"model\""))
                #expect(streamed.contains("message_stop") && streamed.hasSuffix("\n200"), "\(streamed)")
                _ = try await sam.relay(with: "nonsense")
                #expect(upstream.requests.suffix(2).map(\.key) == [secret, secret], "It is in use, and it is the \(scope)'s")

                let search = SandboxSearch(session: id)
                let inside = search.processes
                #expect(inside.count >= 2, "The agent, and what forwards its requests: \(inside)")
                #expect(inside.allSatisfy { search.readable(of: $0) > 100_000 }, "Their memory can be read")
                #expect(!search.places(of: Canary(lease)).isEmpty, "What is inside would be found")
                for canary in canaries {
                    #expect(search.places(of: canary) == [])
                    #expect(canary.files(below: sam.scratch) == [])
                }
                for request in upstream.requests { #expect(!Canary(lease).isIn(request.everything), "Nor did the lease get outside") }
                _ = try await sam.sam("sessions", "cancel", id)
                try await sam.finish(id)
                guard place < 2 else { break }
                let cleared = try await sam.sam(
                    ["credentials", "clear", "anthropic"] + (scope == "project" ? ["--project", "project"] : []))
                #expect(cleared.termination == .exited(0), "\(cleared.standardError)")
            }
            for arguments in [
                ["usage", "--by", "credential", "--json"], ["credentials", "list", "--json"], ["audit", "--json"], ["budget", "--json"],
                ["notifications", "--all", "--json"], ["keys", "--json"], ["providers", "--json"], ["sessions", "list", "--json"],
            ] {
                let shown = Data(try await sam.sam(arguments).text.utf8)
                #expect(!canaries.contains { $0.isIn(shown) }, "\(arguments)")
            }
            let metrics = try await sam.call(.GET, "/metrics").body
            #expect(!canaries.contains { $0.isIn(metrics) })
            for canary in canaries { #expect(canary.files(below: sam.scratch) == [], "Also after they are over") }
            #expect(await watch.end().sightings == [])
        }
    }

    /// What a program in the sandbox can do with a secret, as a script over `$s`, and where it is to be found.
    enum Leak: String, CaseIterable, CustomTestStringConvertible {
        case memory, environment, commandLine, file
        var testDescription: String { rawValue }

        var script: String {
            switch self {
            case .memory: "while [ ! -e enough ]; do sleep 0.1; done"
            case .environment: "export s; /bin/sh -c 'while [ ! -e enough ]; do sleep 0.1; done'"
            case .commandLine: #"/bin/sh -c 'while [ ! -e enough ]; do sleep 0.1; done' name "$s""#
            case .file: #"printf %s "$s" | od -An -tx1 | tr -d ' \n' > leak; s=; while [ ! -e enough ]; do sleep 0.1; done"#
            }
        }
    }

    @Test("A leak that is planted on purpose is found by the same search", arguments: Leak.allCases)
    func planted(_ leak: Leak) async throws {
        try await withProvider { sam, _ in
            let secret = "sk-canary-planted-98f7e6d5c4b3a291"
            let canary = Canary(secret)
            try await sam.setCredential("anthropic", secret)
            let id = try await sam.startIdle(agent: "keyed")
            let search = SandboxSearch(session: id)
            #expect(search.places(of: canary) == [] && canary.files(below: sam.scratch) == [])
            // Base64 is one of the disguises that are looked for; the prompt has it in base64 and turned by thirteen letters, so that
            // nobody but the agent knows it, and nothing but what it does with it is found.
            let turned = Data(Self.turned(secret).utf8).base64EncodedString()
            let tell = "(s=$(echo \(turned) | base64 -d | tr a-zA-Z n-za-mN-ZA-M); \(leak.script)) >/dev/null 2>&1 &"
            _ = try await sam.ask(id, tell)
            switch leak {
            case .file:
                try await eventually("it is found") {
                    canary.files(below: sam.scratch) == ["home/sessions/\(id)/workspace/leak"]
                }
            default:
                let place: SandboxSearch.Place =
                    switch leak {
                    case .environment: .environment
                    case .commandLine: .commandLine
                    default: .memory
                    }
                try await eventually("it is found") { search.places(of: canary).contains(place) }
                #expect(leak != .memory || search.places(of: canary) == [.memory])
                #expect(canary.files(below: sam.scratch) == [])
            }
            try sam.write("", to: "home/sessions/\(id)/workspace/enough")
        }
    }

    // MARK: - Parts

    private static func turned(_ text: String) -> String {
        String(
            decoding: text.utf8.map { character -> UInt8 in
                switch character {
                case UInt8(ascii: "a")...UInt8(ascii: "z"): (character - 97 + 13) % 26 + 97
                case UInt8(ascii: "A")...UInt8(ascii: "Z"): (character - 65 + 13) % 26 + 65
                default: character
                }
            }, as: UTF8.self)
    }

    private func withProvider(_ body: (SamFixture, RecordingUpstream) async throws -> Void) async throws {
        try await RecordingUpstream.with({ request in
            request.text.contains("stream") ? .stream(Self.events) : .json(SamFixture.answer)
        }) { upstream in
            try await SamFixture.with { sam in
                try await sam.serve()
                try await sam.project()
                try await sam.point("anthropic", at: upstream)
                try await body(sam, upstream)
            }
        }
    }

    private static let events = [
        #"{"type":"message_start","message":{"model":"claude-sonnet-4-5","usage":{"input_tokens":10,"output_tokens":1}}}"#,
        #"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
        #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello"}}"#,
        #"{"type":"content_block_stop","index":0}"#,
        #"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":20}}"#, #"{"type":"message_stop"}"#,
    ].map { "event: \($0.dropFirst(9).prefix { $0 != "\"" })\ndata: \($0)\n\n" }
}
