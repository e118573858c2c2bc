import AgentProtocol
import Foundation
import Glibc
import Processes
import TestSupport
import Testing

@testable import SystemSupport

/// What an agent can't do from inside its sandbox. Beside each attack stands a control that succeeds: the same act
/// where it is allowed, so that no test passes because a tool was missing or a script was wrong.
@Suite("The sandbox")
struct SandboxTests {
    // MARK: - Reading

    @Test("SAM's home, another session's workspace and the host's homes can't be read, and the agent's own files can")
    func readingTheHost() async throws {
        try await SamFixture.with { sam in
            let marker = newMarker()
            try await sam.project()
            let other = try await sam.start(
                project: "project", agent: "shell", "echo theirs > \(marker); while [ ! -e go ]; do sleep 0.05; done; rm go")
            let workspace = "\(sam.home)/sessions/\(other)/workspace"
            try await eventually("the other session wrote its file") { text(of: "\(workspace)/\(marker)") == "theirs\n" }

            let homes = Set(["/root", "/home", NSHomeDirectory()]).filter { FileManager.default.isWritableFile(atPath: $0) }
            let canaries = homes.map { "\($0)/\(marker)" }
            defer { for canary in canaries { unlink(canary) } }
            for canary in canaries { try "a secret of the host\n".write(toFile: canary, atomically: false, encoding: .utf8) }
            try sam.write("a secret of the host\n", to: marker)

            let secrets = canaries + ["\(sam.scratch)/\(marker)", "\(workspace)/\(marker)", "\(sam.home)/token", "\(sam.home)/sam.db"]
            for secret in secrets { #expect(text(of: secret, bytes: 1) != nil, "The host itself reads \(secret)") }

            let own = ["/workspace/\(marker)", "/home/agent/\(marker)"]
            let prepare = "for f in \(own.joined(separator: " ")); do echo mine > $f; done"
            let byAnotherRoot = secrets.map { "/proc/1/root\($0)" }
            let reading = try await acting(sam, "head -c 1 \"$f\"", on: own + secrets + byAnotherRoot, after: prepare)
            #expect(reading.succeeded == Set(own))
            #expect(reading.failed == Set(secrets + byAnotherRoot))

            let found = try await sam.run(
                project: "project", agent: "shell", "\(prepare); find / -path /proc -prune -o -name '\(marker)*' -print 2>/dev/null")
            #expect(Set(lines(of: found).dropLast()) == Set(own), "A search of everything finds the agent's own files and no others")

            try sam.write("", to: "home/sessions/\(other)/workspace/go")
            let ended = try await sam.finish(other)
            #expect(try await sam.file(marker, of: ended) == "theirs\n", "The other session was there all the time")
        }
    }

    // MARK: - Writing

    // These acts open files for writing and write nothing to them: a hole must not harm the machine that it is found on.

    @Test("The system and the mirror's objects can't be written, and the workspace, /tmp and HOME can")
    func writingTheSystem() async throws {
        try await SamFixture.with { sam in
            let marker = newMarker()
            try await sam.project()
            let objects = try #require(lines(of: try await sam.run(project: "project", agent: "shell", alternates)).first)
            let own = ["/workspace/\(marker)", "/tmp/\(marker)", "/home/agent/\(marker)"]
            let system = ["", "/usr", "/usr/bin", "/etc", "/home", "/run", "/run/sam", "/opt/sam", objects, "\(objects)/pack"]
            let forbidden = system.map { "\($0)/\(marker)" } + ["/etc/passwd", "/usr/bin/env", "/opt/sam/scripted-agent"]
            defer { for made in forbidden where made.hasSuffix(marker) { unlink(made) } }
            let writing = try await acting(sam, ": >> \"$f\"", on: own + forbidden)
            #expect(writing.succeeded == Set(own))
            #expect(writing.failed == Set(forbidden))

            let moving = try await acting(
                sam, "chmod 777 \"$f\"; mv \"$f/pack\" \"$f/moved\"", on: ["/tmp/objects", objects], after: "mkdir -p /tmp/objects/pack")
            #expect(moving.succeeded == ["/tmp/objects"])
            #expect(moving.failed == [objects])
            #expect(FileManager.default.fileExists(atPath: "\(objects)/pack"))
        }
    }

    @Test("The kernel's settings can't be written, and what belongs to the agent's own process can")
    func writingTheKernelsSettings() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let settings = ["kernel/core_pattern", "kernel/core_pipe_limit", "vm/overcommit_memory", "fs/protected_symlinks"]
                .map { "/proc/sys/\($0)" }
            let forbidden = (settings + ["/proc/sysrq-trigger"]).filter { FileManager.default.fileExists(atPath: $0) }
            try #require(!forbidden.isEmpty)
            if getuid() == 0 {
                let refused = forbidden.filter { access($0, W_OK) != 0 }
                #expect(refused.isEmpty, "The host itself can write them, as the agent could with the host's power")
            }
            let writing = try await acting(sam, ": >> \"$f\"", on: ["/proc/self/comm"] + forbidden)
            #expect(writing.succeeded == ["/proc/self/comm"])
            #expect(writing.failed == Set(forbidden))

            let search = "find /proc/self/comm -type f -writable; find /proc/sys -type f -writable 2>/dev/null | head -n 20"
            let found = try await sam.run(project: "project", agent: "shell", search)
            #expect(lines(of: found).dropLast() == ["/proc/self/comm"], "None of all settings is open")
        }
    }

    // MARK: - The network

    @Test("Neither the host's loopback nor any other address is reached, and SAM's gateway is")
    func reachingTheNetwork() async throws {
        try await SamFixture.with { sam in
            let listener = try Listener()
            defer { listener.close() }
            let connect = #"""
                connect() { if timeout 5 bash -c "exec 3<>/dev/tcp/$1/$2"; then echo "reached $1"; else echo "missed $1"; fi; }

                """#
            // The host's own addresses, of which the listener answers on each.
            let addresses = ["127.0.0.1"] + (try await hostAddresses())
            let attack = connect + addresses.map { "connect \($0) \(listener.port)" }.joined(separator: "\n")

            let outside = try await Command("/bin/sh", ["-c", attack], environment: path, workingDirectory: sam.scratch).run()
            #expect(outside.text == addresses.map { "reached \($0)\n" }.joined(), "\(outside.standardError)")
            #expect(listener.connections() == addresses.count)

            try await sam.project()
            let inside = try await sam.run(project: "project", agent: "shell", attack)
            for address in addresses { #expect(lines(of: inside).contains("missed \(address)")) }
            #expect(!inside.said.contains("reached"))
            #expect(listener.connections() == 0)

            let away = try await sam.run(project: "project", agent: "shell", connect + "connect 1.1.1.1 53")
            #expect(lines(of: away).contains("missed 1.1.1.1"))
            #expect(away.said.contains("/dev/tcp/1.1.1.1/53: Network is unreachable"), "It fails at once, and not by a timeout")

            let gateway = try await sam.run(
                project: "project", agent: "shell",
                #"""
                timeout 10 bash -c 'exec 3<>/dev/tcp/127.0.0.1/4140
                printf "GET /healthz HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n" >&3
                cat <&3 | tr -d "\r"'
                """#)
            #expect(gateway.said.hasPrefix("HTTP/1.1 200"))
            #expect(lines(of: gateway).contains("ok"), "\(gateway.said)")
        }
    }

    // MARK: - Processes

    @Test("The host's processes are neither seen nor signalled, and the agent's own are")
    func reachingProcesses() async throws {
        try await SamFixture.with { sam in
            let number = Int.random(in: 100_000..<1_000_000)
            let bystander = Process()
            bystander.executableURL = URL(filePath: "/bin/sleep")
            bystander.arguments = ["86400.\(number)"]
            bystander.standardInput = FileHandle.nullDevice
            bystander.standardOutput = FileHandle.nullDevice
            bystander.standardError = FileHandle.nullDevice
            try bystander.run()
            defer { kill(bystander.processIdentifier, SIGKILL) }
            let host = bystander.processIdentifier
            try await eventually("the host sees its process") { processes(endingWith: "86400.\(number)") == [host] }

            let look = #"""
                look() { for p in /proc/[0-9]*; do tr '\0' ' ' < $p/cmdline; echo; done 2>/dev/null | grep -cxE "(/bin/)?sleep $1 "; }

                """#
            let outside = try await Command(
                "/bin/sh", ["-c", look + "look 86400.\(number)"], environment: path, workingDirectory: sam.scratch
            ).run()
            #expect(outside.text == "1\n", "The same search finds it on the host")

            try await sam.project()
            let finished = try await sam.run(
                project: "project", agent: "shell",
                look
                    + #"""
                    signal() { if kill -$1 $2 2>/dev/null; then echo "$3 hit"; else echo "$3 missed"; fi; }
                    sleep 86401.\#(number) & own=$!
                    i=0; while [ "$(look 86401.\#(number))" = 0 ] && [ $i -lt 100 ]; do sleep 0.05; i=$((i+1)); done
                    echo "own seen $(look 86401.\#(number))"
                    echo "host seen $(look 86400.\#(number))"
                    signal 0 \#(host) "host asked"
                    signal KILL \#(host) "host killed"
                    signal 0 $own "own asked"
                    signal KILL $own "own killed"
                    """#)
            #expect(
                lines(of: finished) == [
                    "own seen 1", "host seen 0", "host asked missed", "host killed missed", "own asked hit", "own killed hit", "exit 0",
                ])
            #expect(bystander.isRunning && processes(endingWith: "86400.\(number)") == [host])
        }
    }

    @Test("What an agent starts runs while its session does, and is gone once the session has ended")
    func outlivingTheSession() async throws {
        try await SamFixture.with { sam in
            let marker = newMarker()
            defer { for left in processes(endingWith: marker) { kill(left, SIGKILL) } }
            try await sam.project()
            // The scripted agent waits until all that inherited its descriptors is gone, so they are closed first.
            let session = try await sam.start(
                project: "project", agent: "shell",
                #"""
                bash -c 'for d in {3..60}; do eval "exec $d>&-"; done
                exec setsid nohup sh -c "while true; do sleep 0.05; done" \#(marker)' >/dev/null 2>&1 &
                while [ ! -e go ]; do sleep 0.05; done
                rm go
                """#)
            try await eventually("what the agent started runs") { processes(endingWith: marker).count == 1 }
            try sam.write("", to: "home/sessions/\(session)/workspace/go")
            #expect(try await sam.finish(session)["phase"]?.string == "completed")
            #expect(processes(endingWith: marker).isEmpty)
        }
    }

    // MARK: - Privileges

    @Test("No privileges are held and none are gained, and the same act succeeds on the host")
    func gainingPrivileges() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let status = try await sam.run(
                project: "project", agent: "shell", "grep -E '^(CapInh|CapPrm|CapEff|CapBnd|CapAmb|NoNewPrivs):' /proc/self/status")
            let none = "0000000000000000"
            #expect(
                lines(of: status) == [
                    "CapInh:\t\(none)", "CapPrm:\t\(none)", "CapEff:\t\(none)", "CapBnd:\t\(none)", "CapAmb:\t\(none)",
                    "NoNewPrivs:\t1", "exit 0",
                ])

            let gain = "if unshare $f true; then echo \"made $f\"; else echo \"refused $f\"; fi"
            let attack = "for f in -U -Ur -m -n; do \(gain); done; unshare --version >/dev/null && echo present"
            let inside = try await sam.run(project: "project", agent: "shell", attack)
            #expect(!inside.said.contains("made"))
            #expect(inside.said.contains("refused -U\n") && inside.said.contains("refused -m\n"))
            #expect(lines(of: inside).contains("present"), "It is refused, and not missing")

            let outside = try await Command("/bin/sh", ["-c", attack], environment: path, workingDirectory: sam.scratch).run()
            // Some systems let only programs that they know do this: bubblewrap, but not unshare.
            let restricted = text(of: "/proc/sys/kernel/apparmor_restrict_unprivileged_userns")?.hasPrefix("1") ?? false
            #expect(restricted || outside.text.contains("made -U\n"), "\(outside.standardError)")
        }
    }

    @Test("An agent's program is given no open descriptors but its three streams, and one that it opens itself is seen")
    func inheritedDescriptors() async throws {
        try await SamFixture.with { sam in
            // The shell is the agent itself here: what the scripted agent starts inherits a descriptor of Foundation's.
            let script = "(ls /proc/$$/fd) > given.txt; exec 9</dev/null; (ls /proc/$$/fd) > opened.txt; :"
            try sam.write(
                "agents:\n  - {id: descriptors, protocol: acp, command: [sh, -c, \"\(script)\"]}\n", to: "home/agents.yaml")
            try await sam.project()
            let finished = try await sam.run(project: "project", agent: "descriptors", "true")
            #expect(finished.phase == "failed", "A shell speaks no protocol, but its work is kept")
            #expect(try await sam.file("given.txt", of: finished.session) == "0\n1\n2\n")
            #expect(try await sam.file("opened.txt", of: finished.session) == "0\n1\n2\n9\n")
        }
    }

    @Test("No process that an agent sees has anything of the host's open, and a file that the agent opens is seen")
    func descriptorsOfOthers() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let finished = try await sam.run(
                project: "project", agent: "shell",
                #"""
                exec 9</etc/passwd
                for d in /proc/[0-9]*/fd/*; do readlink $d; done 2>/dev/null | sort -u > /tmp/all
                echo "sockets $(grep -c '^socket:' /tmp/all)"
                grep -vE '^(pipe|socket|anon_inode):|^/tmp/all$' /tmp/all
                cd /proc/net; cat tcp tcp6 udp udp6 raw raw6 unix netlink packet > /tmp/own 2>/dev/null
                grep '^socket:' /tmp/all | tr -dc '0-9\n' > /tmp/sockets
                while read i; do grep -qw "$i" /tmp/own || echo "socket of another network"; done < /tmp/sockets
                """#)
            var said = lines(of: finished)
            let sockets = said.isEmpty ? "" : said.removeFirst()
            #expect(sockets.hasPrefix("sockets ") && sockets != "sockets 0", "The gateway's forwarder has one at least")
            #expect(said == ["/dev/null", "/etc/passwd", "exit 0"])
        }
    }

    // MARK: - Limits

    @Test(
        "A fork bomb ends at the limit of processes, and a few processes and a higher limit are no trouble",
        .enabled("This needs control groups", { try await limitsAreEnforced() }))
    func limitOfProcesses() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let few = "i=0; while [ $i -lt 10 ]; do sleep 0.1 & i=$((i+1)); done; wait; echo ten started"
            let bomb = "sh -c 'i=0; while [ $i -lt 200 ]; do sleep 2 & i=$((i+1)); done; echo two hundred started'"

            let free = try await sam.run(project: "project", agent: "shell", bomb)
            #expect(lines(of: free).contains("two hundred started"))

            #expect(try await sam.sam("settings", "set", "sandbox.processes", "64").termination == .exited(0))
            let bound = try await sam.run(project: "project", agent: "shell", "\(few)\n\(bomb)")
            #expect(lines(of: bound).contains("ten started"))
            #expect(!lines(of: bound).contains("two hundred started"))
            #expect(bound.said.contains("Cannot fork") || bound.said.contains("Resource temporarily unavailable"))
            #expect(bound.phase == "completed", "The agent itself goes on")
        }
    }

    @Test(
        "What takes more memory than the limit is killed, what takes less is not, and the session says when it was the agent",
        .enabled("This needs control groups", { try await limitsAreEnforced() }))
    func limitOfMemory() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            // tail keeps the last ten lines, and there is but one.
            let little = "head -c 20m /dev/zero | tail | wc -c"
            let much = "head -c 200m /dev/zero | tail | wc -c"

            let free = try await sam.run(project: "project", agent: "shell", much)
            #expect(lines(of: free) == ["209715200", "exit 0"])

            #expect(try await sam.sam("settings", "set", "sandbox.memoryMebibytes", "128").termination == .exited(0))
            let bound = try await sam.run(project: "project", agent: "shell", "\(little)\n\(much)")
            #expect(lines(of: bound).contains("20971520"))
            #expect(!lines(of: bound).contains("209715200"))
            #expect(lines(of: bound).contains("Killed"))
            #expect(bound.phase == "completed", "Only a child of the agent was killed")

            // The scripted agent holds all that a script prints.
            let agent = try await sam.run(project: "project", agent: "shell", "head -c 200m /dev/zero")
            #expect(agent.phase == "failed")
            #expect(agent.failureCode == "outOfMemory", "\(agent.failureMessage)")
            let modest = try await sam.run(project: "project", agent: "shell", "head -c 3 /etc/passwd")
            #expect(modest.phase == "completed")
        }
    }

    // MARK: - What an agent leaves behind

    @Test("An agent that fills the disk is ended and its work is kept; one that stays within its limit is left alone")
    func limitOfDisk() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            try await sam.act("settings", "set", "sandbox.diskMebibytes", "64")
            let fill = #"n=0; while [ $n -lt %d ]; do head -c 8M /dev/zero | tr '\0' "$n" > "part$n" || exit 1; n=$((n + 1)); done; "#
            let filling = try await sam.run(
                project: "project", agent: "shell", String(format: fill, 24) + "while true; do sleep 1; done")
            #expect(filling.failureCode == "diskLimit", "\(filling.phases)")
            #expect(filling.failureMessage.contains("64 MiB"))
            #expect(try await sam.file("part0", of: filling.session).utf8.count == 8 << 20)
            let modest = try await sam.run(project: "project", agent: "shell", String(format: fill, 4) + "sleep 3; echo done")
            #expect(modest.phase == "completed" && modest.said.contains("done"))
        }
    }

    @Test("An agent that makes too many files is ended, however empty they are; one that makes fewer is left alone")
    func limitOfFiles() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            try await sam.act("settings", "set", "sandbox.diskMebibytes", "64")
            let make = #"n=0; while [ $n -lt %d ]; do : > "$HOME/$n" || exit 1; n=$((n + 1)); done; "#
            let filling = try await sam.run(
                project: "project", agent: "shell", String(format: make, 20_000) + "while true; do sleep 1; done")
            #expect(filling.failureCode == "diskLimit", "\(filling.phases)")
            #expect(filling.failureMessage.contains("more than 16384 files and folders"), "\(filling.failureMessage)")
            let modest = try await sam.run(project: "project", agent: "shell", String(format: make, 8_000) + "sleep 3; echo done")
            #expect(modest.phase == "completed" && modest.said.contains("done"))
        }
    }

    @Test("Hard links that would exceed the limit as files stop the session that continues the work; a few of them are checked out")
    func limitOfCheckout() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            try await sam.act("settings", "set", "sandbox.diskMebibytes", "64")
            func resumed(links: Int) async throws -> JSONValue {
                let script = #"n=0; while [ $n -lt \#(links) ]; do ln large "link$n" || exit 1; n=$((n + 1)); done"#
                let first = try await sam.run(project: "project", agent: "shell", "head -c 20M /dev/zero > large; \(script)")
                #expect(first.phase == "completed")
                let output = try await sam.sam("sessions", "resume", first.session["id"]?.string ?? "", "--json", "true")
                return try JSONLine.decode(JSONValue.self, from: try #require(output.text.split(separator: "\n").last.map(String.init)))
            }
            let refused = try await resumed(links: 9)
            #expect(refused["failure"]?["code"] == "diskLimit", "\(refused)")
            #expect(refused["failure"]?["message"]?.string?.contains(" 201 MiB ") == true, "\(refused)")
            #expect(try await resumed(links: 1)["phase"] == "completed")
        }
    }

    @Test("No single file grows past the limit, also between two measurements; one below it is written whole")
    func limitOfAFile() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            try await sam.act("settings", "set", "sandbox.diskMebibytes", "64")
            let session = try await sam.startIdle(agent: "shell")
            // Files with holes: whole ones could exceed the limit of all files together before they are removed.
            func size(_ name: String, blocks: Int, after: Int) async throws -> String {
                let write = "ulimit -f unlimited; dd if=/dev/zero of=\"$HOME/\(name)\" bs=1M seek=\(after) count=\(blocks)"
                let said = try await sam.ask(session, "(\(write)) > dd.log 2>&1; stat -c %s \"$HOME/\(name)\"")
                // The shell may say before that the kernel ended dd.
                return said.split(separator: "\n").last.map(String.init) ?? ""
            }
            let large = try await size("large", blocks: 17, after: 63)
            #expect(large == "\(64 << 20)")
            let small = try await size("small", blocks: 1, after: 31)
            #expect(small == "\(32 << 20)")
            _ = try await sam.sam("sessions", "cancel", session)
            try await sam.finish(session)
        }
    }

    @Test("Hooks and settings planted in the workspace run when the agent runs git, and never outside")
    func plantedPrograms() async throws {
        try await SamFixture.with { sam in
            let canaries = "\(sam.scratch)/canaries"
            func sprung() -> [String] { ((try? FileManager.default.contentsOfDirectory(atPath: canaries)) ?? []).sorted() }
            try sam.write("", to: "canaries/first")
            unlink("\(canaries)/first")
            let script = planting(canaries)
            let traps = ["clean", "fsmonitor", "pack", "path-post-checkout", "post-checkout", "pre-commit", "smudge"]

            let repository = try await sam.repository("outside", files: ["README.md": "# Outside\n"])
            try sam.write("", to: "outside-home/nothing")
            let outside = try await Command(
                "/bin/sh", ["-c", script],
                environment: path.merging(["HOME": "\(sam.scratch)/outside-home"].merging(identity) { $1 }) { $1 },
                workingDirectory: repository
            ).run()
            #expect(outside.termination == .exited(0), "\(outside.standardError)")
            #expect(Set(sprung()).isSuperset(of: traps), "The traps do what they should where git runs outside")
            for canary in sprung() { unlink("\(canaries)/\(canary)") }

            try await sam.project()
            let finished = try await sam.run(project: "project", agent: "shell", script)
            #expect(finished.phase == "completed", "\(finished.failureMessage)")
            #expect(finished.said.hasSuffix("planted\nexit 0"), "\(finished.said)")
            for trap in traps { #expect(try await sam.file("ran-\(trap)", of: finished.session) == "", "Inside, \(trap) ran") }
            #expect(try await sam.file("two.x", of: finished.session) == "two\n", "What was not committed is kept")
            let diff = try await sam.sam("sessions", "diff", try #require(finished.session["id"]?.string))
            #expect(diff.termination == .exited(0) && diff.text.contains("two.x"))
            #expect(sprung() == [])
        }
    }

    @Test("A workspace that points into another project's repository brings nothing of it into its own project's mirror")
    func foreignObjects() async throws {
        try await SamFixture.with { sam in
            try await sam.project("own")
            let foreign = try await sam.project("foreign", files: ["secret.txt": "the other project's secret \(newMarker())\n"])
            let commit = try await sam.git(["rev-parse", "HEAD"], in: foreign).trimmingCharacters(in: .whitespacesAndNewlines)
            let blob = try await sam.git(["rev-parse", "HEAD:secret.txt"], in: foreign).trimmingCharacters(in: .whitespacesAndNewlines)
            let mirrorOf = try await sam.run(project: "foreign", agent: "shell", "true")
            let foreignMirror = try #require(mirrorOf.session["result"]?["mirror"]?.string)

            let work = try await sam.run(
                project: "own", agent: "shell", "echo mine > own.txt && git add -A && git commit -qm Own && git rev-parse HEAD")
            let mirror = try #require(work.session["result"]?["mirror"]?.string)
            let ownCommit = try #require(lines(of: work).first)
            #expect(try await holds(mirror, ownCommit), "A commit that the agent made comes into the mirror")
            #expect(try await holds(foreignMirror, commit), "The other project's mirror holds the other commit")

            for (name, attack) in Self.borrowings {
                let script = """
                    set -e
                    commit=\(commit) mirror=\(foreignMirror) repository=\(foreign)
                    \(attack)
                    echo loose > loose.txt
                    echo planted
                    """
                let copy = "\(sam.scratch)/copies/\(name)"
                try await sam.git(["clone", "-q", "\(sam.scratch)/repositories/own", copy], in: sam.scratch)
                let outside = try await Command("/bin/sh", ["-c", script], environment: path, workingDirectory: copy).run()
                #expect(outside.text == "planted\n", "\(name): \(outside.standardError)")
                #expect(try await holds(copy, commit), "\(name): outside the attack lends the other repository's objects")

                let finished = try await sam.run(project: "own", agent: "shell", script)
                #expect(finished.said == "planted\nexit 0", "\(name)")
                #expect(!(try await holds(mirror, commit)), "\(name)")
                #expect(!(try await holds(mirror, blob)), "\(name)")
            }
            #expect(try await holds(mirror, ownCommit), "The mirror still works")
        }
    }

    /// Ways to make the workspace's repository use the objects and names of another one, with `$commit`, `$mirror`
    /// and `$repository` of that one.
    private static let borrowings: KeyValuePairs<String, String> = [
        "alternates": """
        printf '%s\\n' "$mirror/objects" "$repository/.git/objects" >> .git/objects/info/alternates
        mkdir -p .git/refs/heads; echo "$commit" > .git/refs/heads/borrowed; echo "$commit" > .git/HEAD
        """,
        "alternates-and-names": """
        echo "$repository/.git/objects" >> .git/objects/info/alternates
        rm -rf .git/refs/heads; ln -s "$repository/.git/refs/heads" .git/refs/heads; echo 'ref: refs/heads/main' > .git/HEAD
        """,
        "objects": """
        rm -rf .git/objects; ln -s "$repository/.git/objects" .git/objects; echo "$commit" > .git/HEAD
        """,
        "common-folder": """
        echo "$repository/.git" > .git/commondir; echo "$commit" > .git/HEAD
        """,
        "repository-link": """
        mv .git moved; ln -s "$repository/.git" .git
        """,
        "repository-file": """
        mv .git moved; echo "gitdir: $mirror" > .git
        """,
    ]
}

// MARK: - Acts

/// Where an act succeeded and where it failed.
private struct Outcome {
    var succeeded: Set<String> = []
    var failed: Set<String> = []
}

/// Does something to each of the paths, as `$f`, in a session of the project `project`.
private func acting(_ sam: SamFixture, _ act: String, on paths: [String], after preparation: String = ":") async throws -> Outcome {
    let finished = try await sam.run(
        project: "project", agent: "shell",
        """
        \(preparation)
        for f in \(paths.joined(separator: " ")); do
            if ( \(act) ) >/dev/null 2>&1; then echo "yes $f"; else echo "no $f"; fi
        done
        """)
    #expect(lines(of: finished).last == "exit 0", "\(finished.said)")
    var outcome = Outcome()
    for line in lines(of: finished) {
        if line.hasPrefix("yes ") { outcome.succeeded.insert(String(line.dropFirst(4))) }
        if line.hasPrefix("no ") { outcome.failed.insert(String(line.dropFirst(3))) }
    }
    return outcome
}

/// Prints the mirror's objects folder, as the host names it.
private let alternates = "cat .git/objects/info/alternates"

/// Plants programs wherever git looks for them, and has git run them. Each leaves its name in a folder of the host,
/// where it can, and in the workspace, where it can.
private func planting(_ canaries: String) -> String {
    #"""
    trap_named() { echo "touch \#(canaries)/$1 /workspace/ran-$1 2>/dev/null"; }
    mkdir -p .git/hooks planted
    for hook in post-checkout pre-commit post-commit post-index-change reference-transaction; do
        printf '#!/bin/sh\n%s\ntrue\n' "$(trap_named $hook)" > .git/hooks/$hook
        printf '#!/bin/sh\n%s\ntrue\n' "$(trap_named path-$hook)" > planted/$hook
        chmod +x .git/hooks/$hook planted/$hook
    done
    git config core.fsmonitor "$(trap_named fsmonitor); false"
    git config filter.x.clean "$(trap_named clean); cat"
    git config filter.x.smudge "$(trap_named smudge); cat"
    git config uploadpack.packObjectsHook "f() { $(trap_named local-pack); \"\$@\"; }; f"
    git config --global uploadpack.packObjectsHook "f() { $(trap_named pack); \"\$@\"; }; f"
    echo '*.x filter=x' > .gitattributes
    echo one > one.x
    git add -A && git commit -qm Planted || exit
    rm one.x && git checkout -q -- one.x && git checkout -q -b other || exit
    git status --short >/dev/null
    git clone -q --no-local . "$HOME/clone" || exit
    git config core.hooksPath planted
    git checkout -q -b another || exit
    echo two > two.x
    echo three >> one.x
    echo planted
    """#
}

/// Whether a repository has an object.
private func holds(_ repository: String, _ object: String) async throws -> Bool {
    let program = try #require(Program.find("git"))
    return try await Command(program, ["cat-file", "-e", object], environment: path, workingDirectory: repository).run().termination
        == .exited(0)
}

// MARK: - The host

private let path = ["PATH": "/usr/local/bin:/usr/bin:/bin", "GIT_CONFIG_NOSYSTEM": "1"]

private let identity = [
    "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@b.c", "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@b.c",
]

/// A name that is nowhere else.
private func newMarker() -> String { "sam-test-\(String(UInt64.random(in: 0 ... .max), radix: 36))" }

/// The lines of what an agent said.
private func lines(of finished: FinishedSession) -> [String] {
    finished.said.split(separator: "\n").map(String.init)
}

/// A file's text or the beginning of it, or nothing if it can't be read.
private func text(of file: String, bytes: Int = 1 << 20) -> String? {
    guard let handle = FileHandle(forReadingAtPath: file) else { return nil }
    defer { try? handle.close() }
    guard let data = try? handle.read(upToCount: bytes) else { return nil }
    return String(decoding: data, as: UTF8.self)
}

/// The host's processes with this last argument.
private func processes(endingWith argument: String) -> [Int32] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { Int32($0) }.filter { pid in
        text(of: "/proc/\(pid)/cmdline")?.split(separator: "\0").last.map(String.init) == argument
    }
}

/// The host's first address beside its loopback, if it has one.
private func hostAddresses() async throws -> [String] {
    guard let program = Program.find("hostname") else { return [] }
    let output = try await Command(program, ["-I"], environment: path, workingDirectory: "/").run()
    return output.text.split(whereSeparator: \.isWhitespace).filter { $0.contains(".") }.prefix(1).map(String.init)
}

/// Whether SAM can limit what a sandbox takes on this machine.
private func limitsAreEnforced() async throws -> Bool {
    struct Report: Decodable {
        struct Finding: Decodable {
            var name: String
            var severity: String
        }
        var findings: [Finding]
    }
    return try await SamFixture.with { sam in
        let output = try await sam.sam("doctor", "--json")
        let report = try JSONDecoder().decode(Report.self, from: Data(output.text.utf8))
        return report.findings.contains { $0.name == "limits" && $0.severity == "ok" }
    }
}

/// A server on all of the host's addresses that does no more than take connections.
private struct Listener {
    let descriptor: Int32
    let port: UInt16

    init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        try #require(descriptor >= 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 16) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        try #require(bound)
        self.descriptor = descriptor
        port = UInt16(bigEndian: address.sin_port)
    }

    /// How many connections were made since the last time.
    func connections() -> Int {
        var count = 0
        while true {
            let connection = accept(descriptor, nil, nil)
            guard connection >= 0 else { return count }
            _ = Glibc.close(connection)
            count += 1
        }
    }

    func close() { _ = Glibc.close(descriptor) }
}
