/// The limits of one sandbox.
public struct SandboxLimits: Sendable, Hashable, Codable {
    /// Memory, in bytes.
    public var memory: Int
    /// The number of processes and threads.
    public var processes: Int
    /// Processor time, in percent of one core.
    public var cpuPercent: Int
    /// Disk space of the workspace and the agent's home together, in bytes.
    public var disk: Int

    /// Creates limits.
    public init(memory: Int, processes: Int, cpuPercent: Int, disk: Int = .max) {
        self.memory = memory
        self.processes = processes
        self.cpuPercent = cpuPercent
        self.disk = disk
    }
}
