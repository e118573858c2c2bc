import Foundation
import Wording

/// The files that every sandbox of a machine shares, in one folder that no sandbox can write.
public struct SandboxFiles: Sendable, Hashable {
    /// The folder's absolute path.
    public let folder: String

    /// Names the files. Creates nothing.
    public init(folder: String) {
        self.folder = folder
    }

    /// The users inside. The machine's own list would tell the agent who has accounts there.
    public var passwd: String { folder + "/passwd" }
    /// The groups inside.
    public var group: String { folder + "/group" }
    /// The filter that ``SystemCallFilter`` makes.
    public var filter: String { folder + "/system-calls" }

    /// Writes the files; the folder exists.
    ///
    /// - Throws: ``SandboxError`` with code ``SandboxError/Code/files``.
    public func write() throws(SandboxError) {
        let filter = try SystemCallFilter.bytes()
        do {
            try Data(filter).write(to: URL(filePath: self.filter), options: .atomic)
            try Data("root:x:0:0::/nonexistent:/bin/false\nagent:x:1000:1000::/home/agent:/bin/sh\n".utf8)
                .write(to: URL(filePath: passwd), options: .atomic)
            try Data("root:x:0:\nagent:x:1000:\n".utf8).write(to: URL(filePath: group), options: .atomic)
        } catch {
            throw SandboxError(.files, "\(folder) can't be written: \(reason(of: error)).")
        }
    }
}
