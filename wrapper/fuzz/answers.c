#include "answers.h"
#include "../kernel.h"
#include "input.h"

#define MOST_BLOCKS 4096
#define FIRST_FILE 10
#define MOST_FILES 65536
#define PIPE_END 5

struct answers answers;
static char record[MOST_KEPT], said[MOST_KEPT];
static void *blocks[MOST_BLOCKS];
static int block_count, file_count;
static uint64_t now;
/* The flags that each file was opened with. */
static int opened[MOST_FILES];

static unsigned next_byte(void)
{
	if (answers.left.size == 0) return 0;
	unsigned char byte = (unsigned char)answers.left.at[0];
	answers.left = without_first(answers.left, 1);
	return byte;
}

static unsigned next_number(void)
{
	unsigned high = next_byte();
	return high << 8 | next_byte();
}

/* Mostly fine; else one of what a kernel may say. */
static long usual_or_error(long usual)
{
	static const int errors[] = {ENOENT, EACCES, EPERM, ENOMEM, EINTR, EINVAL, ENOSYS, ENOTDIR, ELOOP, EMFILE, EEXIST, ENOEXEC, E2BIG, ETXTBSY};
	unsigned byte = next_byte();
	return byte < 200 ? usual : -errors[byte % (sizeof errors / sizeof *errors)];
}

static long fill(char *to, size_t size)
{
	size_t wanted = next_number();
	text given = first_bytes(answers.left, wanted < size ? wanted : size);
	memcpy(to, given.at, given.size);
	answers.left = without_first(answers.left, given.size);
	return usual_or_error((long)given.size);
}

static long open_file(int flags)
{
	long answer = usual_or_error(0);
	if (answer < 0 || file_count == MOST_FILES) return answer < 0 ? answer : -EMFILE;
	expect(answers.child || (flags & O_CLOEXEC), "a file that is closed by an exec");
	opened[file_count] = flags;
	return FIRST_FILE + file_count++;
}

static bool is_open(long file, int flags)
{
	return file >= FIRST_FILE && file < FIRST_FILE + file_count && (opened[file - FIRST_FILE] & flags) == flags;
}

static long status_of(bool directory, file_status *to)
{
	static const unsigned modes[] = {0100600, 0040700, 0100777, 0120777, 0010600, 0040777};
	memset(to, 0, sizeof *to);
	unsigned byte = next_byte();
	to->st_mode = byte < 200 ? (directory ? 0040700 : 0100600) : modes[byte % 6];
	to->st_uid = byte % 50 == 49 ? answers.user + 1 : answers.user;
	to->st_ino = next_byte();
	to->st_size = next_number();
	if (byte % 7 == 6) to->st_size <<= 20;
	return usual_or_error(0);
}

static void keep(char *to, size_t *size, const char *from, size_t more)
{
	expect(more <= MOST_KEPT - *size, "less written than is kept");
	memcpy(to + *size, from, more);
	*size += more;
}

static long write_file(long file, const char *from, size_t size)
{
	if (file == 1 || file == 2) {
		keep(answers.said, &answers.said_size, from, size);
		return (long)size;
	}
	expect(is_open(file, O_APPEND), "writes at the end of a file that it opened");
	if (opened[file - FIRST_FILE] & O_WRONLY) {
		answers.records++;
		keep(answers.record, &answers.record_size, from, size);
	}
	return usual_or_error((long)size);
}

static long run(const char *path, char *const *argv, char *const *envp)
{
	long answer = usual_or_error(0);
	if (answer < 0) return answer;
	answers.path = path;
	answers.argv = argv;
	answers.envp = envp;
	longjmp(answers.ended, 1);
}

static long map(size_t size)
{
	if (usual_or_error(0) < 0 || block_count == MOST_BLOCKS) return -ENOMEM;
	return (long)(blocks[block_count++] = room_of(size));
}

static long copy_process(void)
{
	unsigned byte = next_byte();
	if (byte < 150) return 77;
	if (byte < 200) return -EINVAL;
	answers.child = true;
	return 0;
}

static long working_directory(char *to, size_t size)
{
	long have = fill(to, size - 1);
	if (have <= 0) return have < 0 ? have : -ENOENT;
	to[have] = 0;
	return (long)text_of(to).size + 1;
}

static long clock_now(int64_t *to)
{
	now += 1 + (uint64_t)next_byte() * 100000000u;
	to[0] = (int64_t)(now / 1000000000u);
	to[1] = (int64_t)(now % 1000000000u);
	return usual_or_error(0);
}

long machine_call(long number, long a, long b, long c, long d, long e, long f)
{
	(void)e, (void)f;
	switch (number) {
	case __NR_openat: return open_file((int)c);
	case __NR_close: return 0;
	case __NR_read:
	case __NR_pread64: return fill((char *)b, (size_t)c);
	case __NR_write: return write_file(a, (const char *)b, (size_t)c);
	case NUMBER_FSTAT: return status_of(is_open(a, O_DIRECTORY), (file_status *)b);
	case NUMBER_FSTATAT: return status_of(false, (file_status *)c);
	case __NR_fstatfs: {
		file_system *to = (file_system *)b;
		memset(to, 0, sizeof *to);
		to->f_blocks = 100;
		to->f_bavail = next_byte() < 250 ? 50 : 0;
		return usual_or_error(0);
	}
	case __NR_readlinkat: return fill((char *)c, (size_t)d);
	case __NR_getcwd: return working_directory((char *)a, (size_t)b);
	case __NR_execve: return run((const char *)a, (char *const *)b, (char *const *)c);
	case __NR_execveat: return run((const char *)b, (char *const *)c, (char *const *)d);
	case __NR_getpid: return 4320 + (long)next_byte() % 64;
	case __NR_getppid: return 1234;
	case __NR_exit_group:
		answers.status = (int)a;
		longjmp(answers.ended, 1);
	case __NR_clock_gettime: return clock_now((int64_t *)b);
	case __NR_mmap: return map((size_t)b);
	case __NR_getrusage:
		if (next_byte() >= 200) ((long *)b)[8] = 5000;
		return 0;
	case __NR_prlimit64:
		((struct kernel_limit *)d)->now = next_byte() < 200 ? ~0ull : next_number();
		return 0;
	case __NR_clone: return copy_process();
	case __NR_pipe2:
		((int *)a)[0] = PIPE_END;
		((int *)a)[1] = PIPE_END + 1;
		return usual_or_error(0);
	case __NR_wait4: return next_byte() < 200 ? -ECHILD : usual_or_error(77);
	case __NR_rt_sigtimedwait: return usual_or_error(SIGCHLD);
	case __NR_ppoll: return usual_or_error(1);
	default: return usual_or_error(0);
	}
}

void begin_answers(text left, unsigned user)
{
	answers = (struct answers){.left = left, .user = user, .status = -1};
	answers.record = record;
	answers.said = said;
	block_count = file_count = 0;
	now = 1700000000000000000u;
}

void free_answers(void)
{
	while (block_count > 0) free(blocks[--block_count]);
}
