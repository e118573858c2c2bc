import Foundation
import Processes

extension ControlGroups {
    /// Finds out by trying which limits SAM can set on this machine. With version 2, moves this process into a child group.
    public static func detect() -> ControlGroups {
        guard let own = KernelFile.text("/proc/self/cgroup"),
            let mounts = KernelFile.text("/proc/self/mounts")
        else { return ControlGroups(version: .none(why: "/proc does not tell")) }
        return detect(own: own, mounts: mounts)
    }

    static func detect(own: String, mounts: String) -> ControlGroups {
        let paths = ownPaths(own)
        var unified: String?
        var controllers: [String: String] = [:]
        for line in mounts.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count >= 4 else { continue }
            if fields[2] == "cgroup2" {
                unified = String(fields[1])
            } else if fields[2] == "cgroup" {
                for option in fields[3].split(separator: ",") { controllers[String(option)] = String(fields[1]) }
            }
        }
        if let unified, let version = versionTwo(root: unified, own: paths[""] ?? "/") { return ControlGroups(version: version) }

        func usable(_ controller: String) -> String? {
            guard let root = controllers[controller], let path = paths[controller] else { return nil }
            // In a container the path may name a group that only the host sees; then the mount's own root is usable.
            return [join(root, path), root].first(where: canMakeGroups)
        }
        let one = (usable("memory"), usable("pids"), usable("cpu"))
        if one.0 != nil || one.1 != nil || one.2 != nil {
            return ControlGroups(version: .one(memory: one.0, processes: one.1, cpu: one.2))
        }
        return ControlGroups(
            version: .none(
                why: "this user may not make control groups. Run SAM as a systemd service with Delegate=yes to have limits"))
    }

    /// In version 2 a group has either processes or children with limits, so SAM itself moves into a child of its own group before it can
    /// give limits to others.
    private static func versionTwo(root: String, own: String) -> Version? {
        let parent = join(root, own.hasSuffix("/sam-server") ? String(own.dropLast("/sam-server".count)) : own)
        guard let available = try? String(contentsOfFile: parent + "/cgroup.controllers", encoding: .utf8) else { return nil }
        let names = Set(available.split(whereSeparator: \.isWhitespace).map(String.init))
        guard names.isSuperset(of: ["memory", "pids"]), canMakeGroups(parent) else { return nil }
        let server = parent + "/sam-server"
        mkdir(server, 0o755)
        guard append(String(getpid()), to: server + "/cgroup.procs"),
            append("+memory +pids", to: parent + "/cgroup.subtree_control")
        else { return nil }
        if names.contains("cpu") { _ = append("+cpu", to: parent + "/cgroup.subtree_control") }
        return .two(parent: parent)
    }

    private static func ownPaths(_ text: String) -> [String: String] {
        var paths: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            for controller in fields[1].split(separator: ",", omittingEmptySubsequences: false) {
                paths[String(controller)] = String(fields[2])
            }
        }
        return paths
    }

    private static func canMakeGroups(_ folder: String) -> Bool {
        let probe = folder + "/sam-probe-\(getpid())"
        guard mkdir(probe, 0o755) == 0 else { return false }
        rmdir(probe)
        return true
    }

    private static func append(_ text: String, to file: String) -> Bool {
        let descriptor = open(file, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return text.withCString { Foundation.write(descriptor, $0, strlen($0)) } > 0
    }

    private static func join(_ root: String, _ path: String) -> String {
        path == "/" ? root : root + path
    }
}
