import Subprocess
import SystemPackage

extension Command {
    /// Runs the program like ``run(input:limit:timeout:)``, without input, and passes on its standard output as it arrives instead of
    /// collecting it.
    ///
    /// - Parameters:
    ///   - timeout: the time limit.
    ///   - reading: receives standard output, and returns whether it needs more. If it does not, the program is stopped.
    /// - Returns: the end of the program, without standard output; `nil` if it was stopped because no more was needed.
    /// - Throws: ``ProcessError``, or `CancellationError`.
    public func read(timeout: Duration, reading: @escaping @Sendable ([UInt8]) -> Bool) async throws -> Output? {
        try await withThrowingTaskGroup(of: Reading.self) { group in
            group.addTask { try await pass(to: reading) }
            group.addTask {
                try await Task.sleep(for: timeout)
                return .timedOut
            }
            defer { group.cancelAll() }
            switch try await group.next() {
            case .ended(let output): return output
            case .stopped: return nil
            case .timedOut, nil:
                throw ProcessError(.timedOut, "\(executable) took longer than \(timeout.components.seconds) s and was stopped.")
            }
        }
    }

    private enum Reading {
        case ended(Output)
        case stopped
        case timedOut
    }

    /// No more output is needed. Thrown so that Subprocess stops the program.
    private struct Enough: Error {}

    private func pass(to reading: @escaping @Sendable ([UInt8]) -> Bool) async throws -> Reading {
        let standardInput = try Self.file(of: [])
        do {
            let result = try await Subprocess.run(
                .path(FilePath(executable)), arguments: Arguments(arguments), environment: subprocessEnvironment,
                workingDirectory: workingDirectory.map { FilePath($0) }, platformOptions: Self.ownSession,
                input: .fileDescriptor(standardInput, closeAfterSpawningProcess: true), output: .sequence, error: .bytes(limit: 1 << 20)
            ) { execution in
                for try await buffer in execution.standardOutput {
                    guard reading(buffer.withUnsafeBytes { [UInt8]($0) }) else { throw Enough() }
                }
            }
            return .ended(
                Output(
                    termination: Termination(result.terminationStatus), standardOutput: [],
                    standardError: String(decoding: result.standardError, as: UTF8.self)))
        } catch is Enough {
            return .stopped
        } catch let error as SubprocessError {
            throw error.named(executable, limit: 1 << 20)
        }
    }
}
