import Glibc

extension Command {
    /// Starts the program detached: it keeps running when this process dies.
    ///
    /// It leads its own session and inherits only the given descriptors.
    ///
    /// - Parameter log: the file to which standard output and error are appended. Created with mode 0600.
    /// - Returns: the process id. init reaps the process, so that the id can become invalid, and be reused, at any time.
    /// - Throws: ``ProcessError`` if it can't be started.
    @discardableResult
    public func detach(log: String) throws -> pid_t {
        let file = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw ProcessError(.notStarted, "The log \(log) can't be written: \(String(cString: strerror(errno))).")
        }
        defer { close(file) }
        return try spawn(.detached, descriptors: Descriptors(output: file, error: file), joining: [])
    }
}
