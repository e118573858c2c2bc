import Glibc

/// Decides a system call by one of its arguments, where the call alone is not enough.
///
/// The lower half of the argument is compared, which is all that the kernel looks at in these calls: comparing the whole would let a set
/// upper half bypass the rule (CVE-2019-10063).
struct ArgumentRule: Sendable, Hashable {
    enum Answer: Sendable, Hashable {
        case allow
        case refuse(CInt)
    }

    var call: String
    /// Which argument, from 0.
    var argument: UInt32
    /// The bits that are compared.
    var mask: UInt64
    /// The value that they must have.
    var value: UInt64
    var answer: Answer

    /// All rules. No call matches two rules with different answers, so their order does not matter.
    static let all = clone + terminal + personality + sockets

    /// Threads and processes without new namespaces. `clone3` passes its flags in memory, where no filter can look, so it is left out, and
    /// C libraries fall back to `clone`.
    private static let clone: [ArgumentRule] = {
        // CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
        let namespaces: [UInt64] = [
            0x0002_0000, 0x0200_0000, 0x0400_0000, 0x0800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000,
        ]
        return [ArgumentRule(call: "clone", argument: 0, mask: namespaces.reduce(0, |), value: 0, answer: .allow)]
            + namespaces.map { ArgumentRule(call: "clone", argument: 0, mask: $0, value: $0, answer: .refuse(EPERM)) }
    }()

    /// Everything but `TIOCSTI` and `TIOCLINUX`, which type into the terminal on the user's behalf.
    private static let terminal = rules("ioctl", argument: 1, for: [0x5412, 0x541c], .refuse(EPERM), others: .allow)

    /// The default, 32-bit Linux, both with an old version's number, and the query for the current one. Others turn protections off.
    private static let personality = rules(
        "personality", argument: 0, for: [0, 0x8, 0x2_0000, 0x2_0008, 0xffff_ffff], .allow, others: .refuse(EPERM))

    /// UNIX, INET, INET6 and NETLINK.
    private static let sockets = ["socket", "socketpair"].flatMap {
        rules($0, argument: 0, for: [1, 2, 10, 16], .allow, others: .refuse(EAFNOSUPPORT))
    }

    private static func rules(
        _ call: String, argument: UInt32, for values: [UInt64], _ answer: Answer, others: Answer
    ) -> [ArgumentRule] {
        values.map { ArgumentRule(call: call, argument: argument, mask: whole, value: $0, answer: answer) }
            + everything(but: values).map {
                ArgumentRule(call: call, argument: argument, mask: $0.mask, value: $0.value, answer: others)
            }
    }

    private static let whole: UInt64 = 0xffff_ffff

    /// libseccomp compares the bits under a mask with a value; it can't express "the lower half is none of these". So each other number is
    /// covered by a rule for the first bit in which it differs from all of them.
    private static func everything(but values: [UInt64]) -> [(mask: UInt64, value: UInt64)] {
        (0..<32).reversed().flatMap { bit in
            let mask = whole & ~((UInt64(1) << bit) - 1)
            let beginnings = Set(values.map { $0 & mask })
            return Set(values.map { ($0 & mask) ^ (UInt64(1) << bit) }).subtracting(beginnings).sorted().map { (mask, $0) }
        }
    }
}
