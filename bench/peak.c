/* peak PROGRAM ARG...: runs it and prints its peak memory in KiB, over whatever it became by exec. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
	struct rusage used;
	int status;
	if (argc < 2) return 2;
	pid_t pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY);
		dup2(null, 1);
		execv(argv[1], argv + 1);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &used) < 0 || WEXITSTATUS(status) == 127) return 1;
	printf("%ld\n", used.ru_maxrss);
	return 0;
}
