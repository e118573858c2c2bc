import Foundation
import Testing

@testable import Vault

@Suite("Seals of the time when they had no version")
struct OldFormTests {
    private static let old = SealContext("c_1", "user", "u_1", "openai", "apiKey")
    private static let new = SealContext("credential", "c_1", "user", "u_1", "openai", "apiKey", "3")

    /// A ring as an older SAM wrote it, without a word about the form of seals.
    private func withOldFile(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "vault-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let file = folder + "/vault.keys"
        let key = Data(repeating: 5, count: 32).base64EncodedString()
        try #require(
            FileManager.default.createFile(
                atPath: file, contents: Data(#"{"current":"mk_1","keys":{"mk_1":"\#(key)"}}"#.utf8), attributes: [.posixPermissions: 0o600])
        )
        try body(file)
    }

    @Test("One is renewed until that time has ended, and never opens as it is")
    func renewal() throws {
        try withOldFile { file in
            let vault = try Vault(.file(path: file), mayCreate: false)
            let sealed = try vault.seal(Secret("s"), for: Self.old, .unversioned)
            #expect(sealed.isOfOldForm && vault.takesOldForm)
            for context in [Self.old, Self.new] {
                let error = #expect(throws: VaultError.self) { try vault.open(sealed, for: context) }
                #expect(error?.code == .oldForm)
                #expect(throws: VaultError.self) { try vault.rewrap(sealed, for: context) }
            }
            let renewed = try vault.renew(sealed, from: Self.old, as: Self.new)
            #expect(try vault.open(renewed, for: Self.new) == Secret("s"))
            #expect(throws: VaultError.self) { try vault.open(renewed, for: Self.old) }

            try vault.endOldForm()
            let ended = #expect(throws: VaultError.self) { try vault.renew(sealed, from: Self.old, as: Self.new) }
            #expect(ended?.code == .oldForm)
            // The keys remember it, also when they change.
            _ = try vault.advance()
            let again = try Vault(.file(path: file), mayCreate: false)
            #expect(!again.takesOldForm)
            #expect(try again.open(renewed, for: Self.new) == Secret("s"))
        }
    }

    @Test("What passes itself off as the newer form opens no more than what it is")
    func disguised() throws {
        try withOldFile { file in
            let vault = try Vault(.file(path: file), mayCreate: false)
            var sealed = try vault.seal(Secret("s"), for: Self.old, .unversioned)
            sealed.bytes[0] = SealForm.versioned.rawValue
            for context in [Self.old, Self.new] {
                #expect(throws: VaultError.self) { try vault.open(sealed, for: context) }
            }
            #expect(throws: VaultError.self) { try vault.renew(sealed, from: Self.old, as: Self.new) }
            var other = try vault.seal(Secret("s"), for: Self.new)
            other.bytes[0] = SealForm.unversioned.rawValue
            #expect(throws: VaultError.self) { try vault.renew(other, from: Self.new, as: Self.new) }
        }
    }

    @Test("New keys never take the old form, and a form that is not known yet is refused with nothing changed")
    func forms() throws {
        try withOldFile { file in
            let fresh = file + ".fresh"
            #expect(try !Vault(.file(path: fresh), mayCreate: true).takesOldForm)
            let text = try String(contentsOfFile: file, encoding: .utf8).replacing("{\"current\"", with: "{\"form\":3,\"current\"")
            try Data(text.utf8).write(to: URL(filePath: file))
            chmod(file, 0o600)
            let error = #expect(throws: VaultError.self) { try Vault(.file(path: file), mayCreate: true) }
            #expect(error?.code == .badKeyring && error?.message.contains("newer SAM") == true)
            #expect(try String(contentsOfFile: file, encoding: .utf8) == text)
        }
    }

    @Test("Keys from the environment take it until it is ended in this process: only the database knows of it")
    func environment() throws {
        let source = KeyringSource.environment("a:\(Data(repeating: 1, count: 32).base64EncodedString())")
        let vault = try Vault(source, mayCreate: false)
        let sealed = try vault.seal(Secret("s"), for: Self.old, .unversioned)
        #expect(try vault.open(vault.renew(sealed, from: Self.old, as: Self.new), for: Self.new) == Secret("s"))
        try vault.endOldForm()
        #expect(throws: VaultError.self) { try vault.renew(sealed, from: Self.old, as: Self.new) }
        #expect(try Vault(source, mayCreate: false).takesOldForm)
    }
}
