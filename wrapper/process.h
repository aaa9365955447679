/* System calls about processes and signals, each by its own name; kernel.h has the others, and the one way to make them. */
#ifndef PROCESS_H
#define PROCESS_H

#include "kernel.h"

#define SIGNAL_SET_SIZE 8
typedef uint64_t signal_set;
#define SIGNAL_BIT(number) ((signal_set)1 << ((number)-1))

/* disposition: 0 the kernel's own, 1 ignored, or what `before` was given. */
struct kernel_action {
	unsigned long disposition, flags;
#if MACHINE_HAS_RESTORER
	unsigned long restorer;
#endif
	unsigned long mask[SIGNAL_SET_SIZE / sizeof(long)];
};
static inline long kernel_action(int number, const struct kernel_action *to, struct kernel_action *before)
{
	return CALL(__NR_rt_sigaction, number, to, before, SIGNAL_SET_SIZE, 0, 0);
}
static inline void kernel_ignore(int number, bool ignored)
{
	struct kernel_action action = {.disposition = ignored};
	kernel_action(number, &action, NULL);
}
static inline long kernel_block(const signal_set *only)
{
	return CALL(__NR_rt_sigprocmask, 2, only, NULL, SIGNAL_SET_SIZE, 0, 0);
}
/* The number of a blocked signal that came, or a negative error number when the time is over. */
static inline long kernel_wait_signal(const signal_set *any, struct kernel_time time)
{
	return CALL(__NR_rt_sigtimedwait, any, NULL, &time, SIGNAL_SET_SIZE, 0, 0);
}
static inline long kernel_kill(long process, int number)
{
	return CALL(__NR_kill, process, number, 0, 0, 0, 0);
}

#define WAIT_NOT 1
#define WAIT_LEAVE 0x01000000
#define WAIT_ANY_KIND 0x40000000
static inline long kernel_wait(long process, int flags)
{
	return CALL(__NR_wait4, process, NULL, flags, NULL, 0, 0);
}
/* Whether this process has such a child, whatever became of it. */
static inline bool kernel_is_child(long process)
{
	return CALL(__NR_waitid, 1, process, NULL, 4 | WAIT_NOT | WAIT_LEAVE | WAIT_ANY_KIND, NULL, 0) == 0;
}
/* A copy of this process, of whose end `number` tells its parent; 0 in the copy. */
static inline long kernel_copy(int number)
{
	return CALL(__NR_clone, number, 0, 0, 0, 0, 0);
}
static inline long kernel_pipe(int ends[2])
{
	return CALL(__NR_pipe2, ends, O_CLOEXEC, 0, 0, 0, 0);
}
static inline long kernel_duplicate(int file, int to)
{
	return CALL(__NR_dup3, file, to, 0, 0, 0, 0);
}
/* The lowest free number from `least` on. */
static inline long kernel_duplicate_above(int file, int least)
{
	return CALL(__NR_fcntl, file, 0, least, 0, 0, 0);
}
static inline long kernel_close_from(unsigned first)
{
#ifdef __NR_close_range
	return CALL(__NR_close_range, first, ~0u, 0, 0, 0, 0);
#else
	return -ENOSYS;
#endif
}
static inline long kernel_own_group(void)
{
	return CALL(__NR_setpgid, 0, 0, 0, 0, 0, 0);
}
#define OPTION_PARENT_DEATH 1
#define OPTION_REAPER 36
static inline long kernel_option(int option, long value)
{
	return CALL(__NR_prctl, option, value, 0, 0, 0, 0);
}
struct kernel_poll {
	int file;
	short wanted, came;
};
static inline long kernel_wait_readable(int file, struct kernel_time time)
{
	struct kernel_poll poll = {file, 1, 0};
	return CALL(__NR_ppoll, &poll, 1, &time, NULL, SIGNAL_SET_SIZE, 0);
}

#endif
