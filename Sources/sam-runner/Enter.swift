import ArgumentParser
import Foundation
import Processes

/// Joins control groups and executes a program, so that the program and its descendants are limited from the start. Can open a file for it,
/// for callers that can't pass descriptors.
struct Enter: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Join control groups, open a file, and become a program.")

    @Option(help: "A cgroup.procs file.")
    var join: [String] = []

    @Option(help: "A file that the program finds open as descriptor 3.")
    var open: String?

    @Argument(parsing: .postTerminator, help: "The program and its arguments.")
    var program: [String]

    func run() throws {
        for file in join {
            try FileHandle(forWritingTo: URL(filePath: file)).write(contentsOf: Data("0".utf8))
        }
        throw Command(
            program[0], Array(program.dropFirst()), environment: ProcessInfo.processInfo.environment, openFile: open
        ).replaceThisProcess()
    }
}
