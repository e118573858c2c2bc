import Foundation

/// A folder whose content a hostile program can change at any time. Paths are opened step by step by descriptor without following links, so
/// that nothing outside of the folder is read or written.
///
/// For small files. Paths are relative, with plain names between slashes.
public struct UntrustedFolder: Sendable {
    /// A failed system call.
    public struct Failure: Error, Sendable, CustomStringConvertible {
        /// The `errno`.
        public var number: CInt
        /// The text of the error.
        public var description: String { String(cString: strerror(number)) }
    }

    /// Shows whether a file may have changed since the last look.
    public struct Stamp: Sendable, Hashable {
        private let inode: UInt64
        private let size: Int64
        private let seconds: Int
        private let nanoseconds: Int

        fileprivate init(_ status: stat) {
            inode = UInt64(status.st_ino)
            size = Int64(status.st_size)
            seconds = status.st_mtim.tv_sec
            nanoseconds = status.st_mtim.tv_nsec
        }
    }

    private let path: String

    /// Creates a description of an existing folder that only SAM itself can replace.
    public init(path: String) {
        self.path = path
    }

    /// Reads a file.
    ///
    /// - Parameter limit: longer files are cut after `limit + 1` bytes, so that the caller can tell.
    /// - Returns: `nil` if there is no regular file of that name.
    /// - Throws: ``Failure`` if it can't be read.
    public func read(_ file: String, limit: Int) throws(Failure) -> Data? {
        guard let descriptor = try openFile(file, O_RDONLY | O_NONBLOCK) else { return nil }
        defer { close(descriptor) }
        guard try status(of: descriptor).st_mode & S_IFMT == S_IFREG else { return nil }
        var content = Data()
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while content.count <= limit {
            let count = Foundation.read(descriptor, &buffer, min(buffer.count, limit + 1 - content.count))
            if count < 0 { throw Failure(number: errno) }
            if count == 0 { break }
            content.append(contentsOf: buffer[..<count])
        }
        return content
    }

    /// The file's current stamp; `nil` if there is no regular file of that name.
    public func stamp(of file: String) -> Stamp? {
        guard let descriptor = try? openFile(file, O_RDONLY | O_NONBLOCK) else { return nil }
        defer { close(descriptor) }
        guard let status = try? status(of: descriptor), status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Stamp(status)
    }

    /// Creates a file with mode 0600, and missing folders on its path with mode 0700.
    ///
    /// - Returns: whether it was created; `false` if the name exists already.
    /// - Throws: ``Failure``.
    public func create(_ file: String, with content: some ContiguousBytes) throws(Failure) -> Bool {
        try write(file, content) { (folder, draft, name) throws(Failure) in
            guard linkat(folder, draft, folder, name, 0) == 0 else {
                guard errno == EEXIST else { throw Failure(number: errno) }
                return false
            }
            return true
        }
    }

    /// Creates a file with mode 0600, or replaces a file or link, and creates missing folders on its path with mode 0700.
    ///
    /// - Throws: ``Failure``, also if there is a folder of that name.
    public func replace(_ file: String, with content: some ContiguousBytes) throws(Failure) {
        try write(file, content) { (folder, draft, name) throws(Failure) in
            guard renameat(folder, draft, folder, name) == 0 else { throw Failure(number: errno) }
        }
    }

    /// Writes to a draft with another name first, so that a crash leaves no partial file under the final one.
    ///
    /// - Parameter publish: gives the draft its final name in the folder.
    private func write<Result>(
        _ file: String, _ content: some ContiguousBytes, publish: (CInt, String, String) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard let (folder, name) = try openParent(of: file, makingFolders: true) else { throw Failure(number: errno) }
        defer { close(folder) }
        let draft = ".\(name).new"
        unlinkat(folder, draft, 0)
        let descriptor = openat(folder, draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Failure(number: errno) }
        defer {
            close(descriptor)
            unlinkat(folder, draft, 0)
        }
        var failure: CInt = 0
        content.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Foundation.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                guard count > 0 else {
                    failure = errno
                    return
                }
                rest = rest.dropFirst(count)
            }
        }
        guard failure == 0 else { throw Failure(number: failure) }
        return try publish(folder, draft, name)
    }

    /// Removes a file or link. Missing names and folders are ignored.
    ///
    /// - Throws: ``Failure``.
    public func remove(_ file: String) throws(Failure) {
        guard let (folder, name) = try openParent(of: file, makingFolders: false) else { return }
        defer { close(folder) }
        guard unlinkat(folder, name, 0) == 0 || errno == ENOENT || errno == EISDIR else { throw Failure(number: errno) }
    }

    // MARK: - Helpers

    /// - Returns: `nil` if a part of the path is missing or of an unexpected type.
    private func openFile(_ file: String, _ flags: CInt) throws(Failure) -> CInt? {
        guard let (folder, name) = try openParent(of: file, makingFolders: false) else { return nil }
        defer { close(folder) }
        let descriptor = openat(folder, name, flags | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor < 0 else { return descriptor }
        return try nothing()
    }

    private func openParent(of file: String, makingFolders: Bool) throws(Failure) -> (folder: CInt, name: String)? {
        let names = file.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard let name = names.last, !names.contains(where: { ["", ".", ".."].contains($0) }) else { throw Failure(number: EINVAL) }
        var folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard folder >= 0 else { return try nothing() }
        for step in names.dropLast() {
            if makingFolders { mkdirat(folder, step, 0o700) }
            let next = openat(folder, step, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            let reason = errno
            close(folder)
            guard next >= 0 else {
                errno = reason
                return try nothing()
            }
            folder = next
        }
        return (folder, name)
    }

    /// Returns `nil` if the last error means missing, a link or an unexpected type; else throws.
    private func nothing<Value>() throws(Failure) -> Value? {
        switch errno {
        case ENOENT, ELOOP, ENOTDIR, EEXIST, ENXIO: return nil
        default: throw Failure(number: errno)
        }
    }

    private func status(of descriptor: CInt) throws(Failure) -> stat {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Failure(number: errno) }
        return status
    }
}
