import Foundation
import Glibc
import Processes
import Testing

@testable import SystemSupport

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
            def family(number, kind=socket.SOCK_STREAM):
                try:
                    socket.socket(number, kind).close()
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
            # A child that is traced, and whose harmless call its tracer makes into keyctl.
            def traced(number):
                pid = os.fork()
                if pid == 0:
                    libc.ptrace(0, 0, 0, 0)
                    os.kill(os.getpid(), 19)
                    os._exit(call(number, 0, -3, 1))
                os.waitpid(pid, 0)
                registers = (ctypes.c_ulong * 27)()
                while True:
                    if libc.ptrace(24, pid, 0, 0) < 0: return -1
                    _, status = os.waitpid(pid, 0)
                    if os.WIFEXITED(status): return os.WEXITSTATUS(status)
                    libc.ptrace(12, pid, 0, ctypes.byref(registers))
                    if registers[15] == 110:
                        registers[15] = 250
                        libc.ptrace(13, pid, 0, ctypes.byref(registers))
            libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
            params = ctypes.create_string_buffer(256)
            nothing = ctypes.create_string_buffer(8)
            print("ptrace", child(101, 0, 0, 0, 0))
            print("traced", traced(110))
            print("keyctl", call(250, 0, -3, 1))
            print("add_key", call(248, ctypes.addressof(nothing), ctypes.addressof(nothing), 0, 0, -3))
            print("mount", child(165, 0, 0, 0, 0, 0))
            print("setns", child(308, -1, 0))
            print("bpf", call(321, 99, 0, 0))
            print("chroot", child(161, ctypes.addressof(nothing)))
            print("io_uring_setup", call(425, 1, ctypes.addressof(params)))
            print("fsopen", call(430, 0, 0))
            print("userfaultfd", call(323, -1))
            print("get_mempolicy", call(239, 0, 0, 0, 0, 0))
            print("modify_ldt", call(154, 99, 0, 0))
            print("perf_event_open", call(298, ctypes.addressof(params), 0, -1, -1, 0))
            print("personality", child(135, 0x40000))
            print("unshare", child(272, 0x10000000))
            print("clone3", child(435, 0, 0))
            print("x32", call(0x40000000 | 39))
            print("unheard-of", call(999))
            print("getpid", call(39))
            print("typing", typing())
            print("packet", family(17))
            print("alg", family(38))
            print("vsock", family(40))
            print("unix", family(1))
            print("inet", family(2))
            print("inet6", family(10))
            print("netlink", family(16, socket.SOCK_RAW))
            print("size", size())
            import threading
            threading.Thread(target=lambda: print("thread 0")).start()
            """

        @Test(
            "What could be used against the kernel is refused inside and not outside, and what programs need works in both",
            .timeLimit(.minutes(5)))
        func calls() async throws {
            try await SamFixture.with { sam in
                try await sam.project(files: ["README.md": "# A project\n", "calls.py": Self.script])
                try sam.write(Self.script, to: "calls.py")
                let run = try await sam.run(project: "project", agent: "shell", "/usr/bin/python3 calls.py")
                let inside = Self.answers(run.said)
                let outside = Self.answers(
                    try await Command("/usr/bin/python3", ["\(sam.scratch)/calls.py"], environment: [:]).run().text)
                let known = ["keyctl", "add_key", "mount", "setns", "bpf", "chroot", "perf_event_open", "personality", "unshare", "typing"]
                for call in known { #expect(inside[call] == EPERM, "\(call): \(inside)") }
                let unknown = [
                    "io_uring_setup", "fsopen", "userfaultfd", "get_mempolicy", "modify_ldt", "clone3", "x32", "unheard-of",
                ]
                for call in unknown { #expect(inside[call] == ENOSYS, "\(call): \(inside)") }
                for call in ["packet", "alg", "vsock"] { #expect(inside[call] == EAFNOSUPPORT, "\(call): \(inside)") }
                for call in ["unix", "inet", "netlink", "size", "thread", "getpid", "ptrace"] {
                    #expect(inside[call] == 0 && outside[call] == 0, "\(call): \(inside) \(outside)")
                }
                #expect(inside["inet6"] == outside["inet6"])
                // A tracer changes a call after the filter has seen it, and the filter sees it again.
                #expect(inside["traced"] == EPERM && outside["traced"] == 0, "\(inside) \(outside)")
                // The same calls outside: not all of them are everybody's there, but each is refused for another reason if at all.
                for call in ["keyctl", "personality"] { #expect(outside[call] == 0, "\(call): \(outside)") }
                for call in ["io_uring_setup", "modify_ldt", "clone3", "get_mempolicy"] {
                    #expect(outside[call] != ENOSYS, "\(call): \(outside)")
                }
                #expect(outside["unheard-of"] == ENOSYS && outside["packet"] != EAFNOSUPPORT, "\(outside)")
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
