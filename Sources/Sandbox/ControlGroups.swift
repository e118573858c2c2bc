import Foundation

/// The kernel's control groups, as far as SAM can set them on this machine.
///
/// Limits that can't be set are always reported (``missing``).
public struct ControlGroups: Sendable, Hashable {
    enum Version: Sendable, Hashable {
        /// One tree; SAM's groups are made below this folder.
        case two(parent: String)
        /// A tree for each controller; SAM's groups are made below these folders.
        case one(memory: String?, processes: String?, cpu: String?)
        case none(why: String)
    }

    var version: Version

    /// A group that exists.
    public struct Group: Sendable, Hashable {
        var folders: [String]
        /// A file whose line `oom_kill N` counts the processes that the kernel killed for lack of memory.
        public var memoryEvents: String?

        /// The files into which a process writes its id to join the group.
        public var joins: [String] { folders.map { $0 + "/cgroup.procs" } }
    }

    /// The limits that can't be enforced, in words.
    public var missing: [String] {
        switch version {
        case .two: []
        case .one(let memory, let processes, let cpu):
            [(memory, "memory"), (processes, "processes"), (cpu, "processor time")].compactMap { $0.0 == nil ? $0.1 : nil }
        case .none: ["memory", "processes", "processor time"]
        }
    }

    /// The name of a session's group.
    public static func name(of session: String) -> String { "sam-\(session)" }

    /// A one-line description for people.
    public var summary: String {
        switch version {
        case .two(let parent): "control groups v2 at \(parent)"
        case .one: missing.isEmpty ? "control groups v1" : "control groups v1, without \(missing.joined(separator: " and "))"
        case .none(let why): "no control groups: \(why)"
        }
    }

    /// Makes a group with limits.
    ///
    /// - Throws: ``SandboxError`` with code ``SandboxError/Code/limits`` when the kernel refuses.
    public func create(_ name: String, limits: SandboxLimits) throws(SandboxError) -> Group {
        switch version {
        case .none: return Group(folders: [], memoryEvents: nil)
        case .two(let parent):
            let folder = parent + "/" + name
            try make(folder)
            try write(String(limits.memory), to: folder + "/memory.max")
            try write("0", to: folder + "/memory.swap.max", optional: true)
            try write(String(limits.processes), to: folder + "/pids.max")
            try write("\(limits.cpuPercent * 1_000) 100000", to: folder + "/cpu.max", optional: true)
            return Group(folders: [folder], memoryEvents: folder + "/memory.events")
        case .one(let memory, let processes, let cpu):
            var group = Group(folders: [], memoryEvents: nil)
            if let memory {
                let folder = memory + "/" + name
                try make(folder)
                try write(String(limits.memory), to: folder + "/memory.limit_in_bytes")
                try write(String(limits.memory), to: folder + "/memory.memsw.limit_in_bytes", optional: true)
                group.folders.append(folder)
                group.memoryEvents = folder + "/memory.oom_control"
            }
            if let processes {
                let folder = processes + "/" + name
                try make(folder)
                try write(String(limits.processes), to: folder + "/pids.max")
                group.folders.append(folder)
            }
            if let cpu {
                let folder = cpu + "/" + name
                try make(folder)
                try write("100000", to: folder + "/cpu.cfs_period_us")
                try write(String(limits.cpuPercent * 1_000), to: folder + "/cpu.cfs_quota_us")
                group.folders.append(folder)
            }
            return group
        }
    }

    /// Kills the processes left in a group and removes it. A group that is gone already is no error.
    ///
    /// - Returns: whether it is gone. Killed processes take a moment to end, and until then the group stays.
    @discardableResult
    public func remove(_ name: String) -> Bool {
        var isGone = true
        let parents: [String] =
            switch version {
            case .two(let parent): [parent]
            case .one(let memory, let processes, let cpu): [memory, processes, cpu].compactMap(\.self)
            case .none: []
            }
        for folder in parents.map({ $0 + "/" + name }) where FileManager.default.fileExists(atPath: folder) {
            try? write("1", to: folder + "/cgroup.kill")
            for process in (try? String(contentsOfFile: folder + "/cgroup.procs", encoding: .utf8))?.split(separator: "\n") ?? [] {
                if let pid = pid_t(process), pid > 1 { kill(pid, SIGKILL) }
            }
            if rmdir(folder) != 0 { isGone = false }
        }
        return isGone
    }

    private func make(_ folder: String) throws(SandboxError) {
        guard mkdir(folder, 0o755) == 0 || errno == EEXIST else {
            throw SandboxError(.limits, "The control group \(folder) can't be made: \(String(cString: strerror(errno))).")
        }
    }

    /// The kernel requires one write(2) to an existing control file, so no atomic or buffered write is used.
    private func write(_ text: String, to file: String, optional: Bool = false) throws(SandboxError) {
        let descriptor = open(file, O_WRONLY | O_CLOEXEC)
        defer { if descriptor >= 0 { close(descriptor) } }
        let written = descriptor < 0 ? -1 : text.withCString { Foundation.write(descriptor, $0, strlen($0)) }
        guard written >= 0 || optional else {
            throw SandboxError(.limits, "The limit \(file) can't be set: \(String(cString: strerror(errno))).")
        }
    }
}
