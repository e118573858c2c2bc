#ifndef SAM_PROCESSES_H
#define SAM_PROCESSES_H

#include <sys/types.h>

/// How to start a program. All pointers must stay valid for the duration of the call.
struct sam_spawn_request {
    const char *path;              ///< absolute path; PATH is never searched
    char *const *argv;             ///< NULL-terminated
    char *const *envp;             ///< NULL-terminated; nothing is inherited
    const char *cwd;               ///< NULL: stay
    int fds[4];                    ///< become 0...3; -1 means /dev/null for 0...2 and closed for 3
    const char *const *joins;      ///< NULL-terminated cgroup.procs files that the child writes itself into
    int death_signal;              ///< sent to the child when the *thread* that called ends; 0: none
};

/// Where a start failed.
struct sam_spawn_failure {
    int error;                     ///< errno, 0 on success
    const char *step;              ///< the system call, a static string
};

/// Forks and executes. The child leads a session of its own and keeps no descriptor but 0...3.
struct sam_spawn_failure sam_spawn(const struct sam_spawn_request *what, pid_t *pid);

/// The same through a second fork, so that the program is not the caller's child: it survives the caller
/// and never becomes the caller's zombie. `pid` receives the program's own id.
struct sam_spawn_failure sam_spawn_detached(const struct sam_spawn_request *what, pid_t *pid);

/// A descriptor that becomes readable when the process ends; it closes on exec. Returns -1 with errno set when there is no such process, or
/// the kernel has no such descriptors.
int sam_open_process(pid_t pid);

/// A pipe whose ends close on exec. Returns 0, or -1 with errno set.
int sam_pipe(int ends[2]);

/// A file in memory that closes on exec. Returns -1 with errno set.
int sam_memory_file(void);

#endif
