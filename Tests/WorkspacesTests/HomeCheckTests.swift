import Foundation
import Processes
import Testing

@testable import Workspaces

@Suite("What the doctor finds in a home")
struct HomeCheckTests {
    private func withHome(_ body: (Home) throws -> Void) throws {
        let folder = "/tmp/sam-home-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(Home(path: folder + "/home"))
    }

    private func mode(_ mode: Int, of path: String) throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    private func finding(_ name: String, _ home: Home) -> HostCheck.Finding? { HomeCheck(home: home).findings().first { $0.name == name } }

    @Test("One that is not there yet is made at the first start, and nothing makes it before")
    func missing() throws {
        try withHome { home in
            #expect(finding("home", home)?.severity == .ok)
            #expect(finding("home", home)?.detail.contains("is made at the first start") == true)
            #expect(finding("server", home)?.detail.contains("none runs in this home") == true)
            #expect(!FileManager.default.fileExists(atPath: home.path))
        }
    }

    @Test("Who can look into it, and into what opens everything, is told with the way to mend it")
    func permissions() throws {
        try withHome { home in
            try home.create()
            #expect(finding("home", home)?.severity == .ok)
            try mode(0o755, of: home.path)
            #expect(finding("home", home)?.severity == .warning)
            #expect(finding("home", home)?.fix == "chmod 700 '\(home.path)'")
            for file in [home.tokenFile, home.masterKeys] {
                let name = URL(filePath: file).lastPathComponent
                #expect(FileManager.default.createFile(atPath: file, contents: Data("x".utf8), attributes: [.posixPermissions: 0o600]))
                #expect(finding(name, home) == nil, "As it should be, it is worth no line")
                try mode(0o644, of: file)
                #expect(finding(name, home)?.severity == .warning)
                #expect(finding(name, home)?.fix == "chmod 600 '\(file)'")
            }
        }
    }

    @Test("A file in its place, a path that is too long, and one below a file can't be a home")
    func unusable() throws {
        try withHome { home in
            #expect(FileManager.default.createFile(atPath: home.path, contents: nil))
            #expect(finding("home", home)?.severity == .failure)
            #expect(finding("home", home)?.detail.contains("is no folder") == true)
            let long = Home(path: home.path + "-" + String(repeating: "x", count: 90))
            #expect(finding("home", long)?.severity == .failure)
            #expect(finding("home", long)?.fix?.contains("SAM_HOME") == true)
            let nowhere = Home(path: home.path + "/below/sam")
            #expect(finding("home", nowhere)?.severity == .failure)
            for bad in [home, long, nowhere] { #expect(throws: WorkspaceError.self) { try bad.create() } }
        }
    }

    @Test("A server that runs there is named")
    func server() throws {
        try withHome { home in
            try home.create()
            let lock = try #require(FileLock(path: home.serverLock))
            try Data(#"{"url": "http://127.0.0.1:7260"}"#.utf8).write(to: URL(filePath: home.serverFile))
            #expect(finding("server", home)?.detail.contains("serves this home at http://127.0.0.1:7260") == true)
            withExtendedLifetime(lock) {}
        }
    }

    @Test("An empty SAM_HOME is none, and not the folder in which somebody happens to be")
    func empty() {
        #expect(Home(environment: ["SAM_HOME": "", "HOME": "/home/kim"]).path == "/home/kim/.sam")
        #expect(Home(environment: ["SAM_HOME": "/srv/sam", "HOME": "/home/kim"]).path == "/srv/sam")
    }
}
