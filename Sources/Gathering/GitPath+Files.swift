import Foundation

/// File access by path with system calls: Foundation can't handle names that are not text. Links are followed, except where noted.
extension GitPath {
    /// The path as a zero-terminated string for system calls.
    var zeroEnded: [CChar] { bytes.map { CChar(bitPattern: $0) } + [0] }

    /// The path as git reads it in a list with one path per line.
    var quoted: String {
        guard bytes.contains(UInt8(ascii: "\n")) || bytes.first == UInt8(ascii: "\"") else { return shown }
        let escaped = shown.map { ["\n": "\\n", "\"": "\\\"", "\\": "\\\\"][$0] ?? String($0) }.joined()
        return "\"\(escaped)\""
    }

    var isFolder: Bool { kind == S_IFDIR }

    var isFile: Bool { kind == S_IFREG }

    /// Whether the path is a folder itself, not a link to one.
    var isOwnFolder: Bool {
        var status = stat()
        return lstat(zeroEnded, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Whether a path below this one consists of real folders only, without a link.
    func leads(to path: GitPath) -> Bool {
        var place = self
        for step in path.bytes.split(separator: UInt8(ascii: "/")) {
            place = place.appending(step)
            guard place.isOwnFolder else { return false }
        }
        return true
    }

    /// The names in a folder, sorted; empty when there is no folder.
    var entries: [[UInt8]] {
        guard let stream = opendir(zeroEnded) else { return [] }
        defer { closedir(stream) }
        var names: [[UInt8]] = []
        while let entry = readdir(stream) {
            let name = entry.name
            if name != [UInt8(ascii: ".")], name != [UInt8(ascii: "."), UInt8(ascii: ".")] { names.append(name) }
        }
        return names.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// A file's bytes; `nil` when there is no file, or a larger one.
    func content(limit: Int) -> [UInt8]? {
        guard kind == S_IFREG else { return nil }
        let descriptor = open(zeroEnded, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        guard let data = try? file.read(upToCount: limit + 1) ?? Data(), data.count <= limit else { return nil }
        return Array(data)
    }

    private var kind: mode_t? {
        var status = stat()
        return stat(zeroEnded, &status) == 0 ? status.st_mode & S_IFMT : nil
    }
}

extension UnsafeMutablePointer<dirent> {
    /// An entry's name in bytes.
    var name: [UInt8] {
        withUnsafeBytes(of: &pointee.d_name) { Array($0.prefix { $0 != 0 }) }
    }
}

extension [UInt8] {
    func ends(with suffix: String) -> Bool { self.suffix(suffix.utf8.count).elementsEqual(suffix.utf8) }
}
