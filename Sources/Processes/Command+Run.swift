import Subprocess
import SystemPackage
import Wording

/// The result of a finished program.
public struct Output: Sendable {
    /// The exit code or signal.
    public var termination: Termination
    /// The complete standard output.
    public var standardOutput: [UInt8]
    /// Standard error as text.
    public var standardError: String

    /// Standard output as text; bytes that are not UTF-8 are replaced.
    public var text: String { String(decoding: standardOutput, as: UTF8.self) }
}

extension Command {
    /// Runs the program to its end and collects its output.
    ///
    /// On a time-out or when the calling task is cancelled, the program's whole session gets SIGTERM and two seconds later SIGKILL.
    ///
    /// - Parameters:
    ///   - input: the bytes on standard input.
    ///   - limit: the most bytes of standard output.
    ///   - timeout: the time limit.
    /// - Throws: ``ProcessError``, or `CancellationError`.
    public func run(input: [UInt8] = [], limit: Int = 64 << 20, timeout: Duration = .seconds(60)) async throws -> Output {
        guard openFile == nil else {
            throw ProcessError(.notStarted, "\(executable) is to find a file open, which only programs that are started can.")
        }
        return try await withThrowingTaskGroup(of: Output?.self) { group in
            group.addTask { try await collect(input: input, limit: limit) }
            group.addTask {
                try await Task.sleep(for: timeout)
                return nil
            }
            defer { group.cancelAll() }
            guard let output = try await group.next() ?? nil else {
                throw ProcessError(.timedOut, "\(executable) took longer than \(timeout.formattedSeconds) and was stopped.")
            }
            return output
        }
    }

    private func collect(input: [UInt8], limit: Int) async throws -> Output {
        let standardInput = try Self.file(of: input)
        do {
            let result = try await Subprocess.run(
                .path(FilePath(executable)),
                arguments: Arguments(arguments),
                environment: subprocessEnvironment,
                workingDirectory: workingDirectory.map { FilePath($0) },
                platformOptions: Self.ownSession,
                input: .fileDescriptor(standardInput, closeAfterSpawningProcess: true),
                output: .bytes(limit: limit),
                error: .bytes(limit: 1 << 20))
            return Output(
                termination: Termination(result.terminationStatus), standardOutput: result.standardOutput,
                standardError: String(decoding: result.standardError, as: UTF8.self))
        } catch let error as SubprocessError {
            throw error.named(executable, limit: limit)
        }
    }

    var subprocessEnvironment: Environment { .custom(environment.map { [UInt8]("\($0)=\($1)\0".utf8) }) }

    /// Its own session, which is terminated gracefully before it is killed.
    static var ownSession: PlatformOptions {
        var options = PlatformOptions()
        options.createSession = true
        options.teardownSequence = [
            .gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: .seconds(2))
        ]
        return options
    }
}

extension Termination {
    init(_ status: TerminationStatus) {
        self =
            switch status {
            case .exited(let code): .exited(code)
            case .signaled(let signal): .signalled(signal)
            }
    }
}

extension SubprocessError {
    /// The same error with a readable message.
    func named(_ executable: String, limit: Int) -> ProcessError {
        if code == .outputLimitExceeded {
            return ProcessError(.tooMuchOutput, "\(executable) printed more than \(limit) bytes and was stopped.")
        }
        return ProcessError(.notStarted, "\(executable) could not be run: \(reason(of: self))")
    }
}

extension Duration {
    fileprivate var formattedSeconds: String { "\(components.seconds) s" }
}
