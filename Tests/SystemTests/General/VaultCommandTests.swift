import AgentProtocol
import Foundation
import Processes
import Testing

@testable import SystemSupport

@Suite("The vault's keys")
struct VaultCommandTests {
    @Test("A new master key changes no credential: all are of use, also after a restart, and the old key is gone")
    func rotation() async throws {
        try await SamFixture.with { sam in
            let server = try await sam.serve()
            try await sam.project()
            try await sam.setCredential("anthropic", "sk-ant-0123456789-WXYZ")
            try await sam.setCredential("openai", "sk-openai-0123456789", "--project", "project")
            let credentials = try await sam.json("credentials", "list")
            let old = try ring(sam)

            let rotation = try await sam.json("vault", "rotate", "--yes")
            #expect(rotation["rewrapped"] == .integer(2) && rotation["unreadable"] == .integer(0))
            let new = try ring(sam)
            #expect(rotation["key"] == new.ring["current"] && new.ring["current"] != old.ring["current"])
            guard case .object(let keys)? = new.ring["keys"] else { throw CancellationError() }
            #expect(keys.count == 1, "Nothing needs the old one")
            #expect(new.mode == 0o600)
            #expect(try await sam.json("credentials", "list") == credentials, "No version changed, nor anything else that is shown")
            #expect(try await sam.sam("credentials", "explain", "anthropic").termination == .exited(0))
            #expect(try await sam.sam("run", "--project", "project", "--agent", "keyed", "true").termination == .exited(0))

            let again = try await sam.sam("vault", "rotate", "--yes")
            #expect(again.text.contains("2 seals were renewed") && again.text.contains("was deleted from vault.keys"), "\(again.text)")
            #expect(again.text.contains("need the vault.keys of their time"), "\(again.text)")
            try await sam.killHard(server)
            try? FileManager.default.removeItem(atPath: sam.home + "/server.json")
            try await sam.serve()
            #expect(try await sam.json("credentials", "list") == credentials)
            #expect(try await sam.sam("run", "--project", "project", "--agent", "keyed", "true").termination == .exited(0))
        }
    }

    /// What can befall the file of master keys.
    enum Mishap: String, CaseIterable, CustomTestStringConvertible {
        case removed, anotherKey, anotherKeyOfTheSameName, damaged, emptied, readableByOthers, aFolder
        var testDescription: String { rawValue }
    }

    @Test(
        "Without the right master keys a server does not start, says which file it misses and changes nothing; with them it does",
        arguments: Mishap.allCases)
    func start(_ mishap: Mishap) async throws {
        try await SamFixture.with { sam in
            let server = try await sam.serve()
            try await sam.setCredential("anthropic", "sk-ant-0123456789-WXYZ")
            try await sam.killHard(server)
            try? FileManager.default.removeItem(atPath: sam.home + "/server.json")
            let file = sam.home + "/vault.keys"
            let right = try #require(FileManager.default.contents(atPath: file))
            let id = try #require(try ring(sam).ring["current"]?.string)
            let key = try #require(try ring(sam).ring["keys"]?[id]?.string)

            try strike(mishap, file, id)
            let before = (rows: try await sam.rows(), content: FileManager.default.contents(atPath: file), mode: mode(file))
            let output = try await sam.sam("serve", "--port", "0", "--idle-exit", "1")
            #expect(output.termination == .exited(1), "\(output.text)")
            #expect(output.standardError.contains(file), "\(output.standardError)")
            #expect(!output.standardError.contains(key) && !output.standardError.contains("sk-ant"))
            let doctor = try await sam.sam("doctor")
            #expect(doctor.termination == .exited(1) && !doctor.text.contains("Agents can be started here."), "\(doctor.text)")
            let refusal = try #require(output.standardError.split(separator: "\n").first { $0.hasPrefix("Error: ") }).dropFirst(7)
            #expect(doctor.text.contains(refusal.replacing(" Nothing was changed.", with: "")), "The same sentence: \(doctor.text)")
            #expect(try await sam.rows() == before.rows)
            #expect(FileManager.default.contents(atPath: file) == before.content)
            #expect(mode(file) == before.mode, "It is neither made, nor removed, nor mended")
            #expect(!FileManager.default.fileExists(atPath: sam.home + "/server.json"))

            try? FileManager.default.removeItem(atPath: file)
            try put(right, file)
            try await sam.serve()
            #expect(try await sam.sam("credentials", "explain", "anthropic").termination == .exited(0))
        }
    }

    @Test("If nothing was sealed yet, missing master keys are made again")
    func firstStart() async throws {
        try await SamFixture.with { sam in
            let server = try await sam.serve()
            #expect(mode(sam.home + "/vault.keys") == 0o600)
            try await sam.killHard(server)
            try? FileManager.default.removeItem(atPath: sam.home + "/server.json")
            try FileManager.default.removeItem(atPath: sam.home + "/vault.keys")
            try await sam.serve()
            #expect(mode(sam.home + "/vault.keys") == 0o600)
            try await sam.setCredential("anthropic", "sk-ant-0123456789-WXYZ")
        }
    }

    // MARK: - Parts

    private func strike(_ mishap: Mishap, _ file: String, _ id: String) throws {
        let files = FileManager.default
        let other = Data((0..<32).map { _ in UInt8.random(in: .min ... .max) }).base64EncodedString()
        if mishap == .readableByOthers { return try files.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file) }
        try files.removeItem(atPath: file)
        switch mishap {
        case .removed, .readableByOthers: break
        case .anotherKey: try put(Data(#"{"current":"mk_000000000000","keys":{"mk_000000000000":"\#(other)"}}"#.utf8), file)
        case .anotherKeyOfTheSameName: try put(Data(#"{"current":"\#(id)","keys":{"\#(id)":"\#(other)"}}"#.utf8), file)
        case .damaged: try put(Data(#"{"current":"\#(id)","keys":{"#.utf8), file)
        case .emptied: try put(Data(), file)
        case .aFolder: try files.createDirectory(atPath: file, withIntermediateDirectories: false)
        }
    }

    private func put(_ content: Data, _ file: String) throws {
        try #require(FileManager.default.createFile(atPath: file, contents: content, attributes: [.posixPermissions: 0o600]))
    }

    private func ring(_ sam: SamFixture) throws -> (ring: JSONValue, mode: Int?) {
        let file = sam.home + "/vault.keys"
        return (try JSONLine.decode(from: try #require(FileManager.default.contents(atPath: file))), mode(file))
    }

    private func mode(_ file: String) -> Int? {
        let attributes = try? FileManager.default.attributesOfItem(atPath: file)
        return (attributes?[.posixPermissions] as? NSNumber)?.intValue
    }
}
