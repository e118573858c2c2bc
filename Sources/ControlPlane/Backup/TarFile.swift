import Foundation
import Processes

/// A tar archive, by means of the system's `tar`.
struct TarFile {
    let path: String
    private let program: String

    /// Enough for a slow disk.
    private static let timeout = Duration.seconds(12 * 3_600)

    /// - Throws: ``BackupError`` if tar is not installed.
    init(_ path: String) throws {
        guard let program = Program.find("tar") else { throw BackupError("tar is not installed. On Debian: apt install tar") }
        self.program = program
        self.path = path
    }

    /// Adds a file, by its name relative to a folder.
    ///
    /// - Throws: ``BackupError`` with tar's message.
    func append(_ file: String, from folder: String) async throws {
        try await run(["--append", "--file", path, "--format=posix", "--owner=0", "--group=0", "--numeric-owner", "-C", folder, "--", file])
    }

    /// The names of all entries.
    ///
    /// - Throws: ``BackupError`` with tar's message, or if an entry is no plain file.
    func names() async throws -> [String] {
        let kinds = try await run(["--list", "--verbose", "--numeric-owner", "--quoting-style=escape", "--file", path])
        guard kinds.split(separator: "\n").allSatisfy({ $0.hasPrefix("-") }) else {
            throw BackupError("something else than plain files is in it")
        }
        return try await run(["--list", "--quoting-style=escape", "--file", path]).split(separator: "\n").map(String.init)
    }

    /// Extracts all entries into a folder.
    ///
    /// - Throws: ``BackupError`` with tar's message.
    func extract(into folder: String) async throws {
        try await run(["--extract", "--file", path, "--no-same-owner", "--no-same-permissions", "--keep-old-files", "-C", folder])
    }

    @discardableResult
    private func run(_ arguments: [String]) async throws -> String {
        let output: Output
        do {
            output = try await Command(
                program, arguments, environment: ["LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"], workingDirectory: "/"
            )
            .run(timeout: Self.timeout)
        } catch let error as ProcessError {
            throw BackupError(error.message)
        }
        guard output.termination.isSuccess else {
            let lines = output.standardError.split(separator: "\n").map(String.init)
            throw BackupError("tar says: \((lines.first ?? "\(output.termination)").replacing(program + ": ", with: ""))")
        }
        return output.text
    }
}
