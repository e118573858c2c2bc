import AgentProtocol
import ArgumentParser
import Foundation
import Processes

/// The memory of the server and the runners with many sessions at once.
struct SessionMemory: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "memory", abstract: "Proportional set size of server and runners with many sessions at once.")

    @Option(help: "Sessions at once.")
    var sessions = 50

    func run() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let repository = try await scratch.smallRepository()
        let installation = Installation(home: scratch.path + "/home")
        defer { installation.stop() }
        try FileManager.default.createDirectory(atPath: installation.home, withIntermediateDirectories: true)
        try Data("agents: [{id: chatty, protocol: acp, command: [scripted-agent, chatty]}]\n".utf8)
            .write(to: URL(filePath: installation.home + "/agents.yaml"))
        try await installation.sam("projects", "add", repository, "--name", "bench")
        try await installation.sam("settings", "set", "sessions.limit", "\(sessions)")
        guard let server = installation.server else { throw ValidationError("The server is not running.") }
        let idle = try Self.proportionalSetSize(server)

        for _ in 0..<sessions {
            // 20 ms a line: long enough for all of them to work at once.
            try await installation.sam("run", "--project", "bench", "--agent", "chatty", "--detach", "6000")
        }
        while try await working(installation) < sessions { try await Task.sleep(for: .milliseconds(200)) }
        try await Task.sleep(for: .seconds(5))

        let runners = try Self.processes(program: "/sam-runner", first: "run").map { try Self.proportionalSetSize($0) }
        let inside = try Self.processes(program: "/sam-runner", first: "inside").map { try Self.proportionalSetSize($0) }
        print("\n| \(sessions) sessions at once, one line each 20 ms | processes | MiB in all | MiB each |\n| --- | --- | --- | --- |")
        print("| server, idle before | 1 | \(mebibytes(idle)) | \(mebibytes(idle)) |")
        print("| server | 1 | \(mebibytes(try Self.proportionalSetSize(server))) | \(mebibytes(try Self.proportionalSetSize(server))) |")
        for (name, sizes) in [("runners", runners), ("forwarders in the sandboxes", inside)] {
            let sum = sizes.reduce(0, +)
            print("| \(name) | \(sizes.count) | \(mebibytes(sum)) | \(mebibytes(sum / max(sizes.count, 1))) |")
        }
        for line in try await listing(installation) {
            if let id = line["id"]?.string { _ = try? await installation.sam("sessions", "cancel", id) }
        }
        while try await listing(installation).contains(where: { $0["settled"] != .bool(true) }) {
            try await Task.sleep(for: .milliseconds(500))
        }
    }

    private func listing(_ installation: Installation) async throws -> [JSONValue] {
        guard
            case .array(let all)? = try JSONLine.decode(JSONValue.self, from: await installation.sam("sessions", "list", "--json"))[
                "sessions"]
        else { return [] }
        return all
    }

    private func working(_ installation: Installation) async throws -> Int {
        try await listing(installation).count { $0["phase"]?.string == "working" }
    }

    static func processes(program: String, first argument: String) throws -> [pid_t] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { pid_t($0) }.filter { pid in
            guard let line = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") else { return false }
            let words = String(decoding: line, as: UTF8.self).split(separator: "\0")
            return words.count > 1 && words[0].hasSuffix(program) && words[1] == argument
        }
    }

    static func proportionalSetSize(_ pid: pid_t) throws -> Int {
        let rollup = try String(contentsOfFile: "/proc/\(pid)/smaps_rollup", encoding: .utf8)
        let line = rollup.split(separator: "\n").first { $0.hasPrefix("Pss:") }
        return (line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0) << 10
    }

    private func mebibytes(_ bytes: Int) -> String { String(format: "%.1f", Double(bytes) / Double(1 << 20)) }
}
