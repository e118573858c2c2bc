import Foundation

/// What a program needs beside itself when a language's package manager installed it: a script alone is not the program.
enum InstalledProgram {
    /// The folders to bind with a program.
    ///
    /// - Parameter program: where it really is, without links.
    /// - Returns: absolute folders, none of which is the home of whoever runs SAM or holds it.
    static func folders(of program: String) -> [String] {
        let found = nodeFolders(program) + pythonFolders(program)
        let home = FileManager.default.homeDirectoryForCurrentUser.resolvingSymlinksInPath().path(percentEncoded: false)
        let ofHome = home.hasSuffix("/") ? home : home + "/"
        return found.filter { !($0 + "/").hasPrefix("/usr/") && $0 != "/" && !ofHome.hasPrefix($0 + "/") }
    }

    /// npm puts packages into `lib/node_modules` and links to them, and where it brings Node along that as well, into `bin`.
    private static func nodeFolders(_ program: String) -> [String] {
        guard let packages = program.range(of: "/lib/node_modules/") else { return [] }
        let prefix = program[..<packages.lowerBound]
        return ["\(prefix)/lib/node_modules", "\(prefix)/bin"]
    }

    /// A virtual environment says in `pyvenv.cfg` where the Python is that it is an environment of.
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
