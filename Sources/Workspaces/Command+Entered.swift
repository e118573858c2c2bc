import Processes

extension Command {
    /// The same by way of `sam-runner enter`, which joins control groups and opens the command's file: for who runs programs without
    /// being able to hand descriptors over.
    func entered(by runner: String, joining controlGroups: [String] = []) -> Command {
        Command(
            runner,
            ["enter"] + controlGroups.flatMap { ["--join", $0] } + (openFile.map { ["--open", $0] } ?? []) + ["--", executable] + arguments,
            environment: environment, workingDirectory: workingDirectory)
    }
}
