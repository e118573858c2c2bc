import Foundation

/// The kind of file at a path, without following a link there.
enum FileEntry: Hashable {
    case missing
    case folder
    case file
    case link(to: String)
    /// A pipe, a socket or a device, by which opening it can wait forever or act on a machine.
    case special(String)
    /// A path that can't be inspected.
    case other

    init(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            // A path that can't be inspected is not treated as missing.
            self = errno == ENOENT || errno == ENOTDIR ? .missing : .other
            return
        }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: self = .folder
        case S_IFREG: self = .file
        case S_IFLNK: self = .link(to: (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) ?? "?")
        case S_IFIFO: self = .special("pipe")
        case S_IFSOCK: self = .special("socket")
        case S_IFCHR, S_IFBLK: self = .special("device")
        default: self = .other
        }
    }

    /// The path without links, or `nil` when it does not exist.
    static func canonical(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// The first 64 KiB of a plain file as text; `nil` for anything else.
    static func text(_ path: String) -> String? {
        guard FileEntry(path) == .file, let file = FileHandle(forReadingAtPath: path), let data = try? file.read(upToCount: 64 << 10) else {
            return nil
        }
        return String(decoding: data, as: UTF8.self)
    }

    /// The size of a plain file in bytes; 0 for a missing file.
    static func size(_ path: String) -> Int {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return 0 }
        return Int(status.st_size)
    }
}
