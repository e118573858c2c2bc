import Glibc
import Testing

@testable import Workspaces

@Suite("The filter of system calls, run as the kernel would")
struct SystemCallFilterTests {
    private static let allowed: UInt32 = 0x7fff_0000
    private static func refused(_ error: CInt) -> UInt32 { 0x0005_0000 | UInt32(error) }

    #if arch(x86_64)
        @Test(
            "Each call gets its answer",
            arguments: [
                // read, execve, futex, a thread, and a process by fork
                (0, [0], allowed), (59, [0], allowed), (202, [0], allowed), (56, [0x3d0f00], allowed), (56, [0x1200011], allowed),
                // a user namespace of one's own, by each way
                (56, [0x1000_0011], refused(EPERM)), (272, [0x1000_0000], refused(EPERM)), (435, [0], refused(ENOSYS)),
                // sockets: UNIX, INET, INET6, NETLINK; ALG, PACKET, VSOCK, BLUETOOTH
                (41, [1], allowed), (41, [2], allowed), (41, [10], allowed), (41, [16], allowed),
                (41, [38], refused(EAFNOSUPPORT)), (41, [17], refused(EAFNOSUPPORT)), (41, [40], refused(EAFNOSUPPORT)),
                (41, [31], refused(EAFNOSUPPORT)),
                (53, [1], allowed), (53, [30], refused(EAFNOSUPPORT)), (154, [0], refused(EPERM)), (443, [0], refused(ENOSYS)),
                // asking a terminal for its size, and typing into it
                (16, [0, 0x5413], allowed), (16, [0, 0x5412], refused(EPERM)), (16, [0, 0x541c], refused(EPERM)),
                // ptrace, keyctl, mount, perf_event_open, io_uring_setup, fsopen
                (101, [0], refused(EPERM)), (250, [0], refused(EPERM)), (165, [0], refused(EPERM)), (298, [0], refused(EPERM)),
                (425, [8], refused(ENOSYS)), (430, [0], refused(ENOSYS)),
                // a personality: the usual one, the question, another one
                (135, [0], allowed), (135, [0xffff_ffff], allowed), (135, [0x40000], refused(EPERM)),
                // x32's numbers
                (0x4000_0000, [0], refused(ENOSYS)), (0x4000_0029, [38], refused(ENOSYS)),
            ] as [(UInt32, [UInt64], UInt32)])
        func calls(number: UInt32, arguments: [UInt64], answer: UInt32) throws {
            #expect(try run(number, 0xc000_003e, arguments) == answer)
        }

        @Test("Another architecture's calls are none, whatever their numbers")
        func otherArchitecture() throws {
            for number in [0, 41, 59, 102] as [UInt32] { #expect(try run(number, 0x4000_0003, [2]) == Self.refused(ENOSYS)) }
        }
    #endif

    /// Runs the filter on one call.
    private func run(_ number: UInt32, _ architecture: UInt32, _ arguments: [UInt64]) throws -> UInt32 {
        var data: [UInt32] = [number, architecture, 0, 0]
        for index in 0..<6 {
            let argument = index < arguments.count ? arguments[index] : 0
            data += [UInt32(truncatingIfNeeded: argument), UInt32(truncatingIfNeeded: argument >> 32)]
        }
        let bytes = SystemCallFilter.bytes
        try #require(bytes.count % 8 == 0 && bytes.count / 8 < 4_096)
        var accumulator: UInt32 = 0
        var position = 0
        for _ in 0..<4_096 {
            let code = UInt16(bytes[position * 8]) | UInt16(bytes[position * 8 + 1]) << 8
            let (then, otherwise) = (Int(bytes[position * 8 + 2]), Int(bytes[position * 8 + 3]))
            let value = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[position * 8 + 4 + $1]) << (8 * UInt32($1)) }
            position += 1
            switch code {
            case 0x20: accumulator = data[Int(value) / 4]
            case 0x15: position += accumulator == value ? then : otherwise
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
