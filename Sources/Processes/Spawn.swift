import CProcesses
import Glibc

/// The descriptors of a program that is started (rather than run to its end).
public struct Descriptors: Sendable {
    /// Becomes descriptor 0; `nil` for the null device.
    public var input: CInt?
    /// Becomes descriptor 1; `nil` for the null device.
    public var output: CInt?
    /// Becomes descriptor 2; `nil` for the null device.
    public var error: CInt?
    /// Becomes descriptor 3; `nil` for none.
    public var extra: CInt?

    /// Creates a set of descriptors. They stay open in the caller.
    public init(input: CInt? = nil, output: CInt? = nil, error: CInt? = nil, extra: CInt? = nil) {
        self.input = input
        self.output = output
        self.error = error
        self.extra = extra
    }
}

extension Command {
    enum Lifetime {
        /// Killed with SIGKILL when the thread that starts it ends.
        case tiedToThisThread
        /// Outlives the caller.
        case detached
    }

    /// Starts the program. Blocks until it executes, which takes about a millisecond.
    func spawn(_ lifetime: Lifetime, descriptors: Descriptors, joining controlGroups: [String]) throws(ProcessError) -> pid_t {
        var pid: pid_t = 0
        let file = try openedFile()
        defer { if let file { close(file) } }
        let failure = withCStrings([executable] + arguments) { argv in
            withCStrings(environment.map { "\($0)=\($1)" }) { envp in
                withCStrings(controlGroups) { joins in
                    withOptionalCString(workingDirectory) { directory in
                        joins.withMemoryRebound(to: UnsafePointer<CChar>?.self, capacity: controlGroups.count + 1) { joins in
                            var what = sam_spawn_request(
                                path: argv[0], argv: argv, envp: envp, cwd: directory,
                                fds: (
                                    descriptors.input ?? -1, descriptors.output ?? -1,
                                    descriptors.error ?? -1, file ?? descriptors.extra ?? -1
                                ),
                                joins: joins, death_signal: 0)
                            switch lifetime {
                            case .tiedToThisThread:
                                what.death_signal = SIGKILL
                                return sam_spawn(&what, &pid)
                            case .detached:
                                return sam_spawn_detached(&what, &pid)
                            }
                        }
                    }
                }
            }
        }
        guard failure.error == 0 else {
            throw ProcessError(
                .notStarted,
                "\(executable) could not be started: \(String(cString: strerror(failure.error))) while \(String(cString: failure.step)).")
        }
        return pid
    }
}

extension Command {
    /// Opens the file that the program finds open; closed on exec.
    func openedFile() throws(ProcessError) -> CInt? {
        guard let openFile else { return nil }
        let descriptor = open(openFile, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw ProcessError(.notStarted, "\(openFile) can't be opened for \(executable): \(String(cString: strerror(errno))).")
        }
        return descriptor
    }
}

func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) } + [nil]
    defer { pointers.forEach { free($0) } }
    return pointers.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { preconditionFailure("The array always holds its terminator.") }
        return body(base)
    }
}

private func withOptionalCString<Result>(_ string: String?, _ body: (UnsafePointer<CChar>?) -> Result) -> Result {
    guard let string else { return body(nil) }
    return string.withCString(body)
}
