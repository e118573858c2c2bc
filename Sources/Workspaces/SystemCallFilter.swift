import Glibc

/// What a program in a sandbox may not ask of the kernel, as the kernel reads it: a program of classic BPF
/// (https://www.kernel.org/doc/html/latest/userspace-api/seccomp_filter.html).
///
/// The list is Flatpak's (`common/flatpak-run.c`), with io_uring, which goes round such filters, and without sockets of other
/// families than UNIX, INET, INET6 and NETLINK. Namespaces keep a program from much of this as well; the filter keeps it from the
/// kernel's code for it, which has had its faults.
enum SystemCallFilter {
    /// What a refused call returns: that it is not permitted, or that there is no such call, so that a C library tries another one.
    private static let refused: [(error: CInt, calls: [UInt32])] = [
        (EPERM, Calls.forbidden), (ENOSYS, Calls.unknown),
    ]

    /// The filter, ready to be handed to bubblewrap.
    static var bytes: [UInt8] { program.flatMap(\.bytes) }

    private static var program: [Instruction] {
        // Another architecture's calls have other numbers, on which nothing below would be right.
        var program: [Instruction] = [
            .load(Field.architecture), .jump(equal: Calls.architecture, then: 1, otherwise: 0), .refuse(ENOSYS), .load(Field.number),
        ]
        if let other = Calls.otherABI { program += [.jump(atLeast: other, then: 0, otherwise: 1), .refuse(ENOSYS)] }
        for (error, calls) in refused {
            for call in calls { program += [.jump(equal: call, then: 0, otherwise: 1), .refuse(error)] }
        }
        program += when(
            Calls.clone, [.load(Field.argument(0)), .jump(anyOf: Flags.newUserNamespace, then: 0, otherwise: 1), .refuse(EPERM)])
        program += when(
            Calls.ioctl,
            [.load(Field.argument(1))]
                + Flags.terminalInput.flatMap { [.jump(equal: $0, then: 0, otherwise: 1), .refuse(EPERM)] })
        program += when(
            Calls.personality,
            [.load(Field.argument(0))] + Flags.personalities.flatMap { [.jump(equal: $0, then: 0, otherwise: 1), .allow] } + [
                .refuse(EPERM)
            ])
        for call in [Calls.socket, Calls.socketpair] {
            program += when(
                call,
                [.load(Field.argument(0))] + Flags.families.flatMap { [.jump(equal: $0, then: 0, otherwise: 1), .allow] }
                    + [.refuse(EAFNOSUPPORT)])
        }
        return program + [.allow]
    }

    /// Looks closer at one call. What is not refused there is allowed.
    private static func when(_ call: UInt32, _ look: [Instruction]) -> [Instruction] {
        [.jump(equal: call, then: 0, otherwise: UInt8(look.count + 1))] + look + [.allow]
    }

    /// Where things stand in `struct seccomp_data`. Of an argument the lower half is looked at, which is all that these calls do.
    private enum Field {
        static let number: UInt32 = 0
        static let architecture: UInt32 = 4
        static func argument(_ index: UInt32) -> UInt32 { 16 + 8 * index }
    }

    private enum Flags {
        /// `CLONE_NEWUSER`
        static let newUserNamespace: UInt32 = 0x1000_0000
        /// `TIOCSTI` and `TIOCLINUX`: typing for whoever sits at the terminal.
        static let terminalInput: [UInt32] = [0x5412, 0x541c]
        /// The usual one, and the question which it is.
        static let personalities: [UInt32] = [0, 0xffff_ffff]
        /// UNIX, INET, INET6 and NETLINK
        static let families: [UInt32] = [1, 2, 10, 16]
    }

    /// One instruction: `struct sock_filter`.
    private struct Instruction {
        var code: UInt16
        var then: UInt8 = 0
        var otherwise: UInt8 = 0
        var value: UInt32

        static func load(_ offset: UInt32) -> Self { Self(code: 0x20, value: offset) }
        static func jump(equal value: UInt32, then: UInt8, otherwise: UInt8) -> Self {
            Self(code: 0x15, then: then, otherwise: otherwise, value: value)
        }
        static func jump(atLeast value: UInt32, then: UInt8, otherwise: UInt8) -> Self {
            Self(code: 0x35, then: then, otherwise: otherwise, value: value)
        }
        static func jump(anyOf bits: UInt32, then: UInt8, otherwise: UInt8) -> Self {
            Self(code: 0x45, then: then, otherwise: otherwise, value: bits)
        }
        /// `SECCOMP_RET_ERRNO`
        static func refuse(_ error: CInt) -> Self { Self(code: 0x06, value: 0x0005_0000 | UInt32(error)) }
        /// `SECCOMP_RET_ALLOW`
        static let allow = Self(code: 0x06, value: 0x7fff_0000)

        var bytes: [UInt8] {
            withUnsafeBytes(of: code) { Array($0) } + [then, otherwise] + withUnsafeBytes(of: value) { Array($0) }
        }
    }

    #if arch(x86_64)
        /// Numbers from `asm/unistd_64.h`.
        private enum Calls {
            /// `AUDIT_ARCH_X86_64`
            static let architecture: UInt32 = 0xc000_003e
            /// x32 marks its numbers with this bit.
            static let otherABI: UInt32? = 0x4000_0000
            static let clone: UInt32 = 56
            static let ioctl: UInt32 = 16
            static let personality: UInt32 = 135
            static let socket: UInt32 = 41
            static let socketpair: UInt32 = 53
            static let forbidden: [UInt32] = [
                // syslog, uselib, acct, quotactl, the keyring, NUMA
                103, 134, 163, 179, 248, 249, 250, 279, 237, 239, 238, 256,
                // unshare, setns, mount, umount2, pivot_root, chroot, ptrace, perf_event_open, process_vm_readv and writev, modify_ldt
                272, 308, 165, 166, 155, 161, 101, 298, 310, 311, 154,
            ]
            static let unknown: [UInt32] = [
                // clone3, open_tree, move_mount, fsopen, fsconfig, fsmount, fspick, mount_setattr, io_uring, and newer ways to what is
                // forbidden: quotactl_fd, set_mempolicy_home_node
                435, 428, 429, 430, 431, 432, 433, 442, 425, 426, 427, 443, 450,
            ]
        }
    #elseif arch(arm64)
        /// Numbers from `asm-generic/unistd.h`.
        private enum Calls {
            /// `AUDIT_ARCH_AARCH64`
            static let architecture: UInt32 = 0xc000_00b7
            static let otherABI: UInt32? = nil
            static let clone: UInt32 = 220
            static let ioctl: UInt32 = 29
            static let personality: UInt32 = 92
            static let socket: UInt32 = 198
            static let socketpair: UInt32 = 199
            static let forbidden: [UInt32] = [
                // syslog, acct, quotactl, the keyring, NUMA
                116, 89, 60, 217, 218, 219, 239, 235, 236, 237, 238,
                // unshare, setns, mount, umount2, pivot_root, chroot, ptrace, perf_event_open, process_vm_readv and writev
                97, 268, 40, 39, 41, 51, 117, 241, 270, 271,
            ]
            static let unknown: [UInt32] = [
                // clone3, open_tree, move_mount, fsopen, fsconfig, fsmount, fspick, mount_setattr, io_uring, and newer ways to what is
                // forbidden: quotactl_fd, set_mempolicy_home_node
                435, 428, 429, 430, 431, 432, 433, 442, 425, 426, 427, 443, 450,
            ]
        }
    #endif
}
