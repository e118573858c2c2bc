/// Finds the agents' programs on a host.
public protocol AgentFinder: Sendable {
    /// The path on the host of an agent's program.
    ///
    /// - Parameter name: a bare name, which is searched, or an absolute path, which is only checked.
    /// - Returns: `nil` when it is not installed.
    func executable(named name: String) async -> String?

    /// Checks whether an agent can be started on the host. Starts its program and asks for its version.
    func presence(of program: ProgramRequirements) async -> ProgramPresence
}

/// The program of an agent, and what it needs on a host.
public struct ProgramRequirements: Sendable, Hashable {
    /// A bare name or an absolute path.
    public var name: String
    /// Folders outside the system's that it reads, absolute.
    public var folders: [String]
    /// The arguments with which it prints its version and exits; empty if it has no such option.
    public var versionArguments: [String]

    /// Creates a description.
    public init(name: String, folders: [String], versionArguments: [String]) {
        self.name = name
        self.folders = folders
        self.versionArguments = versionArguments
    }
}

/// What a host has of an agent.
public struct ProgramPresence: Sendable, Hashable {
    /// The program's path on the host; `nil` if it is not installed.
    public var executable: String?
    /// The required folders that do not exist.
    public var missingFolders: [String]
    /// What happened when the program was started; `nil` if it is not installed.
    public var trial: ProgramTrial?

    /// Creates a description.
    public init(executable: String?, missingFolders: [String] = [], trial: ProgramTrial? = nil) {
        self.executable = executable
        self.missingFolders = missingFolders
        self.trial = trial
    }
}

/// The result of starting a program and asking for its version.
public enum ProgramTrial: Sendable, Hashable {
    /// It starts; with its version, if it prints one.
    case starts(version: String?)
    /// Agents can't be started from it; with the reason, in a sentence.
    case fails(String)
    /// Nothing can be sandboxed on this machine, so the result is unknown.
    case untried
}
