import ArgumentParser
import Foundation
import Processes
import RunnerKit

/// The first program in a sandbox: forwards loopback ports and runs the agent.
struct Inside: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Forward loopback ports and run a program, inside a sandbox.")

    @Option(help: "The Unix socket that the ports lead to.")
    var socket: String

    @Option(help: "A port on 127.0.0.1. It can be given several times.")
    var port: [Int]

    @Option(help: "The size that no file can grow past, in bytes.")
    var fileLimit: UInt?

    @Argument(parsing: .postTerminator, help: "The program and its arguments.")
    var program: [String]

    func run() async throws {
        if let fileLimit {
            var limit = rlimit(rlim_cur: rlim_t(fileLimit), rlim_max: rlim_t(fileLimit))
            guard setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0 else {
                throw ValidationError("The size of files can't be limited: \(String(cString: strerror(errno)))")
            }
        }
        var forwarders: [Forwarder] = []
        for port in port { forwarders.append(try await Forwarder(port: port, socket: socket)) }
        let forwarding = forwarders.map { forwarder in Task { try await forwarder.run() } }
        defer { for task in forwarding { task.cancel() } }
        let command = Command(
            program[0], Array(program.dropFirst()), environment: ProcessInfo.processInfo.environment)
        let agent = try await OwnedProcess.start(command, descriptors: Descriptors(input: 0, output: 1, error: 2))
        // This process's own ends would keep the agent's pipes open after it has closed them.
        close(0)
        close(1)
        switch await agent.termination() {
        case .exited(let code): throw ExitCode(code)
        case .signalled(let signal): throw ExitCode(128 + signal)
        }
    }
}
