import Foundation

/// Finds programs on this machine.
public enum Program {
    /// The path of the first program of this name, searched like a shell does.
    ///
    /// - Parameters:
    ///   - name: a bare name, or an absolute path, which is only checked.
    ///   - searchPath: folders separated by colons.
    public static func find(
        _ name: String,
        in searchPath: String = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    ) -> String? {
        if name.hasPrefix("/") {
            return isExecutable(name) ? name : nil
        }
        guard !name.isEmpty, !name.contains("/") else { return nil }
        return searchPath.split(separator: ":").map { "\($0)/\(name)" }.first(where: isExecutable)
    }

    /// The same, with one more folder, which is searched before PATH.
    public static func find(_ name: String, firstIn folder: String) -> String? {
        find(name, in: "\(folder):\(ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin")")
    }

    /// The folder of the running program's file.
    public static var ownFolder: String {
        let path = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return (path as NSString).deletingLastPathComponent
    }

    private static func isExecutable(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
            && FileManager.default.isExecutableFile(atPath: path)
    }
}
