#define _GNU_SOURCE
#include "processes.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// Between fork and exec only async-signal-safe calls are allowed: the parent has many threads.

enum step { STEP_NONE, STEP_PIPE, STEP_FORK, STEP_SESSION, STEP_CGROUP, STEP_DIRECTORY, STEP_DESCRIPTORS, STEP_EXECUTE };

static const char *const step_names[] = {
    "", "making a pipe", "fork", "starting a session", "joining the control group",
    "entering the working directory", "arranging descriptors", "executing the program",
};

struct report {
    int error;
    int step;
    pid_t pid;
};

enum { REPORT_FD = 4, SAFE_FD = 10 };

static void tell(int fd, int step, int error) {
    struct report report = { error, step, 0 };
    ssize_t ignored = write(fd, &report, sizeof report);
    (void)ignored;
    _exit(127);
}

static void default_signals(void) {
    // A parent that ignores SIGCHLD makes bubblewrap lose its child, and one that ignores SIGPIPE (as network
    // servers do) would hand that on to every program it starts.
    struct sigaction action = { 0 };
    action.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; number++) sigaction(number, &action, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void become(const struct sam_spawn_request *what, int report_fd, pid_t parent) {
    default_signals();
    if (setsid() < 0) tell(report_fd, STEP_SESSION, errno);
    if (what->death_signal) {
        prctl(PR_SET_PDEATHSIG, what->death_signal);
        if (getppid() != parent) _exit(127);  // the parent died before the line above
    }
    for (const char *const *join = what->joins; join && *join; join++) {
        int fd = open(*join, O_WRONLY | O_CLOEXEC);
        if (fd < 0 || write(fd, "0", 1) != 1) tell(report_fd, STEP_CGROUP, errno);
        close(fd);
    }
    if (what->cwd && chdir(what->cwd) < 0) tell(report_fd, STEP_DIRECTORY, errno);

    // Move everything out of the way first, so that no source is overwritten before it is used.
    int moved[4];
    int report = fcntl(report_fd, F_DUPFD_CLOEXEC, SAFE_FD);
    if (report < 0) tell(report_fd, STEP_DESCRIPTORS, errno);
    for (int i = 0; i < 4; i++) {
        int source = what->fds[i];
        if (source < 0 && i < 3) source = open("/dev/null", O_RDWR | O_CLOEXEC);
        moved[i] = source < 0 ? -1 : fcntl(source, F_DUPFD_CLOEXEC, SAFE_FD);
        if (source >= 0 && moved[i] < 0) tell(report, STEP_DESCRIPTORS, errno);
    }
    for (int i = 0; i < 4; i++) {
        if (moved[i] < 0) close(i);
        else if (dup2(moved[i], i) < 0) tell(report, STEP_DESCRIPTORS, errno);
    }
    if (dup3(report, REPORT_FD, O_CLOEXEC) < 0) tell(report, STEP_DESCRIPTORS, errno);
    if (syscall(SYS_close_range, REPORT_FD + 1, ~0U, 0) < 0) {
        for (int fd = REPORT_FD + 1; fd < 65536; fd++) close(fd);
    }
    execve(what->path, what->argv, what->envp);
    tell(REPORT_FD, STEP_EXECUTE, errno);
}

static struct sam_spawn_failure failed(int step, int error) {
    return (struct sam_spawn_failure){ error, step_names[step] };
}

/// Reads the child's report. An end of file without one means that the program is running.
static struct sam_spawn_failure outcome(int fd, pid_t *pid) {
    struct sam_spawn_failure result = { 0, step_names[STEP_NONE] };
    struct report report;
    for (;;) {
        ssize_t count = read(fd, &report, sizeof report);
        if (count < 0 && errno == EINTR) continue;
        if (count != sizeof report) break;
        if (report.error == 0) *pid = report.pid;
        else result = failed(report.step, report.error);
    }
    close(fd);
    return result;
}

struct sam_spawn_failure sam_spawn(const struct sam_spawn_request *what, pid_t *pid) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) return failed(STEP_PIPE, errno);
    pid_t parent = getpid();
    pid_t child = fork();
    if (child < 0) {
        int error = errno;
        close(ends[0]);
        close(ends[1]);
        return failed(STEP_FORK, error);
    }
    if (child == 0) become(what, ends[1], parent);
    close(ends[1]);
    *pid = child;
    struct sam_spawn_failure result = outcome(ends[0], pid);
    if (result.error) waitpid(child, NULL, 0);
    return result;
}

struct sam_spawn_failure sam_spawn_detached(const struct sam_spawn_request *what, pid_t *pid) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) return failed(STEP_PIPE, errno);
    pid_t between = fork();
    if (between < 0) {
        int error = errno;
        close(ends[0]);
        close(ends[1]);
        return failed(STEP_FORK, error);
    }
    if (between == 0) {
        pid_t child = fork();
        if (child < 0) tell(ends[1], STEP_FORK, errno);
        if (child > 0) {
            struct report report = { 0, STEP_NONE, child };
            ssize_t ignored = write(ends[1], &report, sizeof report);
            (void)ignored;
            _exit(0);
        }
        become(what, ends[1], 0);
    }
    close(ends[1]);
    while (waitpid(between, NULL, 0) < 0 && errno == EINTR) {}
    return outcome(ends[0], pid);
}

int sam_open_process(pid_t pid) {
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

int sam_pipe(int ends[2]) {
    return pipe2(ends, O_CLOEXEC);
}

int sam_memory_file(void) {
    return memfd_create("input", MFD_CLOEXEC);
}
