import Foundation
import Testing

@testable import Processes
@testable import Workspaces

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

    @Test(
        "A program that could not be started is told from one that knows no such argument",
        arguments: [
            (.exited(0), "", true), (.exited(127), "env: ‘node’: No such file or directory", false),
            (.exited(126), "x: Permission denied", false),
            (.exited(1), "bwrap: execvp /x: No such file or directory", false), (.exited(1), "mise ERROR x is not a valid shim", false),
            (.exited(139), "", false), (.signalled(9), "", false),
        ] as [(Termination, String, Bool)])
    func start(_ termination: Termination, _ words: String, starts: Bool) {
        let output = Output(termination: termination, standardOutput: [], standardError: words)
        let failure = ProgramVersions.failure(of: "/x/agent", ["--version"], output)
        #expect((failure == nil) == starts && (words.isEmpty || (failure ?? words).contains(words)), "\(failure ?? "")")
        // Of one that knows no such argument nothing is asked but to start.
        let unasked = ProgramVersions.failure(of: "/x/agent", [], output)
        #expect((unasked == nil) == (starts || words.hasPrefix("mise")), "\(unasked ?? "")")
    }

    @Test(
        "A version is the first word that looks like one",
        arguments: [
            ("2.1.330 (Claude Code)", "2.1.330"), ("codex-cli 0.163.0", "0.163.0"), ("v1.0-rc.1\n", "1.0-rc.1"), ("none", nil), ("", nil),
        ] as [(String, String?)])
    func version(text: String, version: String?) {
        #expect(ProgramVersions.version(in: text) == version)
    }
}
