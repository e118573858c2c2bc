import Foundation
import Processes
import Testing

@Suite("A folder that a hostile program can change")
struct UntrustedFolderTests {
    private func withFolder(_ body: (UntrustedFolder, String) throws -> Void) throws {
        let path = NSTemporaryDirectory() + "untrusted-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path + "/home", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data("host's own".utf8).write(to: URL(filePath: path + "/outside"))
        try body(UntrustedFolder(path: path + "/home"), path)
    }

    @Test("A file is made for its owner alone, read, stamped and removed; what is there is never overwritten")
    func life() throws {
        try withFolder { folder, path in
            #expect(try folder.create(".codex/auth.json", with: Data("one".utf8)))
            #expect(try !folder.create(".codex/auth.json", with: Data("two".utf8)))
            #expect(try folder.read(".codex/auth.json", limit: 100) == Data("one".utf8))
            #expect(try folder.read(".codex/auth.json", limit: 2)?.count == 3, "One byte more than allowed tells that it is too long")
            let attributes = try FileManager.default.attributesOfItem(atPath: path + "/home/.codex/auth.json")
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            #expect(try FileManager.default.attributesOfItem(atPath: path + "/home/.codex")[.posixPermissions] as? Int == 0o700)
            let stamp = folder.stamp(of: ".codex/auth.json")
            #expect(stamp != nil && stamp == folder.stamp(of: ".codex/auth.json"))
            try Data("other".utf8).write(to: URL(filePath: path + "/home/.codex/auth.json"))
            #expect(stamp != folder.stamp(of: ".codex/auth.json"))
            try folder.remove(".codex/auth.json")
            try folder.remove(".codex/auth.json")
            #expect(try folder.read(".codex/auth.json", limit: 100) == nil)
        }
    }

    @Test("Links, pipes and folders in the file's place are nothing, and what they lead to is neither read nor written")
    func links() throws {
        try withFolder { folder, path in
            let files = FileManager.default
            try files.createSymbolicLink(atPath: path + "/home/link", withDestinationPath: path + "/outside")
            try files.createSymbolicLink(atPath: path + "/home/up", withDestinationPath: path)
            try files.createSymbolicLink(atPath: path + "/home/new", withDestinationPath: path + "/made-outside")
            try files.createDirectory(atPath: path + "/home/folder", withIntermediateDirectories: true)
            mkfifo(path + "/home/pipe", 0o600)
            for name in ["link", "up/outside", "folder", "pipe", "folder/none", "none/none"] {
                #expect(try folder.read(name, limit: 100) == nil, "\(name)")
                #expect(folder.stamp(of: name) == nil, "\(name)")
            }
            #expect(try !folder.create("new", with: Data("x".utf8)))
            #expect(throws: UntrustedFolder.Failure.self) { try folder.create("up/made-outside", with: Data("x".utf8)) }
            #expect(!files.fileExists(atPath: path + "/made-outside"))
            try folder.remove("link")
            try folder.remove("up/outside")
            #expect(files.contents(atPath: path + "/outside") == Data("host's own".utf8))
            #expect(try folder.create("link", with: Data("mine".utf8)), "In its own folder it may")
        }
    }

    @Test("A file is put in place of a file, a link or a pipe, and never in place of a folder, behind a link, or through a hard link")
    func replacing() throws {
        try withFolder { folder, path in
            let files = FileManager.default
            let content = Data("mine".utf8)
            try folder.replace(".agent/settings.json", with: Data("first".utf8))
            try folder.replace(".agent/settings.json", with: content)
            try files.createSymbolicLink(atPath: path + "/home/link", withDestinationPath: path + "/outside")
            try files.createSymbolicLink(atPath: path + "/home/.draft.new", withDestinationPath: path + "/outside")
            try files.linkItem(atPath: path + "/outside", toPath: path + "/home/hard")
            mkfifo(path + "/home/pipe", 0o600)
            for name in [".agent/settings.json", "link", "draft", "hard", "pipe"] {
                try folder.replace(name, with: content)
                #expect(try folder.read(name, limit: 100) == content, "\(name)")
                #expect(try files.attributesOfItem(atPath: path + "/home/" + name)[.posixPermissions] as? Int == 0o600)
                #expect(try files.attributesOfItem(atPath: path + "/home/" + name)[.type] as? FileAttributeType == .typeRegular)
            }
            try files.createSymbolicLink(atPath: path + "/home/up", withDestinationPath: path)
            try files.createDirectory(atPath: path + "/home/folder", withIntermediateDirectories: true)
            for name in ["up/outside", "up/new", "folder", "link/below", "../outside", "/outside", "a/../../outside"] {
                #expect(throws: UntrustedFolder.Failure.self, "\(name)") { try folder.replace(name, with: content) }
            }
            #expect(files.contents(atPath: path + "/outside") == Data("host's own".utf8))
            #expect(!files.fileExists(atPath: path + "/new"))
            #expect(try files.contentsOfDirectory(atPath: path + "/home").filter { $0.hasSuffix(".new") }.isEmpty, "No draft is left")
        }
    }

    @Test("A path that could leave the folder is refused", arguments: ["../outside", "/etc/passwd", "", "a//b", ".", "a/../../outside"])
    func paths(path: String) throws {
        try withFolder { folder, _ in
            #expect(throws: UntrustedFolder.Failure.self) { try folder.read(path, limit: 10) }
            #expect(throws: UntrustedFolder.Failure.self) { try folder.create(path, with: Data()) }
        }
    }
}
