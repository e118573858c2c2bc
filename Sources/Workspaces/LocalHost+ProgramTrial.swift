import Foundation
import Processes
import Synchronization

/// What became of starting a program to ask it for its version.
public enum ProgramTrial: Sendable, Hashable {
    /// It starts, and tells this version if it tells any.
    case starts(version: String?)
    /// Agents can't be started from it: why, in a sentence.
    case fails(String)
    /// Nothing can be sandboxed here, so nothing is known.
    case untried
}

extension LocalHost {
    /// Starts a program in a sandbox with nothing in it but what an agent would find, and asks it for its version. One that has started
    /// is asked again after a minute, or when it has changed; one that has not, each time.
    ///
    /// - Parameters:
    ///   - executable: its absolute path.
    ///   - folders: what else it reads.
    ///   - arguments: what makes it tell its version and end; empty for one that knows no such thing, of which it is asked alone that it
    ///     starts.
    public func trial(of executable: String, folders: [String], arguments: [String]) async -> ProgramTrial {
        let real = URL(filePath: executable).resolvingSymlinksInPath().path(percentEncoded: false)
        let changed = (try? FileManager.default.attributesOfItem(atPath: real))?[.modificationDate] as? Date
        let key = ProgramVersions.Key(program: executable, real: real, changed: changed, folders: folders, arguments: arguments)
        if let known = versions.known(key) { return .starts(version: known.version) }
        guard let bubblewrap = probe.program, (try? await probe.succeed()) != nil else { return .untried }
        let inside = inside(executable, folders: folders.filter { FileManager.default.fileExists(atPath: $0) })
        let sandbox = Sandbox(
            program: bubblewrap, binds: inside.binds, passwd: home.sandboxFiles + "/passwd", group: home.sandboxFiles + "/group",
            filter: home.systemCallFilter)
        let environment = AgentEnvironment.make(home: "/tmp", programs: inside.path, temporary: "/tmp", extra: [:])
        let command = Command(inside.program, arguments, environment: environment, workingDirectory: "/tmp")
        let output: Output
        do {
            output = try await sandbox.wrap(command).entered(by: programs + "/sam-runner").run(limit: 1 << 20, timeout: .seconds(10))
        } catch let error as ProcessError where error.code == .timedOut || error.code == .tooMuchOutput {
            // It does something, if not what it was asked to.
            return .starts(version: nil)
        } catch {
            return .untried
        }
        if let failure = ProgramVersions.failure(of: executable, arguments, output) { return .fails(failure) }
        let version = ProgramVersions.version(in: output.text)
        versions.remember(version, for: key)
        return .starts(version: version)
    }
}

/// What programs have told of their versions.
final class ProgramVersions: Sendable {
    struct Key: Hashable {
        /// The name by which it is started: a version manager's links all lead to one program, which asks for it.
        var program: String
        var real: String
        var changed: Date?
        var folders: [String]
        var arguments: [String]
    }

    struct Known {
        var version: String?
        fileprivate var since = ContinuousClock.now
    }

    /// A program can lose what it needs without changing itself.
    private static let memory = Duration.seconds(60)
    private let told = Mutex<[Key: Known]>([:])

    func known(_ key: Key) -> Known? {
        told.withLock { $0[key] }.flatMap { $0.since.duration(to: .now) < Self.memory ? $0 : nil }
    }

    func remember(_ version: String?, for key: Key) { told.withLock { $0[key] = Known(version: version) } }

    /// The first word that looks like a version: `2.1.330`, `v1.0`, `0.163.0-alpha.1`.
    static func version(in text: String) -> String? {
        text.prefix(4_096).firstMatch(of: /\bv?(\d+\.\d+[0-9A-Za-z.+-]{0,40})/).map { String($0.1) }
    }

    /// What keeps a program that was asked for its version from being an agent's; `nil` when it has started.
    static func failure(of executable: String, _ arguments: [String], _ output: Output) -> String? {
        guard !output.termination.isSuccess else { return nil }
        let words = (output.standardError + "\n" + output.text.prefix(4_096)).split(whereSeparator: \.isNewline)
            .map { $0.trimmingCharacters(in: .whitespaces) }.first { !$0.isEmpty }
        let said = words.map { ": “\($0.prefix(300))”." } ?? "."
        let needs = "Name what it needs outside of /usr under `needs` in its entry."
        // A shell and env(1) end so when there is nothing to become, bubblewrap tells of it, and 128 and more is a signal's.
        if case .exited(let code) = output.termination, code < 126, !output.standardError.hasPrefix("bwrap: ") {
            guard !arguments.isEmpty else { return nil }
            return "\(executable) was asked for its version in a sandbox and ended with exit code \(code)\(said) \(needs) "
                + "If it knows no \(arguments.joined(separator: " ")), say under `version` what it knows, or []."
        }
        return "\(executable) can't be started in a sandbox (\(output.termination))\(said) \(needs)"
    }
}
