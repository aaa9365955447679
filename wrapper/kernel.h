/*
 * The system calls that the wrapper makes, each by its own name; all give the kernel's answer: what it says, or a
 * negative error number. Nothing else in here: no buffer, no state.
 */
#ifndef KERNEL_H
#define KERNEL_H

#include "machine.h"
#include <asm/errno.h>
#include <asm/fcntl.h>
#include <asm/signal.h>
#include <asm/stat.h>
#include <asm/statfs.h>
#include <asm/unistd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where a 32-bit machine has a second form with 64-bit numbers, that one. */
#if __SIZEOF_LONG__ == 4
typedef struct stat64 file_status;
typedef struct statfs64 file_system;
#define NUMBER_FSTATAT __NR_fstatat64
#define NUMBER_FSTAT __NR_fstat64
#else
typedef struct stat file_status;
typedef struct statfs file_system;
#define NUMBER_FSTATAT __NR_newfstatat
#define NUMBER_FSTAT __NR_fstat
#endif

#ifndef O_LARGEFILE
#define O_LARGEFILE 0
#endif
#ifndef O_PATH
#define O_PATH 010000000
#endif
#ifndef AT_FDCWD
#define AT_FDCWD (-100)
#endif
#define AT_SYMLINK_NOFOLLOW_ 0x100
#define AT_EMPTY_PATH_ 0x1000

#define MODE_KIND 0170000
#define MODE_FILE 0100000
#define MODE_DIRECTORY 0040000

#define CALL(number, a, b, c, d, e, f) \
	machine_call(number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

static inline long kernel_open(int directory, const char *path, int flags, int mode)
{
	return CALL(__NR_openat, directory, path, flags | O_LARGEFILE, mode, 0, 0);
}
static inline long kernel_close(int file)
{
	return CALL(__NR_close, file, 0, 0, 0, 0, 0);
}
static inline long kernel_read(int file, void *to, size_t size)
{
	return CALL(__NR_read, file, to, size, 0, 0, 0);
}
static inline long kernel_write(int file, const void *from, size_t size)
{
	return CALL(__NR_write, file, from, size, 0, 0, 0);
}
static inline long kernel_status(int file, file_status *to)
{
	return CALL(NUMBER_FSTAT, file, to, 0, 0, 0, 0);
}
/* flags: 0, or AT_SYMLINK_NOFOLLOW_ for a link itself. */
static inline long kernel_status_at(int directory, const char *path, file_status *to, int flags)
{
	return CALL(NUMBER_FSTATAT, directory, path, to, flags, 0, 0);
}
static inline long kernel_file_system(int file, file_system *to)
{
#if __SIZEOF_LONG__ == 4
	return CALL(__NR_fstatfs64, file, sizeof *to, to, 0, 0, 0);
#else
	return CALL(__NR_fstatfs, file, to, 0, 0, 0, 0);
#endif
}
static inline long kernel_make_directory(const char *path, int mode)
{
	return CALL(__NR_mkdirat, AT_FDCWD, path, mode, 0, 0, 0);
}
static inline long kernel_change_mode(const char *path, int mode)
{
	return CALL(__NR_fchmodat, AT_FDCWD, path, mode, 0, 0, 0);
}
static inline long kernel_change_mode_of(int file, int mode)
{
	return CALL(__NR_fchmod, file, mode, 0, 0, 0, 0);
}
static inline long kernel_rename(int directory, const char *from, const char *to)
{
#ifdef __NR_renameat
	return CALL(__NR_renameat, directory, from, directory, to, 0, 0);
#else
	return CALL(__NR_renameat2, directory, from, directory, to, 0, 0);
#endif
}
static inline long kernel_truncate(int file, long size)
{
	return CALL(__NR_ftruncate, file, size, 0, 0, 0, 0);
}
/* From a byte below 2 GiB on. */
static inline long kernel_read_from(int file, void *to, size_t size, unsigned long from)
{
#if __SIZEOF_LONG__ == 4
#if defined(__arm__)
	/* Pairs of registers begin at an even one there. */
	return CALL(__NR_pread64, file, to, size, 0, from, 0);
#else
	return CALL(__NR_pread64, file, to, size, from, 0, 0);
#endif
#else
	return CALL(__NR_pread64, file, to, size, from, 0, 0);
#endif
}
static inline long kernel_lock(int file, int how)
{
	return CALL(__NR_flock, file, how, 0, 0, 0, 0);
}
/* Asks with the real user's rights. */
static inline long kernel_may(int directory, const char *path, int how)
{
	return CALL(__NR_faccessat, directory, path, how, 0, 0, 0);
}
static inline long kernel_read_link(const char *path, char *to, size_t size)
{
	return CALL(__NR_readlinkat, AT_FDCWD, path, to, size, 0, 0);
}
static inline long kernel_working_directory(char *to, size_t size)
{
	return CALL(__NR_getcwd, to, size, 0, 0, 0, 0);
}
static inline long kernel_run(const char *path, char *const *argv, char *const *envp)
{
	return CALL(__NR_execve, path, argv, envp, 0, 0, 0);
}
/* The file that is open, whatever its name leads to by now. */
static inline long kernel_run_open(int file, char *const *argv, char *const *envp)
{
	return CALL(__NR_execveat, file, "", argv, envp, AT_EMPTY_PATH_, 0);
}
static inline long kernel_process(void)
{
	return CALL(__NR_getpid, 0, 0, 0, 0, 0, 0);
}
static inline long kernel_parent(void)
{
	return CALL(__NR_getppid, 0, 0, 0, 0, 0, 0);
}
static inline void __attribute__((noreturn)) kernel_end(int status)
{
	for (;;) CALL(__NR_exit_group, status, 0, 0, 0, 0, 0);
}

#define CLOCK_DATE 0
#define CLOCK_STEADY 1

/* Nanoseconds; 0 where the kernel has no such clock. */
static inline uint64_t kernel_clock(int clock)
{
#if __SIZEOF_LONG__ == 4 && defined(__NR_clock_gettime64)
	struct {
		int64_t seconds, nanoseconds;
	} now;
	if (CALL(__NR_clock_gettime64, clock, &now, 0, 0, 0, 0) == 0)
		return (uint64_t)now.seconds * 1000000000u + (uint64_t)now.nanoseconds;
#endif
	struct {
		long seconds, nanoseconds;
	} old;
	if (CALL(__NR_clock_gettime, clock, &old, 0, 0, 0, 0) != 0) return 0;
	return (uint64_t)old.seconds * 1000000000u + (uint64_t)old.nanoseconds;
}

struct kernel_time {
	long seconds, nanoseconds;
};
static inline void kernel_sleep(long nanoseconds)
{
	struct kernel_time time = {0, nanoseconds};
	CALL(__NR_nanosleep, &time, 0, 0, 0, 0, 0);
}

static inline void *kernel_map(size_t size)
{
#ifdef __NR_mmap2
	long at = CALL(__NR_mmap2, 0, size, 3, 0x22, -1, 0);
#else
	long at = CALL(__NR_mmap, 0, size, 3, 0x22, -1, 0);
#endif
	return at < 0 && at > -4096 ? NULL : (void *)at;
}

struct kernel_limit {
	uint64_t now, most;
};
#define LIMIT_FILE_SIZE 1
static inline long kernel_limit(int which, struct kernel_limit *to)
{
	return CALL(__NR_prlimit64, 0, which, 0, to, 0, 0);
}

/* Page faults without a read, which this process has had since it was made, over all that it ran by exec. */
static inline long kernel_faults(void)
{
	long usage[18] = {0};
	return CALL(__NR_getrusage, 0, usage, 0, 0, 0, 0) == 0 ? usage[8] : 0;
}

#endif
