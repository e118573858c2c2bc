import Foundation

/// A process and everything below it, as the kernel tells of them now (proc(5)).
public struct ProcessTree: Sendable, Hashable {
    /// Processor time that they, and children that they have waited for, have used, in milliseconds.
    public var cpuMilliseconds: Int64 = 0
    public var processes = 0

    /// Looks at a process. One that is gone has used nothing.
    ///
    /// - Parameter limit: how many processes are looked at, at most.
    public init(of root: pid_t, limit: Int = 4_096) {
        let ticks = Int64(max(sysconf(Int32(_SC_CLK_TCK)), 1))
        var waiting = [root]
        while let pid = waiting.popLast(), processes < limit {
            guard let stat = KernelFile.text("/proc/\(pid)/stat"), let used = Self.ticks(stat) else {
                continue
            }
            processes += 1
            cpuMilliseconds += used * 1_000 / ticks
            // A child is its thread's.
            for thread in (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? [] {
                let children = KernelFile.text("/proc/\(pid)/task/\(thread)/children") ?? ""
                waiting += children.split(separator: " ").compactMap { pid_t($0) }
            }
        }
    }

    /// The four counts of `stat` that tell time. The name before them can hold anything, so they are counted from its end.
    static func ticks(_ stat: String) -> Int64? {
        guard let end = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        guard fields.count > 14 else { return nil }
        return fields[11...14].reduce(0) { $0 + (Int64($1) ?? 0) }
    }
}
