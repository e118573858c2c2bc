/// The system calls that a program in a sandbox may make, by name.
///
/// The choice is that of the container engines' default profile (https://github.com/moby/profiles/blob/main/seccomp/default.json), for a
/// program without capabilities on a kernel of 4.9 or later, which bubblewrap needs anyway. Left out are `fanotify_mark` (of no use without
/// `fanotify_init`), `listmount`, `memfd_secret`, `modify_ldt`, `statmount` and `uretprobe`, and the calls of 32-bit architectures. Those
/// in ``ArgumentRule`` depend on an argument.
enum SystemCalls {
    /// The calls of ordinary programs.
    static let allowed = files + attributes + memory + processes + signals + time + waiting + network + messages + debugging

    private static let files = [
        "access", "chdir", "chmod", "chown", "close", "close_range", "copy_file_range", "creat", "dup", "dup2", "dup3", "faccessat",
        "faccessat2", "fadvise64", "fallocate", "fchdir", "fchmod", "fchmodat", "fchown", "fchownat", "fcntl", "fdatasync", "flock",
        "fstat", "fstatfs", "fsync", "ftruncate", "futimesat", "getcwd", "getdents", "getdents64", "io_cancel", "io_destroy",
        "io_getevents", "io_pgetevents", "io_setup", "io_submit", "ioprio_get", "ioprio_set", "lchown", "link", "linkat", "lseek",
        "lstat", "mkdir", "mkdirat", "mknod", "mknodat", "name_to_handle_at", "newfstatat", "open", "openat", "openat2", "pipe",
        "pipe2", "pread64", "preadv", "preadv2", "pwrite64", "pwritev", "pwritev2", "read", "readahead", "readlink", "readlinkat",
        "readv", "rename", "renameat", "renameat2", "rmdir", "sendfile", "splice", "stat", "statfs", "statx", "symlink", "symlinkat",
        "sync", "sync_file_range", "syncfs", "tee", "truncate", "umask", "unlink", "unlinkat", "utime", "utimensat", "utimes",
        "vmsplice", "write", "writev",
    ]

    private static let attributes = [
        "fgetxattr", "flistxattr", "fremovexattr", "fsetxattr", "getxattr", "lgetxattr", "listxattr", "llistxattr", "lremovexattr",
        "lsetxattr", "removexattr", "setxattr",
    ]

    private static let memory = [
        "brk", "madvise", "membarrier", "memfd_create", "mincore", "mlock", "mlock2", "mlockall", "mmap", "mprotect", "mremap", "msync",
        "munlock", "munlockall", "munmap", "pkey_alloc", "pkey_free", "pkey_mprotect", "process_mrelease", "remap_file_pages", "shmat",
        "shmctl", "shmdt", "shmget",
    ]

    private static let processes = [
        "arch_prctl", "capget", "capset", "execve", "execveat", "exit", "exit_group", "fork", "get_robust_list", "get_thread_area",
        "getcpu", "getegid", "geteuid", "getgid", "getgroups", "getpgid", "getpgrp", "getpid", "getppid", "getpriority", "getrandom",
        "getresgid", "getresuid", "getrlimit", "getrusage", "getsid", "gettid", "getuid", "landlock_add_rule",
        "landlock_create_ruleset", "landlock_restrict_self", "pidfd_open", "prctl", "prlimit64", "rseq", "sched_get_priority_max",
        "sched_get_priority_min", "sched_getaffinity", "sched_getattr", "sched_getparam", "sched_getscheduler",
        "sched_rr_get_interval", "sched_setaffinity", "sched_setattr", "sched_setparam", "sched_setscheduler", "sched_yield", "seccomp",
        "set_robust_list", "set_thread_area", "set_tid_address", "setfsgid", "setfsuid", "setgid", "setgroups", "setpgid",
        "setpriority", "setregid", "setresgid", "setresuid", "setreuid", "setrlimit", "setsid", "setuid", "sysinfo", "uname", "vfork",
        "wait4", "waitid",
    ]

    private static let signals = [
        "kill", "pidfd_send_signal", "restart_syscall", "rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigqueueinfo",
        "rt_sigreturn", "rt_sigsuspend", "rt_sigtimedwait", "rt_tgsigqueueinfo", "sigaltstack", "signalfd", "signalfd4", "tgkill", "tkill",
    ]

    private static let time = [
        "adjtimex", "alarm", "clock_adjtime", "clock_getres", "clock_gettime", "clock_nanosleep", "getitimer", "gettimeofday",
        "nanosleep", "setitimer", "time", "timer_create", "timer_delete", "timer_getoverrun", "timer_gettime", "timer_settime",
        "timerfd_create", "timerfd_gettime", "timerfd_settime", "times",
    ]

    private static let waiting = [
        "epoll_create", "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_pwait2", "epoll_wait", "eventfd", "eventfd2", "futex",
        "futex_waitv", "inotify_add_watch", "inotify_init", "inotify_init1", "inotify_rm_watch", "pause", "poll", "ppoll", "pselect6",
        "select",
    ]

    private static let network = [
        "accept", "accept4", "bind", "connect", "getpeername", "getsockname", "getsockopt", "listen", "recvfrom", "recvmmsg", "recvmsg",
        "sendmmsg", "sendmsg", "sendto", "setsockopt", "shutdown",
    ]

    private static let messages = [
        "mq_getsetattr", "mq_notify", "mq_open", "mq_timedreceive", "mq_timedsend", "mq_unlink", "msgctl", "msgget", "msgrcv", "msgsnd",
        "semctl", "semget", "semop", "semtimedop",
    ]

    /// For debuggers, tracers and the sanitizers of compilers, among the processes of the same sandbox. Since Linux 4.8 the filter runs
    /// after a tracer has changed a call, so tracing does not bypass it.
    private static let debugging = ["process_vm_readv", "process_vm_writev", "ptrace"]

    /// Calls newer than Debian 12's libseccomp, with the same number on every architecture: cachestat, fchmodat2, map_shadow_stack,
    /// futex_wake, futex_wait, futex_requeue, mseal, setxattrat, getxattrat, listxattrat and removexattrat.
    static let allowedByNumber: [CInt] = [451, 452, 453, 454, 455, 456, 462, 463, 464, 465, 466]

    /// Calls that need rights that no program in a sandbox has. Programs handle “not permitted” here.
    static let forbidden = [
        // the machine
        "acct", "bpf", "delete_module", "finit_module", "init_module", "ioperm", "iopl", "kexec_file_load", "kexec_load", "perf_event_open",
        "quotactl", "reboot", "swapoff", "swapon", "syslog", "vhangup",
        // the machine's clock and names
        "clock_settime", "setdomainname", "sethostname", "settimeofday",
        // namespaces and mounts
        "chroot", "mount", "open_by_handle_at", "pivot_root", "setns", "umount2", "unshare",
        // the kernel's keyring, which has no namespaces
        "add_key", "keyctl", "request_key",
        // access to other processes, and watching a whole file system
        "fanotify_init", "kcmp", "pidfd_getfd", "process_madvise",
    ]
}
