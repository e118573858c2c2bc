import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import TestSupport
import Testing

@testable import SystemSupport

@Suite("Images in prompts")
struct ImageTests {
    private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    /// An image of any size, for an agent that only counts its bytes.
    private static func png(_ size: Int) -> Data { Data(signature) + Data(repeating: 7, count: size - signature.count) }
    private static func words(_ image: Data) -> String { "[image/png \(image.count) \(image.reduce(0) { $0 + Int($1) })]" }

    private func write(_ data: Data, to name: String, _ sam: SamFixture) throws -> String {
        let path = sam.scratch + "/" + name
        try data.write(to: URL(filePath: path))
        return path
    }

    private func body(_ text: String, _ images: [Data], type: String = "image/png") -> JSONValue {
        [
            "text": .string(text),
            "images": .array(images.map { ["mediaType": .string(type), "data": .string($0.base64EncodedString())] }),
        ]
    }

    /// How many images are stored.
    private func stored(_ sam: SamFixture) async throws -> String? {
        try await sam.stored("SELECT COUNT(*) FROM prompt_images").first
    }

    @Test("Images reach the agent through the command line and the API, as large as they may be; the log tells how many and no more")
    func arrive() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let small = Self.png(70)
            let large = [Self.png(3_750_000), Self.png(3_750_000)]
            let file = try write(small, to: "small.png", sam)
            let started = try await sam.json(
                "run", "--project", "project", "--agent", "sees", "--open", "--detach", "--attach", file, "true")
            let id = try #require(started["id"]?.string)
            try await sam.waitForTurns(1, of: id)
            try await sam.act("sessions", "prompt", id, "--attach", file, "--attach", file, "true")
            try await sam.waitForTurns(2, of: id)
            let kept = try await sam.call(.POST, "/api/v1/sessions/\(id)/prompts", body("true", large))
            #expect(kept.status == 202 && kept["images"] == 2, "\(kept.text)")
            try await sam.waitForTurns(3, of: id)
            let prompts = try await sam.json("sessions", "prompts", id)["prompts"]?.elements ?? []
            #expect(prompts.map { $0["images"] } == [1, 2, 2])
            #expect(try await sam.sam("sessions", "prompts", id).text.contains("(2 images) true"))
            #expect(try await stored(sam) == "0", "What was answered is forgotten")
            try await sam.act("sessions", "finish", id)
            let session = FinishedSession(session: try await sam.finish(id), events: try await sam.events(id))
            #expect(session.phase == "completed")
            let told = session.said.matches(of: /\[[^\]]*\]/).map { String($0.0) }
            #expect(told == [small, small, small, large[0], large[1]].map(Self.words))
            #expect(session.payloads("prompt").compactMap { $0["images"] } == [1, 2, 2])
            #expect(try await sam.sam("sessions", "watch", id).text.contains("true (2 images)"))
            let log = try await sam.sam("sessions", "watch", id, "--json").text
            #expect(!log.contains(small.base64EncodedString().prefix(60)))
        }
    }

    @Test("An invalid image, one too large or one too many is refused, and the refusal names it and the limit")
    func refusals() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let id = try await sam.start("sees", "true", provider: nil)
            let files: [(String, Data, String)] = [
                ("text.png", Data("hello".utf8), "is not an image"), ("large.png", Self.png(3_750_001), "3750 kB"),
                ("empty.png", Data(), "is empty"), ("RIFF.webp", Data("RIFF1234WAVE".utf8), "is not an image"),
            ]
            for (name, data, words) in files {
                let path = try write(data, to: name, sam)
                let refused = try await sam.sam("sessions", "prompt", id, "--attach", path, "look")
                #expect(refused.termination == .exited(1), "\(name)")
                #expect(refused.standardError.contains(name) && refused.standardError.contains(words), "\(refused.standardError)")
            }
            let missing = try await sam.sam("run", "--project", "project", "--agent", "sees", "--attach", "/nonexistent.png", "look")
            #expect(missing.termination == .exited(1) && missing.standardError.contains("/nonexistent.png"))
            let path = "/api/v1/sessions/\(id)/prompts"
            let bodies: [(JSONValue, Int, String)] = [
                (body("look", [Self.png(70)], type: "image/jpeg"), 400, "Image 1 is image/png, not image/jpeg"),
                (body("look", Array(repeating: Self.png(70), count: 9)), 400, "at most 8"),
                (body("look", Array(repeating: Self.png(3_000_000), count: 4)), 413, "larger than"),
                (body("look", [Self.png(2_700_000), Self.png(2_700_000), Self.png(2_700_000)]), 400, "8000 kB together"),
                (body("look", [Self.png(70), Data("GIF88a".utf8)]), 400, "Image 2 is not an image"),
                (["text": "look", "images": [["data": "!"]]], 400, "not in base64"),
                (["text": "look", "images": [["mediaType": "image/png"]]], 400, "data"),
            ]
            for (body, status, words) in bodies {
                let refused = try await sam.call(.POST, path, body)
                #expect(refused.status == status && refused.text.contains(words), "\(refused.text.prefix(300))")
            }
            let elsewhere = try await sam.call(
                .POST, "/api/v1/projects", ["repository": .string(String(repeating: "x", count: 3 << 20))])
            #expect(elsewhere.status == 413, "Other calls take no more than before")
            let alone = try await sam.call(
                .POST, "/api/v1/sessions",
                ["project": "project", "agent": "sees", "images": [["data": .string(Self.png(70).base64EncodedString())]]])
            #expect(alone.status == 400 && alone.text.contains("go with a prompt"))
            #expect(try await stored(sam) == "0")
            try await sam.act("sessions", "cancel", id)
            try await sam.finish(id)
        }
    }

    @Test("A prompt that waits keeps its images when it is changed and when the server is killed, and loses them when it is taken back")
    func waiting() async throws {
        try await SamFixture.with { sam in
            let server = try await sam.serve()
            try await sam.project()
            let id = try await sam.start("sees", "until [ -e enough ]; do sleep 0.05; done", provider: nil)
            try await eventually("it works") { try await sam.call(.GET, "/api/v1/sessions/\(id)")["phase"] == "working" }
            let path = "/api/v1/sessions/\(id)/prompts"
            let kept = try await sam.call(.POST, path, body("true", [Self.png(1_000_000)]))
            let taken = try await sam.call(.POST, path, body("false", [Self.png(70), Self.png(80)]))
            let prompt = try #require(kept["id"]?.string)
            #expect(try await stored(sam) == "3")
            try await sam.act("sessions", "withdraw", id, try #require(taken["id"]?.string))
            #expect(try await stored(sam) == "1")
            #expect(try await sam.call(.PATCH, path + "/" + prompt, body("echo changed", [Self.png(70)])).status == 400)
            try await sam.act("sessions", "edit", id, prompt, "echo changed")
            try await sam.killHard(server)
            try await sam.serve()
            _ = FileManager.default.createFile(atPath: sam.workspace(of: id) + "/enough", contents: nil)
            try await sam.waitForTurns(2, of: id)
            try await sam.act("sessions", "finish", id)
            let session = FinishedSession(session: try await sam.finish(id), events: try await sam.events(id))
            #expect(session.said.contains(Self.words(Self.png(1_000_000))) && session.said.contains("changed"), "\(session.said)")
            #expect(try await stored(sam) == "0")
        }
    }

    @Test("An agent that takes no images gets the prompt without them, and the log says so; a session that ends forgets what waited")
    func blind() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let id = try await sam.start("shell", "until [ -e enough ]; do sleep 0.05; done", provider: nil)
            let path = "/api/v1/sessions/\(id)/prompts"
            _ = try await sam.call(.POST, path, body("echo without", [Self.png(70)]))
            try await eventually("it works") { try await sam.call(.GET, "/api/v1/sessions/\(id)")["phase"] == "working" }
            _ = FileManager.default.createFile(atPath: sam.workspace(of: id) + "/enough", contents: nil)
            try await sam.waitForTurns(2, of: id)
            _ = try await sam.call(.POST, path, body("sleep 100", []))
            _ = try await sam.call(.POST, path, body("never", [Self.png(70)]))
            #expect(try await stored(sam) == "1")
            try await sam.act("sessions", "cancel", id)
            let session = FinishedSession(session: try await sam.finish(id), events: try await sam.events(id))
            #expect(session.said.contains("without"))
            #expect(session.payloads("note").contains { $0["text"]?.string?.contains("takes no images") == true })
            #expect(try await stored(sam) == "0")
        }
    }
}
