import Glibc

extension Command {
    /// Replaces this process with the program. Returns only on failure.
    public func replaceThisProcess() -> ProcessError {
        if let workingDirectory, chdir(workingDirectory) != 0 {
            return ProcessError(.notStarted, "\(workingDirectory) can't be entered: \(String(cString: strerror(errno))).")
        }
        do {
            if let file = try openedFile() {
                guard dup2(file, 3) == 3 else {
                    return ProcessError(.notStarted, "\(executable) can't be given its file: \(String(cString: strerror(errno))).")
                }
                // dup2 of a descriptor onto itself keeps the close-on-exec flag.
                if file == 3 { _ = fcntl(3, F_SETFD, 0) } else { close(file) }
            }
        } catch {
            return error
        }
        withCStrings([executable] + arguments) { argv in
            withCStrings(environment.map { "\($0)=\($1)" }) { envp in
                _ = execve(executable, argv, envp)
            }
        }
        return ProcessError(.notStarted, "\(executable) could not be started: \(String(cString: strerror(errno))).")
    }
}
