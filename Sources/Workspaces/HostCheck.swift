import Foundation
import Processes
import Sandbox
import Wording

/// The findings of `sam doctor` about this machine, each with a fix.
public struct HostCheck: Sendable {
    /// How bad a finding is.
    public enum Severity: String, Sendable, Codable {
        /// Nothing to do.
        case ok
        /// SAM works, with less than it could have.
        case warning
        /// Agents can't be started until this is fixed.
        case failure
    }

    /// The result of one check.
    public struct Finding: Sendable, Codable {
        /// What was checked.
        public var name: String
        /// How bad it is.
        public var severity: Severity
        /// What was found.
        public var detail: String
        /// How to fix it; `nil` when there is nothing to fix.
        public var fix: String?

        /// Creates a finding.
        public init(name: String, severity: Severity, detail: String, fix: String? = nil) {
            self.name = name
            self.severity = severity
            self.detail = detail
            self.fix = fix
        }
    }

    private let home: Home
    private let programs: String

    /// Creates a check of this machine.
    public init(home: Home, programs: String = Program.ownFolder) {
        self.home = home
        self.programs = programs
    }

    /// Checks everything. Creates and removes an empty control group, a temporary file and a sandbox; with control groups version 2, also
    /// moves this process into a child group.
    public func findings() async -> [Finding] {
        [
            await git(), await bubblewrap(), await userNamespaces(), controlGroups(), disk(), ownPrograms(), user(),
        ]
    }

    private func git() async -> Finding {
        let fix = "Install git 2.36 or later, on Debian with: apt install git"
        guard let program = Program.find("git"), let version = await version(program, ["--version"]) else {
            return Finding(name: "git", severity: .failure, detail: "not installed", fix: fix)
        }
        let numbers = version.split(whereSeparator: { !$0.isNumber }).compactMap { Int($0) }
        if numbers.count >= 2, (numbers[0], numbers[1]) < (2, 36) {
            return Finding(name: "git", severity: .failure, detail: "\(version) is too old", fix: fix)
        }
        return Finding(name: "git", severity: .ok, detail: version)
    }

    private func bubblewrap() async -> Finding {
        let fix = "Install bubblewrap 0.8 or later, on Debian 12 with: apt install bubblewrap"
        guard let program = Program.find("bwrap"), let version = await version(program, ["--version"]) else {
            return Finding(name: "bubblewrap", severity: .failure, detail: "not installed", fix: fix)
        }
        let numbers = version.split(whereSeparator: { !$0.isNumber }).compactMap { Int($0) }
        if numbers.count >= 2, numbers[0] == 0, numbers[1] < 8 {
            return Finding(name: "bubblewrap", severity: .failure, detail: "\(version) is too old", fix: fix)
        }
        return Finding(name: "bubblewrap", severity: .ok, detail: version)
    }

    private func userNamespaces() async -> Finding {
        let filter = NSTemporaryDirectory() + "sam-filter-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: filter) }
        do {
            try Data(SystemCallFilter.bytes()).write(to: URL(filePath: filter))
            try await SandboxProbe(runner: programs + "/sam-runner", filter: filter).succeed()
            return Finding(
                name: "sandbox", severity: .ok, detail: "a sandbox with all its namespaces and a filter of system calls starts")
        } catch {
            return Finding(
                name: "sandbox", severity: .failure, detail: reason(of: error),
                fix: "See above. Without a sandbox SAM starts no agents, unless a project is set to run without one.")
        }
    }

    private func controlGroups() -> Finding {
        let groups = ControlGroups.detect()
        guard !groups.missing.isEmpty else { return Finding(name: "limits", severity: .ok, detail: groups.summary) }
        return Finding(
            name: "limits", severity: .warning,
            detail: "\(groups.summary). Not limited: \(groups.missing.joined(separator: ", "))",
            fix:
                "Run SAM as a systemd service with Delegate=yes and KillMode=process, or as a user session: systemd-run --user --scope -p Delegate=yes sam serve"
        )
    }

    private func disk() -> Finding {
        var folder = URL(filePath: home.path)
        while !FileManager.default.fileExists(atPath: folder.path(percentEncoded: false)), folder.pathComponents.count > 1 {
            folder.deleteLastPathComponent()
        }
        guard let free = DiskSpace.free(at: folder.path(percentEncoded: false)) else {
            return Finding(name: "disk", severity: .warning, detail: "the free space at \(home.path) is not known")
        }
        let gibibytes = Double(free) / Double(1 << 30)
        let detail = String(format: "%.1f GiB free at %@", gibibytes, home.path)
        return gibibytes >= 2
            ? Finding(name: "disk", severity: .ok, detail: detail)
            : Finding(
                name: "disk", severity: .warning, detail: detail, fix: "Free some space, or set SAM_HOME to a larger disk.")
    }

    private func ownPrograms() -> Finding {
        let missing = ["sam-runner", "sam-scout"].filter { Program.find("\(programs)/\($0)") == nil }
        return missing.isEmpty
            ? Finding(name: "programs", severity: .ok, detail: "sam-runner and sam-scout in \(programs)")
            : Finding(
                name: "programs", severity: .failure, detail: "\(missing.joined(separator: " and ")) missing in \(programs)",
                fix: "Build all SAM programs: swift build")
    }

    private func user() -> Finding {
        guard getuid() == 0 else { return Finding(name: "user", severity: .ok, detail: "not root") }
        return Finding(name: "user", severity: .warning, detail: RunningAsRoot.risk, fix: RunningAsRoot.remedy)
    }

    private func version(_ program: String, _ arguments: [String]) async -> String? {
        let output = try? await Command(program, arguments, environment: ["LC_ALL": "C"]).run(timeout: .seconds(10))
        guard let output, output.termination.isSuccess else { return nil }
        return output.text.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
