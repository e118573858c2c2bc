#include <seccomp.h>

// A macro with an argument, which Swift can't call.
static inline uint32_t sam_seccomp_error(uint16_t error) {
    return SCMP_ACT_ERRNO(error);
}

// The header declares it only with _GNU_SOURCE, which Swift can't define.
extern int memfd_create(const char *name, unsigned int flags);
