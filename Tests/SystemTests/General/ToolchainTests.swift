import AgentProtocol
import Foundation
import Processes
import Testing

@testable import SystemSupport

/// Compilers, runtimes and a browser under the filter of system calls: those that this machine has.
@Suite("Tools in the sandbox", .timeLimit(.minutes(10)))
struct ToolchainTests {
    /// A tool, and a script that ends well when it works.
    private struct Tool {
        var name: String
        /// Programs that have to be there, outside of any home.
        var programs: [String]
        var script: String
    }

    private static let c = #"""
        #define _GNU_SOURCE
        #include <netinet/in.h>
        #include <pthread.h>
        #include <spawn.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/epoll.h>
        #include <sys/eventfd.h>
        #include <sys/inotify.h>
        #include <sys/mman.h>
        #include <sys/random.h>
        #include <sys/sem.h>
        #include <sys/shm.h>
        #include <sys/signalfd.h>
        #include <sys/socket.h>
        #include <sys/stat.h>
        #include <sys/timerfd.h>
        #include <sys/wait.h>
        #include <signal.h>
        #include <unistd.h>
        #include <fcntl.h>
        extern char **environ;
        static int bad;
        #define CHECK(what) do { if (!(what)) { bad = 1; perror(#what); } } while (0)
        static void *thread(void *argument) { return argument; }
        int main(void) {
            pthread_t id; void *back = 0; char bytes[256]; unsigned long long count;
            CHECK(!pthread_create(&id, 0, thread, &id) && !pthread_join(id, &back) && back == &id);
            CHECK(inotify_add_watch(inotify_init1(IN_CLOEXEC), "/tmp", IN_CREATE) >= 0);
            int poll = epoll_create1(0), event = eventfd(1, 0); struct epoll_event interest = {.events = EPOLLIN};
            CHECK(!epoll_ctl(poll, EPOLL_CTL_ADD, event, &interest) && epoll_wait(poll, &interest, 1, 1000) == 1);
            int timer = timerfd_create(CLOCK_MONOTONIC, 0); struct itimerspec soon = {.it_value = {0, 1000}};
            CHECK(!timerfd_settime(timer, 0, &soon, 0) && read(timer, &count, 8) == 8);
            sigset_t signals; sigemptyset(&signals); sigaddset(&signals, SIGUSR1); sigprocmask(SIG_BLOCK, &signals, 0);
            int signal = signalfd(-1, &signals, 0); raise(SIGUSR1); CHECK(read(signal, bytes, 256) == 128);
            int memory = memfd_create("m", MFD_ALLOW_SEALING);
            CHECK(!ftruncate(memory, 4096) && !fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK));
            CHECK(mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
            struct sockaddr_in place = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}}; socklen_t size = sizeof place;
            int door = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
            CHECK(!bind(door, (void *)&place, size) && !listen(door, 1) && !getsockname(door, (void *)&place, &size));
            CHECK(!connect(client, (void *)&place, size)); int server = accept4(door, 0, 0, SOCK_CLOEXEC);
            CHECK(send(client, "hi", 2, 0) == 2 && recv(server, bytes, 2, 0) == 2);
            pid_t child; char *arguments[] = {"true", 0};
            CHECK(!posix_spawnp(&child, "true", 0, 0, arguments, environ) && waitpid(child, 0, 0) == child && system("exit 3") == 3 << 8);
            int shared = shmget(IPC_PRIVATE, 4096, 0600); CHECK(shmat(shared, 0, 0) != (void *)-1 && !shmctl(shared, IPC_RMID, 0));
            CHECK(semget(IPC_PRIVATE, 1, 0600) >= 0 && getrandom(bytes, 16, 0) == 16);
            int file = open("/tmp/file", O_RDWR | O_CREAT, 0600);
            CHECK(write(file, "abc", 3) == 3 && !fsync(file) && !posix_fallocate(file, 0, 100) && !fchmodat(AT_FDCWD, "/tmp/file", 0644, 0));
            return bad;
        }
        """#

    private static let tools = [
        Tool(name: "gcc", programs: ["gcc"], script: "gcc -w -pthread -o /tmp/c probe.c && /tmp/c"),
        Tool(
            name: "sanitizers", programs: ["g++"],
            script: """
                printf 'int main(){char*p=new char[3];p=0;return p!=0;}' > /tmp/l.cc
                g++ -fsanitize=address -o /tmp/l /tmp/l.cc && /tmp/l 2>&1 | grep -q '3 byte(s) leaked'
                """),
        Tool(name: "clang", programs: ["clang"], script: "/usr/bin/clang -w -pthread -o /tmp/clang-c probe.c && /tmp/clang-c"),
        Tool(
            name: "gdb", programs: ["gcc", "gdb"],
            script:
                "printf 'int main(){return 5;}' > /tmp/d.c && gcc -g -o /tmp/d /tmp/d.c && gdb -batch -ex run /tmp/d 2>&1 | grep -q 'code 05'"
        ),
        Tool(name: "strace", programs: ["strace"], script: "strace -f -o /tmp/trace sh -c true && grep -q execve /tmp/trace"),
        Tool(
            name: "python", programs: ["python3"],
            script: """
                cat > /tmp/p.py <<'END'
                import asyncio, concurrent.futures, multiprocessing, sqlite3, subprocess
                def square(x): return x * x
                async def talk():
                    async def echo(reader, writer):
                        writer.write(await reader.read(2)); await writer.drain(); writer.close()
                    server = await asyncio.start_server(echo, "127.0.0.1", 0)
                    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
                    writer.write(b"hi"); writer.write_eof()
                    assert await reader.read() == b"hi"
                    child = await asyncio.create_subprocess_exec("echo", "sub", stdout=-1)
                    assert (await child.communicate())[0] == b"sub\\n"
                if __name__ == "__main__":
                    with concurrent.futures.ProcessPoolExecutor(2) as pool: assert list(pool.map(square, range(3))) == [0, 1, 4]
                    with multiprocessing.get_context("spawn").Pool(2) as pool: assert pool.map(square, [1, 2]) == [1, 4]
                    asyncio.run(talk())
                    assert sqlite3.connect(":memory:").execute("select 1").fetchone() == (1,)
                END
                /usr/bin/python3 /tmp/p.py
                """),
        Tool(
            name: "node", programs: ["node"],
            script: """
                cat > /tmp/n.js <<'END'
                const {Worker, isMainThread, parentPort} = require('worker_threads'), http = require('http'), fs = require('fs')
                if (!isMainThread) parentPort.postMessage('hi')
                else {
                  fs.watch('/tmp', () => {})
                  const server = http.createServer((_, answer) => answer.end('ok')).listen(0, '127.0.0.1', () =>
                    http.get({port: server.address().port, host: '127.0.0.1'}, answer => answer.resume().on('end', () => {
                      require('child_process').execFileSync('true')
                      new Worker(__filename).on('message', () => process.exit(0))
                    })))
                }
                END
                node /tmp/n.js
                """),
        Tool(
            name: "go", programs: ["go"],
            script: """
                cat > /tmp/g.go <<'END'
                package main
                import ("net"; "os/exec"; "sync")
                func main() {
                  var group sync.WaitGroup
                  for i := 0; i < 50; i++ { group.Add(1); go group.Done() }
                  group.Wait()
                  door, err := net.Listen("tcp", "127.0.0.1:0")
                  if err != nil { panic(err) }
                  go func() { c, _ := door.Accept(); c.Close() }()
                  if _, err := net.Dial("tcp", door.Addr().String()); err != nil { panic(err) }
                  if err := exec.Command("true").Run(); err != nil { panic(err) }
                }
                END
                GOCACHE=/tmp/go-cache GOPATH=/tmp/go GO111MODULE=off GOFLAGS=-p=2 go build -o /tmp/g /tmp/g.go && /tmp/g
                """),
        Tool(
            name: "rust", programs: ["rustc"],
            script: """
                cat > /tmp/r.rs <<'END'
                use std::{net::*, process::Command, thread};
                fn main() {
                    let door = TcpListener::bind("127.0.0.1:0").unwrap();
                    let place = door.local_addr().unwrap();
                    let client = thread::spawn(move || { TcpStream::connect(place).unwrap(); });
                    door.accept().unwrap();
                    client.join().unwrap();
                    std::fs::copy("/tmp/r.rs", "/tmp/r2.rs").unwrap();
                    assert!(Command::new("true").status().unwrap().success());
                }
                END
                /usr/bin/rustc -o /tmp/r /tmp/r.rs && /tmp/r
                """),
        Tool(
            name: "java", programs: ["javac", "java"],
            script: """
                cat > /tmp/J.java <<'END'
                import java.net.*; import java.nio.file.*; import java.util.concurrent.*;
                public class J { public static void main(String[] a) throws Exception {
                  var pool = Executors.newFixedThreadPool(4);
                  var door = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                  pool.submit(() -> { try (var c = door.accept()) { c.getOutputStream().write(65); } return 0; });
                  if (new Socket(door.getInetAddress(), door.getLocalPort()).getInputStream().read() != 65) System.exit(1);
                  if (new ProcessBuilder("true").start().waitFor() != 0) System.exit(2);
                  FileSystems.getDefault().newWatchService();
                  System.exit(0);
                } }
                END
                javac -d /tmp /tmp/J.java && java -cp /tmp J && java -XX:+UseZGC -cp /tmp J
                """),
        Tool(
            name: "swift", programs: [],
            script: """
                cat > /tmp/s.swift <<'END'
                import Foundation
                @main struct S { static func main() async throws {
                  let sum = await withTaskGroup(of: Int.self) { group in
                    for i in 0..<100 { group.addTask { i } }
                    return await group.reduce(0, +)
                  }
                  let child = Process()
                  child.executableURL = URL(fileURLWithPath: "/bin/true")
                  try child.run(); child.waitUntilExit()
                  exit(sum == 4950 && child.terminationStatus == 0 ? 0 : 1)
                } }
                END
                swiftc -module-cache-path /tmp/swift-cache -parse-as-library -o /tmp/s /tmp/s.swift && /tmp/s
                """),
        Tool(
            // Without its own sandbox, as in containers: inside there are no further namespaces.
            name: "chromium", programs: ["/usr/lib/chromium/chromium"],
            script: """
                /usr/lib/chromium/chromium --headless --no-sandbox --disable-gpu --user-data-dir=/tmp/chromium --dump-dom \
                  'data:text/html,<script>document.title=1+1</script>' 2>/dev/null | grep -q '<title>2'
                """),
    ]

    @Test("What this machine has of compilers, runtimes, debuggers and browsers works; what it lacks is named")
    func tools() async throws {
        try await SamFixture.with { sam in
            let swift = Program.find("swiftc").map { URL(filePath: $0).resolvingSymlinksInPath().deletingLastPathComponent() }
            let toolchain = swift?.deletingLastPathComponent().deletingLastPathComponent().path(percentEncoded: false) ?? "/usr"
            // A home is not there inside, and neither is what is installed in one.
            let isSwiftThere = swift != nil && !toolchain.hasPrefix("/root") && !toolchain.hasPrefix("/home")
            let there = Self.tools.filter { tool in
                tool.name == "swift" ? isSwiftThere : tool.programs.allSatisfy { Program.find($0, in: "/usr/bin") != nil }
            }
            let missing = Self.tools.map(\.name).filter { name in !there.contains { $0.name == name } }
            if !missing.isEmpty { print("Not on this machine, so not tried in the sandbox: \(missing.joined(separator: ", "))") }
            try #require(there.contains { $0.name == "python" })

            var entry = "  - {id: tools, protocol: acp, command: [scripted-agent, shell]}"
            if isSwiftThere, !toolchain.hasPrefix("/usr") { entry.replace("shell]}", with: "shell], needs: [\(toolchain)]}") }
            let catalogue = try String(contentsOfFile: sam.home + "/agents.yaml", encoding: .utf8)
            try sam.write(catalogue + "\n" + entry + "\n", to: "home/agents.yaml")
            var files = ["README.md": "# A project\n", "probe.c": Self.c]
            for tool in there { files["try-\(tool.name)"] = tool.script }
            try await sam.project(files: files)
            let path = isSwiftThere ? "\(swift?.path(percentEncoded: false) ?? ""):" : ""
            let script = there.map { tool in
                "PATH=\(path)/usr/bin:/bin sh ./try-\(tool.name) > /tmp/out 2>&1 && echo '\(tool.name) works' || { echo '\(tool.name) fails:'; tail -n 5 /tmp/out; }"
            }.joined(separator: "\n")
            let said = try await sam.run(project: "project", agent: "tools", script).said
            for tool in there { #expect(said.contains("\(tool.name) works"), "\(said)") }
        }
    }
}
