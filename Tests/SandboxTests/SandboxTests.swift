import Foundation
import Processes
import Testing

@testable import Sandbox

@Suite("Sandboxes and limits, as values")
struct SandboxTests {
    @Test("What comes after the dashes is the command, whatever it looks like")
    func arguments() throws {
        let sandbox = Sandbox(program: "/usr/bin/bwrap", binds: [], passwd: "/p", group: "/g", filter: "/f")
        let wrapped = sandbox.wrap(Command("/bin/echo", ["--bind", "/", "/"], environment: ["A": "b c"], workingDirectory: "/w"))
        let dashes = try #require(wrapped.arguments.firstIndex(of: "--"))
        #expect(Array(wrapped.arguments[(dashes + 1)...]) == ["/bin/echo", "--bind", "/", "/"])
        #expect(wrapped.openFile == "/f")
        #expect(wrapped.environment == ["A": "b c"], "The environment is handed on, and stands in no argument")
        #expect(!wrapped.arguments.contains { $0.contains("b c") })
        let text = wrapped.arguments[..<dashes].joined(separator: " ")
        for part in [
            "--unshare-net", "--unshare-pid", "--disable-userns", "--die-with-parent", "--remount-ro /", "--seccomp 3",
        ] {
            #expect(text.contains(part))
        }
    }

    @Test("A Java runtime's settings are bound, and who may manage one is not")
    func java() throws {
        try withFolder { root in
            try makeFiles(root + "/java-17-openjdk", ["net.properties"])
            try makeFiles(root + "/java-17-openjdk/security", ["java.security"])
            try makeFiles(root + "/java-17-openjdk/management", ["jmxremote.password"])
            try makeFiles(root + "/javascript", ["x"])
            #expect(Sandbox.javaSettings(in: root) == ["net.properties", "security"].map { "\(root)/java-17-openjdk/\($0)" })
            #expect(Sandbox.javaSettings(in: root + "/none").isEmpty)
        }
    }

    @Test("A program comes with those beside it that are named after it, under the name by which it is called")
    func parts() throws {
        try withFolder { root in
            try makeFiles(root + "/real", ["codex", "codex-host", "codexx", "other"])
            // A folder, and a file that is no program: what it holds is nobody's business.
            try makeFolder(root + "/real/codex-folder")
            try makeFiles(root + "/real", ["codex-keys.env"])
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: root + "/real/codex-host")
            let binds = ProgramInside.binds(of: root + "/real/codex", at: "/somewhere/bin/tool")
            #expect(binds.map(\.host) == [root + "/real/codex", root + "/real/codex-host"])
            #expect(binds.map(\.inside) == ["/somewhere/bin/tool", "/somewhere/bin/codex-host"])
        }
    }

    @Test("Libraries outside the system's folders are found in the maps, once each")
    func libraries() {
        let maps = """
            7f00-7f01 r--p 0 fe:00 1 /usr/lib/x86_64-linux-gnu/libc.so.6
            7f02-7f03 r--p 0 fe:00 1 /opt/swift/usr/lib/swift/linux/libswiftCore.so
            7f04-7f05 r-xp 0 fe:00 1 /opt/swift/usr/lib/swift/linux/libswiftCore.so
            7f06-7f07 rw-p 0 00:00 0
            7f08-7f09 r--p 0 fe:00 1 /opt/my app/libx.so.2
            7f0a-7f0b r--p 0 fe:00 1 /home/me/program
            """
        #expect(RuntimeLibraries.folders(inMaps: maps) == ["/opt/my app", "/opt/swift/usr/lib/swift/linux"])
    }

    @Test("Limits are written where the first version of control groups wants them")
    func controlGroupsOne() throws {
        try withFolder { root in
            for controller in ["memory", "pids"] { try makeFolder("\(root)/\(controller)") }
            let groups = ControlGroups(version: .one(memory: root + "/memory", processes: root + "/pids", cpu: nil))
            #expect(groups.missing == ["processor time"])
            // The kernel makes the control files with the folder; a plain file system does not.
            try makeFiles(root + "/memory/sam-x", ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"])
            try makeFiles(root + "/pids/sam-x", ["pids.max"])
            let group = try groups.create("sam-x", limits: SandboxLimits(memory: 1_000, processes: 7, cpuPercent: 50))
            #expect(try content("\(root)/memory/sam-x/memory.limit_in_bytes") == "1000")
            #expect(try content("\(root)/pids/sam-x/pids.max") == "7")
            #expect(group.joins == ["\(root)/memory/sam-x/cgroup.procs", "\(root)/pids/sam-x/cgroup.procs"])
            #expect(group.memoryEvents == "\(root)/memory/sam-x/memory.oom_control")
        }
    }

    @Test("And where the second version wants them; a limit that the kernel does not take is an error, not a silence")
    func controlGroupsTwo() throws {
        try withFolder { root in
            let groups = ControlGroups(version: .two(parent: root))
            #expect(groups.missing.isEmpty)
            try makeFiles(root + "/sam-x", ["memory.max", "pids.max", "cpu.max"])
            _ = try groups.create("sam-x", limits: SandboxLimits(memory: 1_000, processes: 7, cpuPercent: 50))
            #expect(try content("\(root)/sam-x/memory.max") == "1000")
            #expect(try content("\(root)/sam-x/cpu.max") == "50000 100000")
            #expect(throws: SandboxError.self) {
                try groups.create("sam-y", limits: SandboxLimits(memory: 1, processes: 1, cpuPercent: 1))
            }
        }
    }

    @Test("A machine without control groups says which limits are missing")
    func noControlGroups() {
        let groups = ControlGroups.detect(own: "0::/\n", mounts: "proc /proc proc rw 0 0\n")
        #expect(groups.missing.count == 3)
        #expect(groups.summary.contains("Delegate=yes"))
    }

    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "groups-\(UUID().uuidString)"
        try makeFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private func makeFolder(_ path: String) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    private func makeFiles(_ folder: String, _ names: [String]) throws {
        try makeFolder(folder)
        for name in names { _ = FileManager.default.createFile(atPath: folder + "/" + name, contents: nil) }
    }

    private func content(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }
}
