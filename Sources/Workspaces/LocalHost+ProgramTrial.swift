import Foundation
import Processes
import Sandbox
import Synchronization

extension LocalHost {
    /// Searches the folder of SAM's own programs and then PATH.
    public func executable(named name: String) async -> String? {
        await Blocking.run { [own] in Program.find(name, firstIn: own.folder) }
    }

    /// Looks for the program and its folders, and starts it once (``trial(of:folders:arguments:)``).
    public func presence(of program: ProgramRequirements) async -> ProgramPresence {
        let missing = await Blocking.run { program.folders.filter { !FileManager.default.fileExists(atPath: $0) } }
        guard let executable = await executable(named: program.name) else {
            return ProgramPresence(executable: nil, missingFolders: missing)
        }
        return ProgramPresence(
            executable: executable, missingFolders: missing,
            trial: await trial(of: executable, folders: program.folders, arguments: program.versionArguments))
    }

    /// Starts a program in a sandbox that contains only what an agent would find, and asks for its version. A success is remembered for a
    /// minute, or until the program changes; a failure is not.
    ///
    /// - Parameters:
    ///   - executable: its absolute path.
    ///   - folders: other folders that it reads.
    ///   - arguments: what makes it print its version and exit; empty if it has no such option. Then it is only checked whether it starts.
    func trial(of executable: String, folders: [String], arguments: [String]) async -> ProgramTrial {
        let real = URL(filePath: executable).resolvingSymlinksInPath().path(percentEncoded: false)
        let changed = (try? FileManager.default.attributesOfItem(atPath: real))?[.modificationDate] as? Date
        let key = ProgramVersions.Key(program: executable, real: real, changed: changed, folders: folders, arguments: arguments)
        if let known = versions.known(key) { return .starts(version: known.version) }
        guard let bubblewrap = probe.program, (try? await probe.succeed()) != nil else { return .untried }
        let inside = ProgramInside(executable, folders: folders.filter { FileManager.default.fileExists(atPath: $0) }, own: own)
        let sandbox = Sandbox(
            program: bubblewrap, binds: inside.binds, files: home.sandboxFiles)
        let environment = AgentEnvironment.make(home: "/tmp", programs: inside.path, temporary: "/tmp", extra: [:])
        let command = Command(inside.program, arguments, environment: environment, workingDirectory: "/tmp")
        let output: Output
        do {
            output = try await sandbox.wrap(command).entered(by: own.runner).run(limit: 1 << 20, timeout: .seconds(10))
        } catch let error as ProcessError where error.code == .timedOut || error.code == .tooMuchOutput {
            // It runs, even if it does not do what it was asked.
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

/// The versions that programs have printed.
final class ProgramVersions: Sendable {
    struct Key: Hashable {
        /// The path by which it is started: a version manager's links all lead to one program, which looks at this name.
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

    /// Short, because a program can lose a dependency without changing itself.
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

    /// Why a program that was asked for its version can't be an agent's; `nil` when it has started.
    static func failure(of executable: String, _ arguments: [String], _ output: Output) -> String? {
        guard !output.termination.isSuccess else { return nil }
        let words = (output.standardError + "\n" + output.text.prefix(4_096)).split(whereSeparator: \.isNewline)
            .map { $0.trimmingCharacters(in: .whitespaces) }.first { !$0.isEmpty }
        let said = words.map { ": “\($0.prefix(300))”." } ?? "."
        let needs = "Name what it needs outside of /usr under `needs` in its entry."
        // A shell and env(1) exit with 126 or 127 when they can't start a program, bubblewrap prints a message, and 128 and above is a
        // signal.
        if case .exited(let code) = output.termination, code < 126, !output.standardError.hasPrefix("bwrap: ") {
            guard !arguments.isEmpty else { return nil }
            return "\(executable) was asked for its version in a sandbox and ended with exit code \(code)\(said) \(needs) "
                + "If it knows no \(arguments.joined(separator: " ")), say under `version` what it knows, or []."
        }
        return "\(executable) can't be started in a sandbox (\(output.termination))\(said) \(needs)"
    }
}
