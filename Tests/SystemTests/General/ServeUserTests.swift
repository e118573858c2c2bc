import AgentProtocol
import Foundation
import Glibc
import Processes
import Testing

@testable import SystemSupport

@Suite("Serving as another user")
struct ServeUserTests {
    @Test("Who is not on this machine is named with the next step, and nothing is made")
    func unknown() async throws {
        try await SamFixture.with { sam in
            let output = try await sam.sam("serve", "--port", "0", "--user", "no-such-user")
            #expect(output.termination == .exited(1))
            #expect(output.standardError.contains("no user “no-such-user”") && output.standardError.contains("useradd"))
            #expect(!FileManager.default.fileExists(atPath: sam.home + "/sam.db"))
        }
    }

    @Test("Only root serves as another; who serves as themselves needs nothing")
    func ordinary() async throws {
        try await SamFixture.with { sam in
            let me = UnixUser.name(of: getuid())
            try await sam.serve("--user", me)
            #expect(try await sam.sam("sessions", "list").termination == .exited(0))
        }
        guard getuid() == 0 else { return }
        try await asNobody { sam in
            let refused = try await self.run(["serve", "--port", "0", "--user", "root"], by: "nobody", sam)
            #expect(refused.termination == .exited(1))
            #expect(refused.standardError.contains("Only root can serve as root, and this is nobody"), "\(refused.standardError)")
        }
    }

    @Test("Root becomes the user: nothing of root's is left, the home is the user's, and a session runs with its limits")
    func dropping() async throws {
        guard getuid() == 0 else { return print("Not root, so nothing was dropped.") }
        try await asNobody { sam in
            let nobody = try #require(UnixUser(named: "nobody"))
            let server = try await sam.serve("--user", "nobody")
            let status = try String(contentsOfFile: "/proc/\(server)/status", encoding: .utf8)
            let lines = Dictionary(
                status.split(separator: "\n").compactMap { line -> (String, [String])? in
                    let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
                    return words.first.map { ($0, Array(words.dropFirst())) }
                }, uniquingKeysWith: { first, _ in first })
            #expect(lines["Uid:"] == Array(repeating: String(nobody.id), count: 4))
            #expect(lines["Gid:"] == Array(repeating: String(nobody.group), count: 4))
            #expect(lines["Groups:"]?.contains("0") == false)
            for set in ["CapEff:", "CapPrm:", "CapAmb:", "CapInh:"] {
                #expect(lines[set]?.first?.allSatisfy { $0 == "0" } == true, "\(set) \(status)")
            }
            let environment = try Data(contentsOf: URL(filePath: "/proc/\(server)/environ")).split(separator: 0)
                .map { String(decoding: $0, as: UTF8.self) }
            #expect(environment.contains("HOME=\(nobody.home)") && environment.contains("USER=nobody"))
            for file in ["sam.db", "vault.keys", "token", "server.lock", "control.sock"] {
                let owner = try FileManager.default.attributesOfItem(atPath: "\(sam.home)/\(file)")[.ownerAccountID] as? Int
                #expect(owner == Int(nobody.id), "\(file)")
            }
            let log = try String(contentsOfFile: sam.scratch + "/server.log", encoding: .utf8)
            #expect(!log.contains("runs as root"))

            let repository = try await sam.repository("project", files: ["README.md": "# A project\n"])
            try await self.give(repository, to: nobody)
            #expect(try await sam.sam("projects", "add", repository, "--name", "project").termination == .exited(0))
            let run = try await sam.run(project: "project", agent: "shell", "echo done > done.txt")
            let id = try #require(run.session["id"]?.string)
            #expect(run.session["phase"]?.string == "completed", "\(run.session)")
            #expect(try await sam.sam("sessions", "diff", id).text.contains("done.txt"))
            let workspace = try FileManager.default.attributesOfItem(atPath: "\(sam.home)/sessions/\(id)")[.ownerAccountID] as? Int
            #expect(workspace == Int(nobody.id))

            // Where root may limit what agents use, the user may too.
            let findings = try await sam.json("doctor")["findings"]?.elements ?? []
            guard findings.first(where: { $0["name"] == "limits" })?["severity"] == "ok" else {
                return print("This machine has no control groups, so none was left to the user.")
            }
            #expect(try String(contentsOfFile: "/proc/\(server)/cgroup", encoding: .utf8).contains("/sam-nobody"))
        }
    }

    @Test("A home that another user owns is refused with both names and what to do, also as root; nothing in it changes")
    func othersHome() async throws {
        guard getuid() == 0 else { return print("Not root, so nothing can be given to another user.") }
        let nobody = try #require(UnixUser(named: "nobody"))
        try await SamFixture.with { sam in
            // root's own home, and nobody serves there.
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: sam.scratch)
            let refused = try await sam.sam("serve", "--port", "0", "--user", "nobody")
            #expect(refused.termination == .exited(1))
            #expect(refused.standardError.contains("belongs to root, and this is nobody"), "\(refused.standardError)")
            #expect(refused.standardError.contains("chown -R nobody"))
            #expect(!FileManager.default.fileExists(atPath: sam.home + "/sam.db"))

            // nobody's home, and root serves there.
            try #require(chown(sam.home, nobody.id, nobody.group) == 0)
            let root = try await sam.sam("serve", "--port", "0")
            #expect(root.termination == .exited(1))
            #expect(root.standardError.contains("belongs to nobody, and this is root"), "\(root.standardError)")
            #expect(root.standardError.contains("sam serve --user nobody"))
            #expect(!FileManager.default.fileExists(atPath: sam.home + "/sam.db"))

            // A file in it is root's still.
            try sam.write("", to: "home/sam.db")
            let half = try await sam.sam("serve", "--port", "0", "--user", "nobody")
            #expect(half.termination == .exited(1) && half.standardError.contains("sam.db belongs to root"), "\(half.standardError)")
        }
    }

    @Test("A port that is root's alone is refused with what can be done, and not as one that is taken")
    func lowPort() async throws {
        guard getuid() == 0 else { return print("Not root, so no port was left behind.") }
        let lowest = (try? String(contentsOfFile: "/proc/sys/net/ipv4/ip_unprivileged_port_start", encoding: .utf8))?
            .trimmingCharacters(in: .whitespacesAndNewlines)
        guard lowest == "1024" else { return print("Low ports are everybody's on this machine.") }
        try await asNobody { sam in
            let output = try await sam.sam("serve", "--port", "87", "--user", "nobody")
            #expect(output.termination == .exited(1) && output.standardError.contains("for root alone"), "\(output.standardError)")
        }
    }

    @Test("As root the server warns what an agent could see, and so does the command that starts one, once; the doctor says so too")
    func warning() async throws {
        guard getuid() == 0 else { return print("Not root, so nothing is warned of.") }
        try await SamFixture.with { sam in
            let repository = try await sam.repository("project", files: ["main.py": "print('hi')\n"])
            let first = try await sam.sam("run", "--repo", repository, "Go.")
            #expect(first.standardError.contains("SAM runs as root: an agent can read"))
            #expect(first.standardError.components(separatedBy: "runs as root").count == 2)
            #expect(first.standardError.contains("sam serve --user NAME"))
            #expect(try await !sam.sam("sessions", "list").standardError.contains("runs as root"), "It was told")
            #expect(try String(contentsOfFile: sam.home + "/server.log", encoding: .utf8).contains("SAM runs as root"))
            #expect(try await sam.sam("doctor").text.contains("sam serve --user NAME"))
        }
    }

    // MARK: - Parts

    /// A fixture whose home is that of a user without rights, whose programs that user can run.
    private func asNobody(_ body: (SamFixture) async throws -> Void) async throws {
        let nobody = try #require(UnixUser(named: "nobody"))
        try await SamFixture.with { sam in
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: sam.scratch)
            try await give(sam.home, to: nobody)
            let reached = try await run(["--version"], by: "nobody", sam)
            guard reached.termination == .exited(0) else {
                return print("nobody can't run \(SamFixture.programs)/sam, so it was not tried: \(reached.standardError)")
            }
            try await body(sam)
        }
    }

    private func give(_ path: String, to user: UnixUser) async throws {
        let chown = try #require(Program.find("chown"))
        try #require(try await Command(chown, ["-R", "\(user.id):\(user.group)", path]).run().termination == .exited(0))
    }

    /// Runs `sam` as a user, the way an administrator would.
    private func run(_ arguments: [String], by user: String, _ sam: SamFixture) async throws -> Output {
        let program = try #require(Program.find("setpriv"))
        return try await Command(
            program,
            ["--reuid", user, "--regid", "nogroup", "--clear-groups", "--", SamFixture.programs + "/sam"] + arguments,
            environment: ["SAM_HOME": sam.home, "HOME": sam.scratch, "PATH": "/usr/bin:/bin"], workingDirectory: "/"
        ).run(timeout: .seconds(60))
    }
}
