import Foundation
import Glibc
import Processes
import Testing

#if arch(x86_64)
    /// What the kernel refuses a program in a sandbox, beside the same call of the same program outside of it.
    @Suite("System calls in the sandbox")
    struct SystemCallTests {
        /// Makes calls, by their numbers on this architecture, and says what came of each: a number of `errno`, 0 for none.
        private static let script = """
            import ctypes, errno, fcntl, os, pty, socket, struct, termios
            libc = ctypes.CDLL(None, use_errno=True)
            def call(*arguments):
                ctypes.set_errno(0)
                return ctypes.get_errno() if libc.syscall(*[ctypes.c_long(a) for a in arguments]) < 0 else 0
            def family(number):
                try:
                    socket.socket(number, socket.SOCK_STREAM).close()
                    return 0
                except OSError as error:
                    return error.errno
            def typing():
                master, slave = pty.openpty()
                try:
                    fcntl.ioctl(slave, termios.TIOCSTI, b"x")
                    return 0
                except OSError as error:
                    return error.errno
            def size():
                master, slave = pty.openpty()
                return 0 if fcntl.ioctl(slave, termios.TIOCGWINSZ, b"\\0" * 8) else 1
            def child(*arguments):
                pid = os.fork()
                if pid == 0: os._exit(call(*arguments))
                return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            params = ctypes.create_string_buffer(256)
            print("ptrace", child(101, 0, 0, 0, 0))
            print("keyctl", call(250, 0, -3, 1))
            print("io_uring_setup", call(425, 1, ctypes.addressof(params)))
            print("perf_event_open", call(298, ctypes.addressof(params), 0, -1, -1, 0))
            print("personality", child(135, 0x40000))
            print("unshare", child(272, 0x10000000))
            print("packet", family(17))
            print("unix", family(1))
            print("inet", family(2))
            print("inet6", family(10))
            print("size", size())
            import threading
            threading.Thread(target=lambda: print("thread 0")).start()
            """

        @Test("What could be used against the kernel is refused inside and not outside, and what programs need works in both")
        func calls() async throws {
            try await SamFixture.with { sam in
                try await sam.project(files: ["README.md": "# A project\n", "calls.py": Self.script])
                try sam.write(Self.script, to: "calls.py")
                let run = try await sam.run(project: "project", agent: "shell", "/usr/bin/python3 calls.py")
                let inside = Self.answers(run.said)
                let outside = Self.answers(
                    try await Command("/usr/bin/python3", ["\(sam.scratch)/calls.py"], environment: [:]).run().text)
                for call in ["ptrace", "keyctl", "perf_event_open", "personality", "unshare"] {
                    #expect(inside[call] == EPERM, "\(call): \(inside)")
                }
                #expect(inside["io_uring_setup"] == ENOSYS && inside["packet"] == EAFNOSUPPORT, "\(inside)")
                for call in ["unix", "inet", "size", "thread"] {
                    #expect(inside[call] == 0 && outside[call] == 0, "\(call): \(inside) \(outside)")
                }
                #expect(inside["inet6"] == outside["inet6"])
                // The same calls outside: not all of them are everybody's there, but each is refused for another reason if at all.
                for call in ["ptrace", "keyctl", "personality"] { #expect(outside[call] == 0, "\(call): \(outside)") }
                #expect(outside["io_uring_setup"] != ENOSYS && outside["packet"] != EAFNOSUPPORT, "\(outside)")
            }
        }

        private static func answers(_ text: String) -> [String: CInt] {
            let pairs = text.split(separator: "\n").compactMap { line -> (String, CInt)? in
                let words = line.split(separator: " ")
                guard words.count == 2, let number = CInt(words[1]) else { return nil }
                return (String(words[0]), number)
            }
            return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
        }
    }
#endif
