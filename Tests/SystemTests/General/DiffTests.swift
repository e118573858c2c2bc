import AgentProtocol
import Foundation
import Processes
import Testing

@testable import SystemSupport

@Suite("What a session changed, as a patch")
struct DiffTests {
    private let work = #"""
        printf 'caf\351\nna\357ve\n' > latin.txt; printf 'a\000b\r\n\377' > bytes; printf 'no newline' > end
        printf 'x' > "$(printf 'odd\351')"; chmod +x README.md; rm gone.txt; mv old.txt new.txt
        """#

    @Test("Files in Latin-1, with odd names and bytes of any kind: the patch from the command line applies and gives the branch's files")
    func applies() async throws {
        try await SamFixture.with { sam in
            let repository = try await sam.project(
                files: ["README.md": "# A project\n", "latin.txt": "plain\n", "gone.txt": "gone\n", "old.txt": "old\n"])
            let finished = try await sam.run(project: "project", agent: "shell", work)
            let id = try #require(finished.session["id"]?.string)
            let branch = try #require(finished.session["result"]?["branch"]?.string)
            let mirror = try #require(finished.session["result"]?["mirror"]?.string)

            let output = try await sam.sam("sessions", "diff", id)
            #expect(output.termination == .exited(0), "\(output.standardError)")
            #expect(output.standardOutput.contains(0xe9), "It is not decoded on its way")
            #expect(output.text.contains(#""a/odd\351" "b/odd\351""#), "Names are quoted as git quotes them")
            try Data(output.standardOutput).write(to: URL(filePath: sam.scratch + "/patch"))
            try await sam.git(["apply", "--index", sam.scratch + "/patch"], in: repository)
            let made = try await sam.git(["write-tree"], in: repository)
            #expect(try await sam.git(["rev-parse", "\(branch)^{tree}"], in: mirror) == made)

            let files = try await sam.json("sessions", "diff", id)["files"]?.elements ?? []
            let odd = files.filter { $0["pathBytes"] != nil }
            #expect(odd.map { $0["path"]?.string } == ["odd\u{fffd}"])
            #expect(odd.first?["pathBytes"]?.string == Data([0x6f, 0x64, 0x64, 0xe9]).base64EncodedString())
        }
    }

    @Test("On a terminal a patch's control characters and bytes that are no text are shown and do nothing")
    func onTerminal() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let finished = try await sam.run(
                project: "project", agent: "shell", #"printf 'a\033[2Jb\r\ncaf\351 \342\200\256reversed\n' > odd.txt"#)
            let id = try #require(finished.session["id"]?.string)
            // `script` lends a terminal.
            let output = try await Command(
                "/bin/sh", ["-c", #"script -qec "$0 sessions diff $1" /dev/null"#, SamFixture.programs + "/sam", id],
                environment: ["SAM_HOME": sam.home, "HOME": sam.scratch, "PATH": "/usr/bin:/bin", "TERM": "dumb"],
                workingDirectory: sam.scratch
            ).run(timeout: .seconds(60))
            #expect(output.termination == .exited(0), "\(output.standardError)")
            #expect(output.text.contains("+a^[[2Jb^M"), "\(output.text)")
            #expect(output.text.contains("+caf<E9> <U+202E>reversed"), "\(output.text)")
            #expect(!output.standardOutput.contains(0x1b))
        }
    }
}
