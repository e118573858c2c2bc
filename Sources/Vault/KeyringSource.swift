import Foundation
import Wording

/// The source of the master keys.
public enum KeyringSource: Sendable {
    /// A file that only its owner can read: JSON with `current` (an id), `keys` (a map from id to base64) and `form` (the oldest form of
    /// seals that is accepted).
    case file(path: String)
    /// A text from the environment: `ID:BASE64`, several separated by commas; the first is the current key.
    case environment(String)

    /// The source that the environment selects: `SAM_MASTER_KEYS` if set, else the file.
    public init(environment: [String: String], file: String) {
        if let text = environment["SAM_MASTER_KEYS"], !text.isEmpty {
            self = .environment(text)
        } else {
            self = .file(path: file)
        }
    }

    /// The source's name for people.
    public var place: String {
        switch self {
        case .file(let path): path
        case .environment: "SAM_MASTER_KEYS"
        }
    }

    /// Reads the keys.
    ///
    /// - Parameter mayCreate: whether a missing file may be created with a new key. Allowed only while nothing is sealed: a new key opens
    ///   no old seals.
    /// - Throws: ``VaultError`` with the cause and the next step; nothing was changed.
    public func load(mayCreate: Bool) throws(VaultError) -> Keyring {
        switch self {
        case .environment(let text): return try Self.parse(text)
        case .file(let path):
            switch try Self.read(path) {
            case let keyring?: return keyring
            case nil where mayCreate:
                let keyring = Keyring(current: .random())
                try Self.write(keyring, to: path)
                return keyring
            case nil:
                throw VaultError(
                    .keyringMissing,
                    """
                    The master keys are missing: there is no \(path), and credentials are sealed with them. \
                    Put the file back from your backup, or set SAM_MASTER_KEYS. Nothing was changed.
                    """)
            }
        }
    }

    /// Whether SAM may change the ring: keys from the environment are managed by the operator.
    var isOurs: Bool {
        switch self {
        case .file: true
        case .environment: false
        }
    }

    /// Saves a changed ring.
    ///
    /// - Throws: ``VaultError``.
    func save(_ keyring: Keyring) throws(VaultError) {
        switch self {
        case .file(let path): try Self.write(keyring, to: path)
        case .environment:
            throw VaultError(.notOurs, "The master keys come from SAM_MASTER_KEYS, which SAM can't change.")
        }
    }

    private struct Contents: Codable {
        var current: String
        var keys: [String: String]
        /// Missing in files from before seals had a version.
        var form: UInt8?
    }

    private static func read(_ path: String) throws(VaultError) -> Keyring? {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            guard errno == ENOENT else { throw unreadable(path, String(cString: strerror(errno))) }
            return nil
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw unreadable(path, "it is not a regular file") }
        guard status.st_mode & 0o077 == 0 else {
            throw VaultError(.badKeyring, "Others than its owner can read the master keys in \(path). Run: chmod 600 \(path)")
        }
        let contents: Contents
        do {
            contents = try JSONDecoder().decode(Contents.self, from: Data(contentsOf: URL(filePath: path)))
        } catch is DecodingError {
            throw unreadable(path, "it is damaged")
        } catch {
            throw unreadable(path, reason(of: error))
        }
        var keys: [MasterKey] = []
        for (id, base64) in contents.keys { keys.append(try MasterKey(id: id, base64: base64)) }
        guard let current = keys.first(where: { $0.id.rawValue == contents.current }) else {
            throw unreadable(path, "its current key is not among its keys")
        }
        let form = SealForm(rawValue: contents.form ?? SealForm.unversioned.rawValue)
        guard let form else { throw unreadable(path, "it was written by a newer SAM") }
        return Keyring(current: current, older: keys, takesOldForm: form == .unversioned)
    }

    private static func unreadable(_ path: String, _ why: String) -> VaultError {
        VaultError(
            .badKeyring, "The master keys in \(path) can't be read: \(why). Put the file back from your backup. Nothing was changed.")
    }

    /// Writes a draft and renames it, so that the file is never incomplete.
    private static func write(_ keyring: Keyring, to path: String) throws(VaultError) {
        let keys = [keyring.current] + keyring.older
        let contents = Contents(
            current: keyring.current.id.rawValue,
            keys: Dictionary(keys.map { ($0.id.rawValue, $0.base64) }, uniquingKeysWith: { $1 }),
            form: (keyring.takesOldForm ? SealForm.unversioned : .versioned).rawValue)
        let draft = path + ".new"
        unlink(draft)
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw unwritable(path) }
        do {
            let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            try file.write(contentsOf: try encoder.encode(contents))
            try file.synchronize()
            try file.close()
        } catch {
            throw unwritable(path)
        }
        guard rename(draft, path) == 0 else { throw unwritable(path) }
        // Makes the rename survive a power failure.
        let folder = open((path as NSString).deletingLastPathComponent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw unwritable(path) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw unwritable(path) }
    }

    private static func unwritable(_ path: String) -> VaultError {
        VaultError(.keyringUnwritable, "The master keys can't be written to \(path): \(String(cString: strerror(errno))).")
    }

    private static func parse(_ text: String) throws(VaultError) -> Keyring {
        var keys: [MasterKey] = []
        for entry in text.split(separator: ",") {
            let parts = entry.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            guard parts.count == 2 else { throw VaultError(.badKeyring, "SAM_MASTER_KEYS holds ID:BASE64, more after commas.") }
            keys.append(try MasterKey(id: parts[0], base64: parts[1]))
        }
        guard let current = keys.first else { throw VaultError(.badKeyring, "SAM_MASTER_KEYS holds no key.") }
        // Only the database can tell which forms these keys have sealed so far.
        return Keyring(current: current, older: Array(keys.dropFirst()), takesOldForm: true)
    }
}
