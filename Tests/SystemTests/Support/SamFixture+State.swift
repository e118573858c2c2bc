import Foundation
import Processes
import TestSupport
import Testing

extension SamFixture {
    /// Ends a server as a service manager does, and waits until it is gone.
    func stop(_ pid: pid_t) async throws {
        kill(pid, SIGTERM)
        try await eventually("server \(pid) has ended") { kill(pid, 0) != 0 }
    }

    /// The content of every file under a folder by its path, but for what any command touches.
    func files(in folder: String) throws -> [String: Data] {
        let passing = ["server.log", "server.lock", "sam.db-shm"]
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder).filter { name in
            var isFolder: ObjCBool = false
            return !passing.contains(name) && FileManager.default.fileExists(atPath: "\(folder)/\(name)", isDirectory: &isFolder)
                && !isFolder.boolValue
        }
        return Dictionary(
            uniqueKeysWithValues: names.map { ($0, FileManager.default.contents(atPath: "\(folder)/\($0)") ?? Data("unreadable".utf8)) })
    }

    /// The size of a file in the home; 0 when there is none.
    func size(_ name: String) -> Int {
        ((try? FileManager.default.attributesOfItem(atPath: "\(home)/\(name)"))?[.size] as? NSNumber)?.intValue ?? 0
    }

    /// Folders into which a restore has moved what was there.
    func movedAside() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: home).filter { $0.hasPrefix("before-restore-") }.map { "\(home)/\($0)" }
    }

    /// Another home, on the same programs and agents.
    func twin(_ name: String) throws -> SamFixture {
        let twin = SamFixture(scratch: "\(scratch)/\(name)")
        try FileManager.default.createDirectory(atPath: twin.home, withIntermediateDirectories: true)
        return twin
    }
}
