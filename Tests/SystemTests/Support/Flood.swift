import AgentProtocol
import Foundation
import Processes
import Testing

/// A hostile client in several processes, which says half of something on each of many connections and stays.
struct Flood: Sendable {
    private let log: String
    private let end: String

    /// Lets it loose, and waits until it has tried every connection.
    ///
    /// - Parameters:
    ///   - address: a Unix socket's path, or a host and a port.
    ///   - body: the size of the body whose last byte never comes, the path that it is sent to, and the token that comes with it;
    ///     half a head is sent where there is none.
    static func start(
        _ sam: SamFixture, _ address: String, _ count: Int, body: (size: Int, path: String, token: String)? = nil
    ) async throws -> Flood {
        let name = "\(sam.scratch)/flood-\(UInt64.random(in: 0 ... .max))"
        let flood = Flood(log: name + ".log", end: name + ".end")
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "Clients/flood.py")
        let more = body.map { ["\($0.size)", $0.path, $0.token] } ?? []
        try Command(
            try #require(Program.find("python3")), [script.path(percentEncoded: false), flood.end, address, "\(count)"] + more,
            environment: ["PATH": "/usr/bin:/bin"], workingDirectory: sam.scratch
        ).detach(log: flood.log)
        try await eventually("the flood is there", within: .seconds(120)) { flood.said.contains("ready") }
        return flood
    }

    private var said: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }

    /// Ends it.
    ///
    /// - Returns: how many were opened, how many broke, what came back by its status, and the first answer.
    func finish() async throws -> JSONValue {
        try Data().write(to: URL(filePath: end))
        try await eventually("the flood tells what became of it") { said.contains("}\n") }
        return try JSONLine.decode(JSONValue.self, from: String(said.split(separator: "\n").last ?? ""))
    }
}

extension SamFixture {
    /// A process's memory in MiB, and how many descriptors it has.
    static func size(of process: pid_t) throws -> (memory: Int, descriptors: Int) {
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
        let kibibytes = try #require(Int(line.filter(\.isNumber)))
        return (kibibytes >> 10, try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd").count)
    }
}
