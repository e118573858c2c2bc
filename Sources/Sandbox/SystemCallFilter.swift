import CSeccomp
import Foundation
import Glibc

/// The system calls that a program in a sandbox may make, as a program of classic BPF, which libseccomp builds for this machine.
///
/// It is a list of what is allowed (``SystemCalls``). Unlisted calls fail with `ENOSYS`, so that libraries fall back as on a kernel that
/// lacks them; known calls that need missing rights fail with `EPERM`. Calls of other architectures, i386 and x32 among them, fail with
/// `ENOSYS`, too. Namespaces prevent much of this as well; the filter also keeps programs from reaching the kernel code behind it, which
/// has had its faults.
public enum SystemCallFilter {
    /// Builds the filter in the form that bubblewrap reads.
    ///
    /// - Throws: ``SandboxError`` when libseccomp can't build it.
    public static func bytes() throws(SandboxError) -> [UInt8] {
        guard let context = seccomp_init(sam_seccomp_error(UInt16(ENOSYS))) else { throw failure("begin", ENOMEM) }
        defer { seccomp_release(context) }
        try check(seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, sam_seccomp_error(UInt16(ENOSYS))), "other architectures")
        // A tree instead of a list: a call is found after about eight comparisons instead of three hundred.
        try check(seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2), "order")
        for name in SystemCalls.allowed { try add(.allow, name, to: context) }
        for call in SystemCalls.allowedByNumber { try check(seccomp_rule_add_array(context, SCMP_ACT_ALLOW, call, 0, nil), "\(call)") }
        for name in SystemCalls.forbidden { try add(.refuse(EPERM), name, to: context) }
        for rule in ArgumentRule.all { try add(rule.answer, rule.call, where: rule, to: context) }
        return try export(context)
    }

    // MARK: - Parts

    /// Adds a rule. A name that this machine's architecture or its libseccomp does not know is left out: calls that are not allowed are
    /// refused.
    private static func add(
        _ answer: ArgumentRule.Answer, _ name: String, where rule: ArgumentRule? = nil, to context: scmp_filter_ctx
    ) throws(SandboxError) {
        let number = seccomp_syscall_resolve_name(name)
        guard number >= 0 else { return }
        var comparisons: [scmp_arg_cmp] = []
        if let rule { comparisons = [scmp_arg_cmp(arg: rule.argument, op: SCMP_CMP_MASKED_EQ, datum_a: rule.mask, datum_b: rule.value)] }
        try check(seccomp_rule_add_array(context, answer.action, number, UInt32(comparisons.count), &comparisons), name)
    }

    /// libseccomp writes to a descriptor, so it gets a file in memory.
    private static func export(_ context: scmp_filter_ctx) throws(SandboxError) -> [UInt8] {
        let file = memfd_create("filter", 1)  // MFD_CLOEXEC
        guard file >= 0 else { throw failure("write", errno) }
        defer { close(file) }
        try check(seccomp_export_bpf(context, file), "write")
        let size = lseek(file, 0, SEEK_END)
        guard size > 0, size % 8 == 0 else { throw failure("write", EIO) }
        var bytes = [UInt8](repeating: 0, count: Int(size))
        guard pread(file, &bytes, bytes.count, 0) == bytes.count else { throw failure("read", errno) }
        return bytes
    }

    private static func check(_ result: CInt, _ what: String) throws(SandboxError) {
        guard result == 0 else { throw failure(what, -result) }
    }

    private static func failure(_ what: String, _ error: CInt) -> SandboxError {
        SandboxError(
            .files, "The filter of system calls could not be made (\(what): \(String(cString: strerror(error)))). Is libseccomp whole?")
    }
}

extension ArgumentRule.Answer {
    /// libseccomp's action.
    fileprivate var action: UInt32 {
        switch self {
        case .allow: SCMP_ACT_ALLOW
        case .refuse(let error): sam_seccomp_error(UInt16(error))
        }
    }
}
