import Foundation

/// The CPU time and size of a process and its descendants at this moment (proc(5)).
public struct ProcessTree: Sendable, Hashable {
    /// CPU time of these processes and of children that they have reaped, in milliseconds.
    public var cpuMilliseconds: Int64 = 0
    /// The number of processes.
    public var processes = 0

    /// Measures a process and its descendants. A process that is gone counts as zero.
    ///
    /// - Parameter limit: the most processes to look at.
    public init(of root: pid_t, limit: Int = 4_096) {
        let ticks = Int64(max(sysconf(Int32(_SC_CLK_TCK)), 1))
        var waiting = [root]
        while let pid = waiting.popLast(), processes < limit {
            guard let stat = KernelFile.text("/proc/\(pid)/stat"), let used = Self.ticks(stat) else {
                continue
            }
            processes += 1
            cpuMilliseconds += used * 1_000 / ticks
            // The kernel lists children by the thread that forked them.
            for thread in (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? [] {
                let children = KernelFile.text("/proc/\(pid)/task/\(thread)/children") ?? ""
                waiting += children.split(separator: " ").compactMap { pid_t($0) }
            }
        }
    }

    /// The sum of the four CPU times in `stat`. Fields are counted from the end of the process name, which can contain anything.
    static func ticks(_ stat: String) -> Int64? {
        guard let end = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        guard fields.count > 14 else { return nil }
        return fields[11...14].reduce(0) { $0 + (Int64($1) ?? 0) }
    }
}
