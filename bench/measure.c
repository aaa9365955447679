/*
 * measure ROUNDS WORDS VARIABLES PATH...: calls each path in turns, with so many words and variables, and prints for
 * each the median time of a call in nanoseconds, from the start of its process to its end.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int by_size(const void *left, const void *right)
{
	long one = *(const long *)left, other = *(const long *)right;
	return one < other ? -1 : one > other;
}

static long now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000L + time.tv_nsec;
}

static char **filled(char *first, int count, const char *form)
{
	char **all = calloc((size_t)count + 2, sizeof *all);
	int at = 0;
	if (first) all[at++] = first;
	for (int number = 0; number < count; number++)
		if (asprintf(&all[at++], form, number) < 0) exit(1);
	return all;
}

static long call(char **argv, char **envp)
{
	int status;
	long before = now();
	pid_t child = vfork();
	if (child == 0) {
		execve(argv[0], argv, envp);
		_exit(99);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) == 99) {
		fprintf(stderr, "measure: %s can't be run\n", argv[0]);
		exit(1);
	}
	return now() - before;
}

int main(int argc, char **argv)
{
	if (argc < 5) return 2;
	int rounds = atoi(argv[1]), words = atoi(argv[2]), variables = atoi(argv[3]), paths = argc - 4;
	long *times = malloc(sizeof *times * (size_t)rounds * (size_t)paths);
	char **environment = filled("PATH=/usr/local/bin:/usr/bin:/bin", variables, "VARIABLE_%d=a value of some length");
	for (int round = -3; round < rounds; round++)
		for (int path = 0; path < paths; path++) {
			char **all = filled(argv[4 + path], words, "word-%d");
			/* Each comes after itself, and not after whatever filled the caches before it. */
			call(all, environment);
			long time = call(all, environment);
			if (round >= 0) times[path * rounds + round] = time;
			for (int at = 1; all[at]; at++) free(all[at]);
			free(all);
		}
	for (int path = 0; path < paths; path++) {
		qsort(times + path * rounds, (size_t)rounds, sizeof *times, by_size);
		printf("%ld\n", times[path * rounds + rounds / 2]);
	}
	return 0;
}
