import Foundation
import Testing

/// Agents as people install them, from wheels that `make agents` puts outside of the tree.
enum RealAgent {
    /// The program of Claude Code.
    ///
    /// - Throws: when it is not there, with what installs it.
    static func claudeCode() throws -> String {
        let environment = ProcessInfo.processInfo.environment
        let folder = environment["SAM_TEST_AGENTS"] ?? (environment["HOME"] ?? NSHomeDirectory()) + "/.cache/sam/agents"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: folder + "/lib")) ?? []
        let program = versions.map { "\(folder)/lib/\($0)/site-packages/claude_agent_sdk/_bundled/claude" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
        return try #require(program, "Claude Code is not in \(folder). Install it with: make agents")
    }
}

extension SamFixture {
    /// Puts a program into the PATH of the server, under the name by which the catalogue knows it.
    func install(_ program: String, as name: String) throws {
        try FileManager.default.createDirectory(atPath: scratch + "/bin", withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: "\(scratch)/bin/\(name)", withDestinationPath: program)
    }
}
