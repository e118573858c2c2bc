import Glibc

/// One walk over everything in a workspace: makes unreadable files and folders readable, and records where repositories are and how many
/// files each folder has.
struct TreeWalk {
    /// Folders with a `.git` in them, except for the top.
    private(set) var repositories: [GitPath] = []
    /// The number of files and links directly in each folder.
    private(set) var files: [GitPath: Int] = [:]
    /// The number of files and links in each folder, at any depth.
    private var totals: [GitPath: Int] = [:]
    /// Folders that can't be read.
    private(set) var closed: [GitPath] = []

    private let rootLength: Int

    private static let git = Array(".git".utf8)
    /// Each level uses a descriptor, of which a process has about a thousand.
    private static let depthLimit = 900

    /// Walks a folder. Links are not followed, and `.git` is not entered.
    ///
    /// - Parameter root: an absolute path.
    init(_ root: String) {
        rootLength = root.utf8.count
        if let top = Self.open(AT_FDCWD, Array(root.utf8)) { walk(top, .top, depth: 0) } else { closed = [.top] }
    }

    /// The number of files and links in a folder, at any depth.
    func count(under folder: GitPath) -> Int { totals[folder] ?? 0 }

    /// - Returns: the number of files and links in the folder, at any depth.
    @discardableResult
    private mutating func walk(_ descriptor: Int32, _ path: GitPath, depth: Int) -> Int {
        // git opens files by their full paths, which are limited in length.
        guard depth < Self.depthLimit, rootLength + path.bytes.count < Int(PATH_MAX) - 300, let stream = fdopendir(descriptor) else {
            close(descriptor)
            closed.append(path)
            return 0
        }
        defer { closedir(stream) }
        var count = 0
        var below = 0
        while let entry = readdir(stream) {
            let name = entry.name
            if name == [UInt8(ascii: ".")] || name == [UInt8(ascii: "."), UInt8(ascii: ".")] { continue }
            if name == Self.git {
                if !path.bytes.isEmpty { repositories.append(path) }
                Self.makeReadable(descriptor, name)
                continue
            }
            var status = stat()
            guard fstatat(descriptor, Self.terminated(name), &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
            switch status.st_mode & S_IFMT {
            case S_IFDIR:
                let child = path.appending(name)
                if let folder = Self.open(descriptor, name) { below += walk(folder, child, depth: depth + 1) } else { closed.append(child) }
            case S_IFREG:
                count += 1
                Self.makeReadable(descriptor, name)
            case S_IFLNK: count += 1
            default: break
            }
        }
        if count > 0 { files[path] = count }
        totals[path] = count + below
        return count + below
    }

    /// Makes a file readable for its owner.
    private static func makeReadable(_ parent: Int32, _ name: [UInt8]) {
        let path = terminated(name)
        var status = stat()
        guard fstatat(parent, path, &status, AT_SYMLINK_NOFOLLOW) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_mode & S_IRUSR == 0
        else { return }
        _ = fchmodat(parent, path, status.st_mode & 0o7777 | S_IRUSR, 0)
    }

    /// Opens a folder, after making it accessible for its owner.
    private static func open(_ parent: Int32, _ name: [UInt8]) -> Int32? {
        let path = terminated(name)
        var status = stat()
        if fstatat(parent, path, &status, AT_SYMLINK_NOFOLLOW) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_mode & 0o700 != 0o700 {
            _ = fchmodat(parent, path, status.st_mode & 0o7777 | 0o700, 0)
        }
        let descriptor = openat(parent, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        return descriptor < 0 ? nil : descriptor
    }

    private static func terminated(_ name: [UInt8]) -> [CChar] { GitPath(name).zeroEnded }
}
