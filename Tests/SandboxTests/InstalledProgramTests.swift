import Foundation
import Testing

@testable import Sandbox

@Suite("Programs that package managers installed")
struct InstalledProgramTests {
    @Test("A package of npm's brings its packages and its Node, and nothing else of the folder that they stand in")
    func npm() {
        #expect(
            InstalledProgram.folders(of: "/opt/node/lib/node_modules/@google/gemini-cli/dist/index.js") == [
                "/opt/node/lib/node_modules", "/opt/node/bin",
            ])
        #expect(InstalledProgram.folders(of: "/usr/local/lib/node_modules/x/index.js") == [], "The system's own are there anyway")
        #expect(InstalledProgram.folders(of: "/opt/tool/bin/tool") == [])
    }

    @Test("A Python environment brings itself and the Python that it names; one that is somebody's home brings nothing")
    func python() throws {
        let folder =
            URL(filePath: NSTemporaryDirectory()).resolvingSymlinksInPath().path(percentEncoded: false) + "venv-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder + "/bin", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func folders(_ home: String) throws -> [String] {
            try Data("home = \(home)\nversion = 3.12\n".utf8).write(to: URL(filePath: folder + "/pyvenv.cfg"))
            return InstalledProgram.folders(of: folder + "/bin/agent")
        }
        #expect(try folders("/usr/bin") == [folder])
        #expect(try folders("/opt/python/bin") == [folder, "/opt/python"])
        let home = FileManager.default.homeDirectoryForCurrentUser.path(percentEncoded: false)
        #expect(try folders(home + "bin") == [folder], "Its Python stands in a home, which nobody may read")
        #expect(try folders("/bin") == [folder], "Where /bin is a link, and where it is none")
    }

    @Test("The home is kept out whether the user database or HOME names it, also where the user has no entry there")
    func homes() {
        let program = "/srv/agent/lib/node_modules/x/index.js"
        let folders = ["/srv/agent/lib/node_modules", "/srv/agent/bin"]
        #expect(InstalledProgram.folders(of: program, homes: []) == folders)
        #expect(InstalledProgram.folders(of: program, homes: ["/srv/agent"]) == folders, "They are in the home and don't contain it")
        #expect(InstalledProgram.folders(of: program, homes: ["/nowhere", "/srv/agent/bin"]) == [folders[0]])
        #expect(InstalledProgram.folders(of: program, homes: ["/srv/agent/lib/node_modules/home", "/srv/agent/bin"]) == [])
    }
}
