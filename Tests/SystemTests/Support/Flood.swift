import AgentProtocol
import Foundation
import Processes
import TestSupport
import Testing

/// A hostile client in several processes, which says half of something, or more than is taken, on each of many connections and stays.
struct Flood: Sendable {
    /// What it says on each connection.
    enum Kind: Sendable {
        case halfHead
        /// A POST without the last byte of its body.
        case body(size: Int, path: String)
        /// Whole requests at once, whose answers it does not read.
        case requests(Int, path: String)
        /// A whole message to the rehearsal.
        case message(String)
        /// A tunnel into which it sends so many bytes, or as many as are taken.
        case tunnel(to: String, size: Int = 0)

        fileprivate var words: [String] {
            switch self {
            case .halfHead: ["head", "0", "-"]
            case .body(let size, let path): ["body", "\(size)", path]
            case .requests(let count, let path): ["requests", "\(count)", path]
            case .message(let text): ["message", "0", text]
            case .tunnel(let target, let size): ["tunnel", "\(size)", target]
            }
        }
    }

    private let log: String
    private let end: String

    /// Lets it loose, and waits until it has tried every connection.
    ///
    /// - Parameters:
    ///   - address: a Unix socket's path, or a host and a port.
    ///   - token: an API token, a gateway key or a lease that comes with each request.
    static func start(
        _ sam: SamFixture, _ address: String, _ count: Int, _ kind: Kind = .halfHead, token: String = ""
    ) async throws -> Flood {
        let name = "\(sam.scratch)/flood-\(UInt64.random(in: 0 ... .max))"
        let flood = Flood(log: name + ".log", end: name + ".end")
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "Clients/flood.py")
        try Command(
            try #require(Program.find("python3")),
            [script.path(percentEncoded: false), flood.end, address, "\(count)"] + kind.words + [token],
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
