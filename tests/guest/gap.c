// SPDX-License-Identifier: MIT
/*
 * What a CPU has left for others while a command runs:  gap COMMAND ARGUMENT...
 *
 * Sleeps for a millisecond, over and over, until the command has ended, and prints how long one
 * such turn took at most, how long the command took, both in milliseconds, and how many turns there
 * were. A CPU that takes no interrupts has no turns. taskset says on which CPU it looks and on
 * which the command runs. Its exit status is the command's.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NS 1000000000ll
#define MS 1000000ll

static int64_t now(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_MONOTONIC, &t))
		_exit(125);
	return t.tv_sec * NS + t.tv_nsec;
}

static void sleep_ms(void)
{
	const struct timespec turn = {.tv_nsec = MS};

	while (nanosleep(&turn, NULL) && errno == EINTR)
		;
}

// The wait status; -1: there is no such child.
static int watch(pid_t child, int64_t *longest, unsigned *turns)
{
	int status = -1;
	pid_t ended;

	do {
		int64_t start = now();

		sleep_ms();
		int64_t took = now() - start;

		if (took > *longest)
			*longest = took;
		(*turns)++;
		ended = waitpid(child, &status, WNOHANG);
	} while (ended == 0);
	return ended == child ? status : -1;
}

int main(int argc, char **argv)
{
	int64_t longest = 0;
	unsigned turns = 0;

	if (argc < 2)
		return 125;
	int64_t start = now();
	pid_t child = fork();

	if (child == 0) {
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	int status = child < 0 ? -1 : watch(child, &longest, &turns);

	printf("%lld %lld %u\n", (long long)(longest / MS), (long long)((now() - start) / MS),
		turns);
	return status != -1 && WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}
