import Glibc

extension Command {
    /// Starts the program as nobody's child: it goes on when this process dies.
    ///
    /// It leads a session of its own and inherits no descriptor but those named.
    ///
    /// - Parameter log: a file that receives its standard output and error, appended. Made with mode 0600.
    /// - Returns: the program's process id. It is reaped by init, so it may end, and its number be used
    ///   again, at any time.
    /// - Throws: ``ProcessError`` when it can't be started.
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
