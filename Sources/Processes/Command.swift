/// A program to run with its arguments and environment: nothing is inherited, and no shell is involved.
public struct Command: Sendable, Hashable, Codable {
    /// The program's absolute path.
    public var executable: String
    /// The arguments without the program's name.
    public var arguments: [String]
    /// The complete environment.
    public var environment: [String: String]
    /// The working directory; `nil` for the caller's.
    public var workingDirectory: String?
    /// A file that the program finds open for reading as descriptor 3. Not supported by ``run(input:limit:timeout:)``.
    public var openFile: String?

    /// Creates a command.
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
