import Glibc
import Testing

@testable import Sandbox

@Suite("The filter of system calls, run as the kernel would")
struct SystemCallFilterTests {
    private static let allowed: UInt32 = 0x7fff_0000
    private static func refused(_ error: CInt) -> UInt32 { 0x0005_0000 | UInt32(error) }

    #if arch(x86_64)
        /// `AUDIT_ARCH_X86_64`
        private static let architecture: UInt32 = 0xc000_003e
        private static let i386: UInt32 = 0x4000_0003

        // Numbers are those of `asm/unistd_64.h`, written down here once more: what the list says by name is checked by number.
        @Test(
            "Each call gets its answer",
            arguments: [
                // read, execve, futex, a thread, and a process by fork
                (0, [0], allowed), (59, [0], allowed), (202, [0], allowed), (56, [0x3d0f00], allowed), (56, [0x1200011], allowed),
                // a user namespace of one's own, by each way; then each other one by clone
                (56, [0x1000_0011], refused(EPERM)), (272, [0x1000_0000], refused(EPERM)), (435, [0], refused(ENOSYS)),
                (56, [0x0002_0011], refused(EPERM)), (56, [0x0200_0011], refused(EPERM)), (56, [0x0400_0011], refused(EPERM)),
                (56, [0x0800_0011], refused(EPERM)), (56, [0x2000_0011], refused(EPERM)), (56, [0x4000_0011], refused(EPERM)),
                (56, [0x7e02_0011], refused(EPERM)),
                // sockets: UNIX, INET, INET6, NETLINK; ALG, PACKET, VSOCK, BLUETOOTH, XDP, none, and one that is not there yet
                (41, [1], allowed), (41, [2], allowed), (41, [10], allowed), (41, [16], allowed),
                (41, [38], refused(EAFNOSUPPORT)), (41, [17], refused(EAFNOSUPPORT)), (41, [40], refused(EAFNOSUPPORT)),
                (41, [31], refused(EAFNOSUPPORT)), (41, [44], refused(EAFNOSUPPORT)), (41, [0], refused(EAFNOSUPPORT)),
                (41, [99], refused(EAFNOSUPPORT)), (41, [0xffff_ffff], refused(EAFNOSUPPORT)), (53, [1], allowed),
                (53, [30], refused(EAFNOSUPPORT)),
                // the kernel looks at the lower half, and so does the filter
                (41, [0x1_0000_0001], allowed), (41, [0x1_0000_0026], refused(EAFNOSUPPORT)),
                (41, [0xffff_ffff_0000_0026], refused(EAFNOSUPPORT)),
                // asking a terminal for its size, and typing into it, also behind bits that nobody looks at
                (16, [0, 0x5413], allowed), (16, [0, 0x5401], allowed), (16, [0, 0x541b], allowed), (16, [0, 0], allowed),
                (16, [0, 0xffff_ffff], allowed), (16, [0, 0x1_0000_5413], allowed),
                (16, [0, 0x5412], refused(EPERM)), (16, [0, 0x541c], refused(EPERM)), (16, [0, 0x1_0000_5412], refused(EPERM)),
                (16, [0, 0x8000_0000_0000_541c], refused(EPERM)), (16, [0xffff_ffff_ffff_ffff, 0xffff_ffff_0000_5412], refused(EPERM)),
                // ptrace and process_vm_readv, for debuggers; process_madvise, pidfd_getfd
                (101, [0], allowed), (310, [0], allowed), (440, [0], refused(EPERM)), (438, [0], refused(EPERM)),
                // keyctl, mount, umount2, setns, perf_event_open, bpf, chroot, reboot
                (250, [0], refused(EPERM)), (165, [0], refused(EPERM)), (166, [0], refused(EPERM)), (308, [0], refused(EPERM)),
                (298, [0], refused(EPERM)), (321, [0], refused(EPERM)), (161, [0], refused(EPERM)), (169, [0], refused(EPERM)),
                // io_uring, the new mount interface, quotactl_fd, modify_ldt, userfaultfd, NUMA, uselib, nfsservctl
                (425, [8], refused(ENOSYS)), (426, [0], refused(ENOSYS)), (427, [0], refused(ENOSYS)), (428, [0], refused(ENOSYS)),
                (429, [0], refused(ENOSYS)), (430, [0], refused(ENOSYS)), (442, [0], refused(ENOSYS)), (443, [0], refused(ENOSYS)),
                (154, [0], refused(ENOSYS)), (323, [0], refused(ENOSYS)), (237, [0], refused(ENOSYS)), (239, [0], refused(ENOSYS)),
                (134, [0], refused(ENOSYS)), (180, [0], refused(ENOSYS)),
                // newer than the library: cachestat, fchmodat2, mseal; and what is newer than both
                (451, [0], allowed), (452, [0], allowed), (462, [0], allowed), (457, [0], refused(ENOSYS)), (500, [0], refused(ENOSYS)),
                // numbers that are none
                (336, [0], refused(ENOSYS)), (423, [0], refused(ENOSYS)), (0x3fff_ffff, [0], refused(ENOSYS)),
                (0xffff_ffff, [0], refused(ENOSYS)),
                // a personality: the usual one, the question, 32 bits; without random addresses, and with memory that can be read is run
                (135, [0], allowed), (135, [0xffff_ffff], allowed), (135, [0xffff_ffff_ffff_ffff], allowed), (135, [8], allowed),
                (135, [0x40000], refused(EPERM)), (135, [0x40_0000], refused(EPERM)), (135, [0x4_0008], refused(EPERM)),
                (135, [0x1_0004_0000], refused(EPERM)),
                // x32's numbers
                (0x4000_0000, [0], refused(ENOSYS)), (0x4000_0029, [38], refused(ENOSYS)), (0x4000_0029, [1], refused(ENOSYS)),
                (0x4000_003b, [0], refused(ENOSYS)),
            ] as [(UInt32, [UInt64], UInt32)])
        func calls(number: UInt32, arguments: [UInt64], answer: UInt32) throws {
            #expect(try Program().run(number, Self.architecture, arguments) == answer)
        }

        @Test("Another architecture's calls are none, whatever their numbers")
        func otherArchitecture() throws {
            let program = try Program()
            for architecture in [Self.i386, 0xc000_00b7, 0x4000_003e, 0] {
                for number in 0...600 as ClosedRange<UInt32> {
                    #expect(program.run(number, architecture, [2]) == Self.refused(ENOSYS), "\(number) of \(architecture)")
                }
            }
        }

        @Test("Every number that is not on the list is refused, and x32 has none of those that are")
        func everyNumber() throws {
            let program = try Program()
            var count = 0
            for number in 0...2_000 as ClosedRange<UInt32> {
                let answer = program.run(number, Self.architecture, [1, 0x5413])
                if answer == Self.allowed { count += 1 }
                #expect(
                    [Self.allowed, Self.refused(EPERM), Self.refused(ENOSYS), Self.refused(EAFNOSUPPORT)].contains(answer), "\(number)")
                if number > 466 { #expect(answer == Self.refused(ENOSYS), "\(number)") }
                #expect(program.run(number | 0x4000_0000, Self.architecture, [1, 0x5413]) == Self.refused(ENOSYS), "\(number)")
            }
            // By name and by number, and clone, ioctl, socket and socketpair for these arguments.
            #expect(count == SystemCalls.allowed.count + SystemCalls.allowedByNumber.count + 4, "A name was not known")
        }
    #endif

    @Test("Whatever else is asked of a terminal or a device is let through, and the two requests that type are not")
    func requests() throws {
        let program = try Program()
        let call = try #require(Program.ioctl)
        var generator = SystemRandomNumberGenerator()
        for index in 0..<20_000 {
            let request = index < 0x6000 ? UInt32(index) : UInt32.random(in: 0...UInt32.max, using: &generator)
            let upper = UInt64(index % 3) << 32
            let isTyping = request == 0x5412 || request == 0x541c
            let answer = program.run(call, Program.architecture, [3, upper | UInt64(request)])
            #expect(answer == (isTyping ? Self.refused(EPERM) : Self.allowed), "\(request)")
        }
    }

    @Test("No call stands on both lists, or on one twice")
    func lists() {
        let names = SystemCalls.allowed + SystemCalls.forbidden + Set(ArgumentRule.all.map(\.call))
        #expect(Set(names).count == names.count)
    }

    @Test("No two rules on an argument that answer differently fit the same call")
    func rules() {
        for one in ArgumentRule.all {
            for other in ArgumentRule.all where other.call == one.call && other.answer != one.answer {
                let both = one.mask & other.mask
                #expect(one.value & both != other.value & both, "\(one) \(other)")
            }
        }
    }

    /// The filter, read back.
    private struct Program {
        private let bytes: [UInt8]

        #if arch(x86_64)
            static let architecture: UInt32 = 0xc000_003e
            static let ioctl: UInt32? = 16
        #else
            static let architecture: UInt32 = 0xc000_00b7
            static let ioctl: UInt32? = 29
        #endif

        init() throws {
            bytes = try SystemCallFilter.bytes()
            try #require(bytes.count % 8 == 0 && bytes.count / 8 < 4_096)
        }

        /// Runs it on one call.
        func run(_ number: UInt32, _ architecture: UInt32, _ arguments: [UInt64]) -> UInt32 {
            var data: [UInt32] = [number, architecture, 0, 0]
            for index in 0..<6 {
                let argument = index < arguments.count ? arguments[index] : 0
                data += [UInt32(truncatingIfNeeded: argument), UInt32(truncatingIfNeeded: argument >> 32)]
            }
            var accumulator: UInt32 = 0
            var position = 0
            for _ in 0..<4_096 {
                let code = UInt16(bytes[position * 8]) | UInt16(bytes[position * 8 + 1]) << 8
                let (then, otherwise) = (Int(bytes[position * 8 + 2]), Int(bytes[position * 8 + 3]))
                let value = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[position * 8 + 4 + $1]) << (8 * UInt32($1)) }
                position += 1
                switch code {
                case 0x20: accumulator = data[Int(value) / 4]
                case 0x54: accumulator &= value
                case 0x05: position += Int(value)
                case 0x15: position += accumulator == value ? then : otherwise
                case 0x25: position += accumulator > value ? then : otherwise
                case 0x35: position += accumulator >= value ? then : otherwise
                case 0x45: position += accumulator & value != 0 ? then : otherwise
                case 0x06: return value
                default: Issue.record("Instruction \(position - 1) is none: \(code)")
                }
            }
            Issue.record("It never ends")
            return 0
        }
    }
}
