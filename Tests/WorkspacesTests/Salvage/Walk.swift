import Foundation

/// A folder as it is on disk, read with the system's own calls: names may be any bytes, links are not followed.
struct Walk: Sendable {
    struct File: Sendable {
        var path: String
        /// As git has it: `100644`, `100755` or `120000`.
        var mode: String
        /// `nil` where it can't be read.
        var content: [UInt8]?
    }

    private(set) var files: [File] = []
    /// Folders with a `.git` of any kind, relative; the top is empty.
    private(set) var repositories: [String] = []
    /// Folders of objects, wherever they are; but those of a bare repository, whose files are files to git and arrive as such.
    private(set) var stores: [String] = []
    private let root: String

    init(_ root: String) {
        self.root = root
        visit("", insideGit: false)
    }

    private mutating func visit(_ folder: String, insideGit: Bool) {
        let names = Self.names(in: folder.isEmpty ? root : root + "/" + folder)
        if names.contains(".git"), !insideGit { repositories.append(folder) }
        if insideGit, ["HEAD", "objects", "refs"].allSatisfy(names.contains) {
            stores.append(folder.isEmpty ? "objects" : folder + "/objects")
        }
        for name in names.sorted() {
            let path = folder.isEmpty ? name : folder + "/" + name
            var status = stat()
            guard Self.cString(root + "/" + path, { lstat($0, &status) }) == 0 else { continue }
            switch status.st_mode & S_IFMT {
            case S_IFDIR:
                visit(path, insideGit: insideGit || name == ".git")
            case S_IFREG where !insideGit && name != ".git":
                files.append(
                    File(path: path, mode: status.st_mode & 0o100 != 0 ? "100755" : "100644", content: Self.read(root + "/" + path)))
            case S_IFLNK where !insideGit && name != ".git":
                files.append(File(path: path, mode: "120000", content: Self.target(root + "/" + path)))
            default:
                break
            }
        }
    }

    private static func cString<Result>(_ path: String, _ body: (UnsafePointer<CChar>) -> Result) -> Result {
        let zeroEnded = bytes(ofLatin: path).map { CChar(bitPattern: $0) } + [0]
        return zeroEnded.withUnsafeBufferPointer { buffer in
            // It holds the zero at least.
            buffer.baseAddress.map(body) ?? body("")
        }
    }

    private static func names(in folder: String) -> [String] {
        guard let directory = cString(folder, { opendir($0) }) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { latin($0.prefix { $0 != 0 }) }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    private static func read(_ path: String) -> [UInt8]? {
        let descriptor = cString(path, { open($0, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) })
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = Foundation.read(descriptor, &buffer, buffer.count), count > 0 { content += buffer[..<count] }
        return content
    }

    private static func target(_ path: String) -> [UInt8]? {
        var buffer = [CChar](repeating: 0, count: 4_096)
        let size = buffer.count
        let count = cString(path) { readlink($0, &buffer, size) }
        return count < 0 ? nil : buffer[..<count].map { UInt8(bitPattern: $0) }
    }
}
