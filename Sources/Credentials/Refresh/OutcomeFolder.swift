import Foundation
import Vault
import Wording

/// The files of outcomes that are not in the database yet, sealed, in a folder of the server's state: a stop of the server does not lose them.
///
/// A file is passed to the kernel before a write returns: it survives the process, not a crash of the machine.
struct OutcomeFolder: Sendable {
    let path: String
    let vault: Vault

    private struct File: Codable {
        var attempt: RefreshAttempt
        var key: String
        var sealed: Data
    }

    /// A refresh's outcome in the clear; it never leaves this file unsealed.
    fileprivate struct Content: Codable {
        var access: String?
        var refresh: String?
        var id: String?
        var refused: String?
        var unknown: String?
        var notNow: String?
        var retryAfter: Int64?
    }

    /// Writes an outcome.
    ///
    /// - Throws: ``CredentialsError/Code/unkept``; `VaultError`.
    func write(_ outcome: RefreshOutcome, of attempt: RefreshAttempt) throws {
        let content = Secret(String(decoding: try JSONEncoder().encode(Content(outcome)), as: UTF8.self))
        var key: MasterKeyID
        repeat {
            let sealed = try vault.seal(content, for: Self.context(attempt))
            key = sealed.key
            try save(File(attempt: attempt, key: key.rawValue, sealed: Data(sealed.bytes)))
            // A rotation of the master key that began after the seal may not have seen the file, and forgets the key.
        } while key != vault.currentKey
    }

    private func save(_ file: File) throws(CredentialsError) {
        // It is complete before it has its name.
        let draft = name(file.attempt) + Self.draft
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw Self.systemError() }
            let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            try handle.write(contentsOf: try JSONEncoder().encode(file))
            try handle.close()
            guard rename(draft, name(file.attempt)) == 0 else { throw Self.systemError() }
        } catch {
            unlink(draft)
            throw CredentialsError(.unkept, "\(path) can't be written: \(reason(of: error))")
        }
    }

    /// Removes a stored outcome.
    ///
    /// - Throws: ``CredentialsError/Code/unkept`` when its file stays and is read at the next start.
    func remove(_ attempt: RefreshAttempt) throws(CredentialsError) {
        // Where the folder can't be changed, an empty file says the same.
        guard unlink(name(attempt)) != 0, errno != ENOENT, errno != ENOTDIR, truncate(name(attempt), 0) != 0 else { return }
        throw CredentialsError(.unkept, "\(name(attempt)) can't be removed: \(reason(of: Self.systemError()))")
    }

    /// The outcomes of all files.
    ///
    /// - Returns: them, and a sentence about each file that can't be read. It stays where it is.
    func all() -> (outcomes: [(attempt: RefreshAttempt, outcome: RefreshOutcome)], problems: [String]) {
        var outcomes: [(attempt: RefreshAttempt, outcome: RefreshOutcome)] = []
        var problems: [String] = []
        do {
            problems += try finishDrafts()
            for name in try Self.names(in: path) {
                do {
                    if let found = try read("\(path)/\(name)") { outcomes.append(found) }
                } catch {
                    problems.append("The refreshed sign-in in \(path)/\(name) can't be read and is kept: \(reason(of: error))")
                }
            }
        } catch {
            problems.append("\(path) can't be read: \(reason(of: error))")
        }
        return (outcomes, problems)
    }

    /// Names the drafts of an earlier process that are complete, and removes the others.
    ///
    /// - Returns: a sentence about each draft that can't be read. It stays where it is.
    private func finishDrafts() throws -> [String] {
        var problems: [String] = []
        for name in try Self.contents(of: path) where name.hasSuffix(Self.draft) {
            let draft = "\(path)/\(name)"
            do {
                let content = try Data(contentsOf: URL(filePath: draft))
                let isComplete = (try? JSONDecoder().decode(File.self, from: content)) != nil
                if !isComplete || rename(draft, String(draft.dropLast(Self.draft.count))) != 0 { unlink(draft) }
            } catch {
                problems.append("The draft \(draft) can't be read and is kept: \(reason(of: error))")
            }
        }
        return problems
    }

    /// The master keys that its files are sealed with. A file that is damaged needs none, because no key opens it.
    ///
    /// - Throws: ``CredentialsError/Code/vault`` when the folder or a file can't be read.
    func keys() throws(CredentialsError) -> Set<MasterKeyID> {
        do {
            return try Self.keys(in: path)
        } catch {
            throw CredentialsError(
                .vault,
                """
                \(path) can't be read, and refreshed sign-ins in it may need the older master keys: \(reason(of: error)) Make it readable, \
                then rotate again.
                """)
        }
    }

    static func keys(in path: String) throws -> Set<MasterKeyID> {
        var keys: Set<MasterKeyID> = []
        for name in try names(in: path) {
            // One that is stored meanwhile is removed.
            guard let content = try contents("\(path)/\(name)") else { continue }
            if let file = try? JSONDecoder().decode(File.self, from: content) { keys.insert(MasterKeyID(rawValue: file.key)) }
        }
        return keys
    }

    private static func contents(_ name: String) throws -> Data? {
        do {
            return try Data(contentsOf: URL(filePath: name))
        } catch {
            guard FileManager.default.fileExists(atPath: name) else { return nil }
            throw error
        }
    }

    /// The names of complete files, sorted.
    static func names(in path: String) throws -> [String] {
        try contents(of: path).filter { !$0.hasSuffix(draft) }.sorted()
    }

    private static func contents(of path: String) throws -> [String] {
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: path)
    }

    /// - Returns: `nil` for an empty file, whose outcome is stored.
    private func read(_ name: String) throws -> (attempt: RefreshAttempt, outcome: RefreshOutcome)? {
        let content = try Data(contentsOf: URL(filePath: name))
        if content.isEmpty {
            unlink(name)
            return nil
        }
        let file = try JSONDecoder().decode(File.self, from: content)
        let sealed = Sealed(bytes: Array(file.sealed), key: MasterKeyID(rawValue: file.key))
        let opened = try vault.open(sealed, for: Self.context(file.attempt))
        return (file.attempt, RefreshOutcome(try JSONDecoder().decode(Content.self, from: Data(opened.reveal().utf8))))
    }

    /// The suffix of a file that is being written.
    private static let draft = ".new"

    private static func systemError() -> POSIXError { POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }

    private func name(_ attempt: RefreshAttempt) -> String { "\(path)/\(attempt.credential.rawValue).\(attempt.version)" }

    private static func context(_ attempt: RefreshAttempt) -> SealContext {
        SealContext("refresh", attempt.credential.rawValue, String(attempt.version), String(attempt.isAfterRefusal))
    }
}

extension OutcomeFolder.Content {
    fileprivate init(_ outcome: RefreshOutcome) {
        switch outcome {
        case .renewed(let tokens):
            self.init(access: tokens.access.reveal(), refresh: tokens.refresh?.reveal(), id: tokens.id?.reveal())
        case .refused(let why): self.init(refused: why)
        case .unknown(let why): self.init(unknown: why)
        case .notNow(let why, let retryAfter): self.init(notNow: why, retryAfter: retryAfter)
        }
    }
}

extension RefreshOutcome {
    fileprivate init(_ content: OutcomeFolder.Content) {
        if let access = content.access {
            self = .renewed(
                RenewedTokens(access: Secret(access), refresh: content.refresh.map { Secret($0) }, id: content.id.map { Secret($0) }))
        } else if let why = content.refused {
            self = .refused(why)
        } else if let why = content.notNow {
            self = .notNow(why, retryAfter: content.retryAfter)
        } else {
            self = .unknown(content.unknown ?? "")
        }
    }
}
