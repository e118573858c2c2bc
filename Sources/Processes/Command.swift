/// A program to run with everything it gets: nothing is inherited and no shell is involved.
public struct Command: Sendable, Hashable, Codable {
    /// The program's absolute path.
    public var executable: String
    /// The arguments after the program's own name.
    public var arguments: [String]
    /// The whole environment.
    public var environment: [String: String]
    /// Where it starts; `nil` keeps the caller's working directory.
    public var workingDirectory: String?

    /// Describes a program to run.
    public init(
        _ executable: String, _ arguments: [String], environment: [String: String] = [:],
        workingDirectory: String? = nil
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
    }
}
