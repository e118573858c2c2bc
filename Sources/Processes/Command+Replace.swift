import Glibc

extension Command {
    /// Becomes the program. Returns only when that fails.
    public func replaceThisProcess() -> ProcessError {
        if let workingDirectory, chdir(workingDirectory) != 0 {
            return ProcessError(.notStarted, "\(workingDirectory) can't be entered: \(String(cString: strerror(errno))).")
        }
        withCStrings([executable] + arguments) { argv in
            withCStrings(environment.map { "\($0)=\($1)" }) { envp in
                _ = execve(executable, argv, envp)
            }
        }
        return ProcessError(.notStarted, "\(executable) could not be started: \(String(cString: strerror(errno))).")
    }
}
