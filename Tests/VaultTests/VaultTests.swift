import Foundation
import Testing
import Vault

@Suite("The vault")
struct VaultTests {
    private static let context = SealContext("c_1", "user", "u_1", "openai", "apiKey")

    private func withFile(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "vault-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder + "/vault.keys")
    }

    @Test("What is sealed opens again, also by another process with the same file, and the seal holds no plain text")
    func roundTrip() throws {
        try withFile { file in
            let secret = Secret("sk-proj-0123456789")
            let sealed = try Vault(.file(path: file), mayCreate: true).seal(secret, for: Self.context)
            #expect(try Vault(.file(path: file), mayCreate: false).open(sealed, for: Self.context) == secret)
            #expect(Data(sealed.bytes).range(of: Data("0123456789".utf8)) == nil)
            let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
    }

    @Test(
        "A seal that was moved to another row does not open",
        arguments: [
            SealContext("c_2", "user", "u_1", "openai", "apiKey"), SealContext("c_1", "project", "u_1", "openai", "apiKey"),
            SealContext("c_1", "user", "u_2", "openai", "apiKey"), SealContext("c_1", "user", "u_1", "anthropic", "apiKey"),
            SealContext("c_1", "user", "u_1", "openai", "oauth"), SealContext("c_1user", "", "u_1", "openai", "apiKey"),
        ])
    func moved(context: SealContext) throws {
        try withFile { file in
            let vault = try Vault(.file(path: file), mayCreate: true)
            let sealed = try vault.seal(Secret("s"), for: Self.context)
            let error = #expect(throws: VaultError.self) { try vault.open(sealed, for: context) }
            #expect(error?.code == .doesNotOpen)
        }
    }

    @Test("A seal with any one bit changed does not open")
    func damaged() throws {
        try withFile { file in
            let vault = try Vault(.file(path: file), mayCreate: true)
            let sealed = try vault.seal(Secret("s"), for: Self.context)
            for index in sealed.bytes.indices {
                var damaged = sealed
                damaged.bytes[index] ^= 1
                #expect(throws: VaultError.self, "byte \(index)") { try vault.open(damaged, for: Self.context) }
            }
            for length in [0, 1, 60, 61, 80] {
                var cut = sealed
                cut.bytes = Array(cut.bytes.prefix(length))
                #expect(throws: VaultError.self, "\(length) bytes") { try vault.open(cut, for: Self.context) }
            }
        }
    }

    @Test("A new master key seals from then on, the old one still opens, and rewrapping leaves the secret's own bytes unchanged")
    func rotation() throws {
        try withFile { file in
            let vault = try Vault(.file(path: file), mayCreate: true)
            let old = try vault.seal(Secret("one"), for: Self.context)
            let key = try vault.advance()
            #expect(vault.currentKey == key && old.key != key)
            #expect(try vault.open(old, for: Self.context) == Secret("one"))
            let new = try vault.rewrap(old, for: Self.context)
            #expect(new.key == key)
            #expect(new.bytes.dropFirst(61) == old.bytes.dropFirst(61))
            try vault.forget(vault.keys)
            #expect(vault.keys == [key])
            #expect(try vault.open(new, for: Self.context) == Secret("one"))
            let error = #expect(throws: VaultError.self) { try vault.open(old, for: Self.context) }
            #expect(error?.code == .unknownKey)
            #expect(try Vault(.file(path: file), mayCreate: false).open(new, for: Self.context) == Secret("one"))
        }
    }

    @Test("Keys that are missing, damaged, or readable by others are refused, with nothing changed")
    func badFiles() throws {
        try withFile { file in
            let missing = #expect(throws: VaultError.self) { try Vault(.file(path: file), mayCreate: false) }
            #expect(missing?.code == .keyringMissing)
            #expect(!FileManager.default.fileExists(atPath: file))

            _ = try Vault(.file(path: file), mayCreate: true)
            let content = try Data(contentsOf: URL(filePath: file))
            chmod(file, 0o640)
            let open = #expect(throws: VaultError.self) { try Vault(.file(path: file), mayCreate: true) }
            #expect(open?.message.contains("chmod 600") == true)
            #expect(try Data(contentsOf: URL(filePath: file)) == content)

            for damaged in [Data(), content.dropLast(10), Data(#"{"current":"a","keys":{"b":"AAAA"}}"#.utf8)] {
                try? FileManager.default.removeItem(atPath: file)
                try #require(
                    FileManager.default.createFile(
                        atPath: file, contents: damaged, attributes: [.posixPermissions: 0o600]))
                let error = #expect(throws: VaultError.self) { try Vault(.file(path: file), mayCreate: true) }
                #expect(error?.code == .badKeyring)
                #expect(try Data(contentsOf: URL(filePath: file)) == damaged)
            }
        }
    }

    @Test("Keys from the environment seal with the first and open with all, and can't be changed by SAM")
    func environment() throws {
        let one = Data(repeating: 1, count: 32).base64EncodedString()
        let two = Data(repeating: 2, count: 32).base64EncodedString()
        let old = try Vault(.environment("a:\(one)"), mayCreate: false)
        let sealed = try old.seal(Secret("s"), for: Self.context)
        let new = try Vault(.environment("b:\(two), a:\(one)"), mayCreate: false)
        #expect(try new.open(sealed, for: Self.context) == Secret("s"))
        #expect(new.currentKey.rawValue == "b")
        #expect(try new.advance().rawValue == "b", "The operator's first key is the new one")
        try new.forget(new.keys)
        #expect(new.keys.map(\.rawValue) == ["a", "b"], "And the others are the operator's to take out")
        for text in ["", "a", "a:AAAA", "a:\(one),b", "a b:\(one)"] {
            #expect(throws: VaultError.self, "\(text)") { try Vault(.environment(text), mayCreate: false) }
        }
    }

    @Test("A key is recognised by its proof, and another key of the same name is not")
    func proof() throws {
        let one = try Vault(.environment("a:\(Data(repeating: 1, count: 32).base64EncodedString())"), mayCreate: false)
        let other = try Vault(.environment("a:\(Data(repeating: 2, count: 32).base64EncodedString())"), mayCreate: false)
        #expect(one.proof(of: one.currentKey) != nil)
        #expect(one.proof(of: one.currentKey) != other.proof(of: other.currentKey))
        #expect(one.proof(of: MasterKeyID(rawValue: "none")) == nil)
    }
}
