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
    /// A file that it finds open for reading as descriptor 3. For programs that are started or become this process; ``run(input:limit:timeout:)``
    /// knows none.
    public var openFile: String?

    /// Describes a program to run.
    public init(
        _ executable: String, _ arguments: [String], environment: [String: String] = [:],
        workingDirectory: String? = nil, openFile: String? = nil
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.openFile = openFile
    }
}
