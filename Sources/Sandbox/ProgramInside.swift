import Foundation
import Processes

/// SAM's own programs on a machine, as sandboxes see them.
public struct OwnPrograms: Sendable, Hashable {
    /// The folder with `sam-runner` and `sam-scout`.
    public var folder: String
    /// The folders outside the system's with the libraries that they load.
    public var libraries: [String]

    /// Describes the programs in a folder, with the libraries that this process has loaded.
    public init(folder: String = Program.ownFolder) {
        self.folder = folder
        libraries = RuntimeLibraries.folders()
    }

    /// The path of `sam-runner`.
    public var runner: String { folder + "/sam-runner" }
}

/// An agent's program as seen inside a sandbox.
public struct ProgramInside: Sendable {
    /// Its path inside.
    public private(set) var program: String
    /// What has to be bound for it.
    public private(set) var binds: [Sandbox.Bind]
    /// The first folders in PATH.
    public let path: String

    /// Finds the binds for a program of this machine, and its path inside.
    ///
    /// - Parameters:
    ///   - executable: its absolute path.
    ///   - folders: other folders that it reads.
    public init(_ executable: String, folders: [String], own: OwnPrograms) {
        let real = URL(filePath: executable).resolvingSymlinksInPath().path(percentEncoded: false)
        let isOurs = executable.hasPrefix(own.folder + "/")
        let installed = isOurs ? [] : InstalledProgram.folders(of: real)
        program = executable
        binds = (own.libraries + folders + installed).map { Sandbox.Bind(host: $0, inside: $0, access: .readOnly) }
        path = ([Sandbox.Inside.programs] + installed.filter { $0.hasSuffix("/bin") }).joined(separator: ":")
        if isOurs {
            program = Sandbox.Inside.programs + executable.dropFirst(own.folder.count)
            binds.append(Sandbox.Bind(host: executable, inside: program, access: .readOnly))
        } else if !installed.isEmpty {
            program = real
        } else if !folders.contains(where: { executable.hasPrefix($0 + "/") }) {
            // A link in the system's folders can't be bound over, and its target may be outside of them.
            if executable.hasPrefix("/usr/") { program = real }
            if !program.hasPrefix("/usr/") { binds += Self.binds(of: real, at: program) }
        }
    }

    /// A program under the name by which it is called, and the programs beside it whose names start with its name: `codex-code-mode-host`
    /// with `codex`.
    static func binds(of program: String, at path: String) -> [Sandbox.Bind] {
        let (folder, name) = (URL(filePath: program).deletingLastPathComponent(), URL(filePath: program).lastPathComponent)
        let inside = URL(filePath: path).deletingLastPathComponent()
        let beside = (try? FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false))) ?? []
        let parts = beside.filter { part in
            let file = folder.appending(path: part).path(percentEncoded: false)
            var isFolder: ObjCBool = false
            return part.hasPrefix(name + "-") && FileManager.default.isExecutableFile(atPath: file)
                && FileManager.default.fileExists(atPath: file, isDirectory: &isFolder) && !isFolder.boolValue
        }
        return [Sandbox.Bind(host: program, inside: path, access: .readOnly)]
            + parts.sorted().map { part in
                Sandbox.Bind(
                    host: folder.appending(path: part).path(percentEncoded: false),
                    inside: inside.appending(path: part).path(percentEncoded: false), access: .readOnly)
            }
    }
}
