import Processes

extension Command {
    /// The same command run through `sam-runner enter`, which joins control groups and opens the command's file. For callers that can't
    /// pass descriptors to programs.
    public func entered(by runner: String, joining controlGroups: [String] = []) -> Command {
        Command(
            runner,
            ["enter"] + controlGroups.flatMap { ["--join", $0] } + (openFile.map { ["--open", $0] } ?? []) + ["--", executable] + arguments,
            environment: environment, workingDirectory: workingDirectory)
    }
}
