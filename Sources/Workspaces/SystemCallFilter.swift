import CSeccomp
import Foundation
import Glibc

/// What a program in a sandbox may ask of the kernel, as the kernel reads it: a program of classic BPF, which libseccomp makes
/// for the machine that it runs on.
///
/// It is a list of what is allowed (``SystemCalls``). What stands nowhere does not exist (`ENOSYS`), so that libraries take
/// another way, as on a kernel that lacks it; what a program knows and has no right to is not permitted (`EPERM`). Calls of
/// other architectures, i386 and x32 among them, do not exist either. Namespaces keep a program from much of this as well; the
/// filter keeps it from the kernel's code for it, which has had its faults.
enum SystemCallFilter {
    /// The filter, ready to be handed to bubblewrap.
    ///
    /// - Throws: ``WorkspaceError`` when libseccomp can't make it.
    static func bytes() throws(WorkspaceError) -> [UInt8] {
        guard let context = seccomp_init(sam_seccomp_error(UInt16(ENOSYS))) else { throw failure("begin", ENOMEM) }
        defer { seccomp_release(context) }
        try check(seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, sam_seccomp_error(UInt16(ENOSYS))), "other architectures")
        // A tree instead of a list: a call is found after eight comparisons and not after three hundred.
        try check(seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2), "order")
        for name in SystemCalls.allowed { try add(.allow, name, to: context) }
        for call in SystemCalls.allowedByNumber { try check(seccomp_rule_add_array(context, SCMP_ACT_ALLOW, call, 0, nil), "\(call)") }
        for name in SystemCalls.forbidden { try add(.refuse(EPERM), name, to: context) }
        for rule in ArgumentRule.all { try add(rule.answer, rule.call, where: rule, to: context) }
        return try export(context)
    }

    // MARK: - Parts

    /// A name that this machine's architecture, or its libseccomp, does not know is left out: what is not allowed is refused.
    private static func add(
        _ answer: ArgumentRule.Answer, _ name: String, where rule: ArgumentRule? = nil, to context: scmp_filter_ctx
    ) throws(WorkspaceError) {
        let number = seccomp_syscall_resolve_name(name)
        guard number >= 0 else { return }
        var comparisons: [scmp_arg_cmp] = []
        if let rule { comparisons = [scmp_arg_cmp(arg: rule.argument, op: SCMP_CMP_MASKED_EQ, datum_a: rule.mask, datum_b: rule.value)] }
        try check(seccomp_rule_add_array(context, answer.action, number, UInt32(comparisons.count), &comparisons), name)
    }

    /// libseccomp writes to a descriptor, so it is given a file in memory.
    private static func export(_ context: scmp_filter_ctx) throws(WorkspaceError) -> [UInt8] {
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

    private static func check(_ result: CInt, _ what: String) throws(WorkspaceError) {
        guard result == 0 else { throw failure(what, -result) }
    }

    private static func failure(_ what: String, _ error: CInt) -> WorkspaceError {
        WorkspaceError(
            .sandbox, "The filter of system calls could not be made (\(what): \(String(cString: strerror(error)))). Is libseccomp whole?")
    }
}

extension ArgumentRule.Answer {
    /// libseccomp's word for it.
    fileprivate var action: UInt32 {
        switch self {
        case .allow: SCMP_ACT_ALLOW
        case .refuse(let error): sam_seccomp_error(UInt16(error))
        }
    }
}
