import Foundation
import Processes

/// The folders that a program needs when a language's package manager installed it: a script alone is not the program.
enum InstalledProgram {
    /// The folders to bind with a program.
    ///
    /// - Parameters:
    ///   - program: its path without links.
    ///   - homes: the home directories of the user who runs SAM.
    /// - Returns: absolute folders; none is or contains one of the homes.
    static func folders(of program: String, homes: [String] = UnixUser.ownHomes()) -> [String] {
        let found = nodeFolders(program) + pythonFolders(program)
        let inHomes = homes.map { home in
            let path = URL(filePath: home).resolvingSymlinksInPath().path(percentEncoded: false)
            return path.hasSuffix("/") ? path : path + "/"
        }
        return found.filter { folder in
            !(folder + "/").hasPrefix("/usr/") && folder != "/" && !inHomes.contains { $0.hasPrefix(folder + "/") }
        }
    }

    /// npm puts packages into `lib/node_modules` and links to them in `bin`, where Node itself may be, too.
    private static func nodeFolders(_ program: String) -> [String] {
        guard let packages = program.range(of: "/lib/node_modules/") else { return [] }
        let prefix = program[..<packages.lowerBound]
        return ["\(prefix)/lib/node_modules", "\(prefix)/bin"]
    }

    /// The file `pyvenv.cfg` of a virtual environment names the folder of its Python.
    private static func pythonFolders(_ program: String) -> [String] {
        let environment = URL(filePath: program).deletingLastPathComponent().deletingLastPathComponent()
        guard let settings = try? String(contentsOf: environment.appending(path: "pyvenv.cfg"), encoding: .utf8) else { return [] }
        let folder = environment.path(percentEncoded: false)
        let own = folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder
        let base = settings.split(separator: "\n").compactMap { line -> String? in
            let parts = line.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            guard parts.count == 2, parts[0] == "home", parts[1].hasPrefix("/") else { return nil }
            return URL(filePath: parts[1]).resolvingSymlinksInPath().deletingLastPathComponent().path(percentEncoded: false)
        }.first
        return [own] + (base.map { [$0.count > 1 && $0.hasSuffix("/") ? String($0.dropLast()) : $0] } ?? [])
    }
}
