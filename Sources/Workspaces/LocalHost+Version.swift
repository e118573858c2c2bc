import Foundation
import Processes
import Synchronization

extension LocalHost {
    /// The version that a program tells of itself. It is asked in a sandbox with nothing in it but the program, and once: a program
    /// that has changed is asked again.
    ///
    /// - Parameters:
    ///   - executable: its absolute path.
    ///   - folders: what else it reads.
    ///   - arguments: what makes it tell its version and end.
    /// - Returns: `nil` when it tells none within ten seconds, or nothing can be sandboxed here.
    public func version(of executable: String, folders: [String], arguments: [String]) async -> String? {
        let real = URL(filePath: executable).resolvingSymlinksInPath().path(percentEncoded: false)
        let changed = (try? FileManager.default.attributesOfItem(atPath: real))?[.modificationDate] as? Date
        let key = ProgramVersions.Key(program: real, changed: changed, arguments: arguments)
        if let known = versions.known(key) { return known.version }
        guard let bubblewrap = probe.program, (try? await probe.succeed()) != nil else { return nil }
        let inside = inside(executable, folders: folders)
        let sandbox = Sandbox(
            program: bubblewrap, binds: inside.binds, passwd: home.sandboxFiles + "/passwd", group: home.sandboxFiles + "/group",
            filter: home.systemCallFilter)
        let environment = AgentEnvironment.make(home: "/tmp", programs: inside.path, temporary: "/tmp", extra: [:])
        let command = Command(inside.program, arguments, environment: environment, workingDirectory: "/tmp")
        let output = try? await sandbox.wrap(command).entered(by: programs + "/sam-runner").run(timeout: .seconds(10))
        let version = output.flatMap { $0.termination.isSuccess ? ProgramVersions.version(in: $0.text) : nil }
        if output != nil { versions.remember(version, for: key) }
        return version
    }
}

/// What programs have told of their versions.
final class ProgramVersions: Sendable {
    struct Key: Hashable {
        var program: String
        var changed: Date?
        var arguments: [String]
    }

    struct Known {
        var version: String?
    }

    private let told = Mutex<[Key: Known]>([:])

    func known(_ key: Key) -> Known? { told.withLock { $0[key] } }

    func remember(_ version: String?, for key: Key) { told.withLock { $0[key] = Known(version: version) } }

    /// The first word that looks like a version: `2.1.330`, `v1.0`, `0.163.0-alpha.1`.
    static func version(in text: String) -> String? {
        text.prefix(4_096).firstMatch(of: /\bv?(\d+\.\d+[0-9A-Za-z.+-]{0,40})/).map { String($0.1) }
    }
}
