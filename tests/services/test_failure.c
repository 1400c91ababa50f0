// SPDX-License-Identifier: MIT
// Failure mode: without entropy the TPM does not come up, and once it has failed nothing brings it
// back. Each case is a process of its own, since there is no way back.
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "services/vtpm/tpm.h"
#include "tests/services/vtpm_ask.h"

#define RC_FAILURE 0x101

static const uint8_t get_random[] = {0x80, 1, 0, 0, 0, 0, 0, 0, 1, 0x7b, 0, 16};
static const uint8_t get_test_result[] = {0x80, 1, 0, 0, 0, 0, 0, 0, 1, 0x7c};

// Runs the case in a child, which has to end by exit(0).
static void in_child(void (*function)(unsigned int), unsigned int argument)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		alarm(60);
		function(argument);
		_exit(0);
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

// In a child there is no test that an assertion could fail: it says no by its exit status.
static void need(bool truth, int line)
{
	if (!truth)
		_exit(line & 0x7f);
}
#define NEED(truth) need((truth), __LINE__)

static void need_failure_mode(void)
{
	NEED(tpm_has_failed());
	NEED(ask_startup(0) == RC_FAILURE);
	NEED(ask(get_random, sizeof(get_random), NULL) == RC_FAILURE);
	// The one thing that the TPM still says is what happened.
	NEED(ask(get_test_result, sizeof(get_test_result), NULL) == 0 ||
		ask(get_test_result, sizeof(get_test_result), NULL) == RC_FAILURE);
	tpm_power_cycle();
	NEED(ask_startup(0) == RC_FAILURE);
	random_left = -1;
	tpm_power_cycle();
	NEED(tpm_has_failed());
	NEED(ask_startup(0) == RC_FAILURE);
}

static void start_with(unsigned int works)
{
	random_left = (int)works;
	tpm_start();
	need_failure_mode();
}

static unsigned int calls_of_a_start;

static void test_start_without_entropy(void **state)
{
	(void)state;
	assert_true(calls_of_a_start > 4);
	for (unsigned int works = 0; works < calls_of_a_start; works++) {
		print_message("# entropy ends after %u of %u\n", works, calls_of_a_start);
		in_child(start_with, works);
	}
}

// Entropy ends while the TPM is in use.
static void use_without(unsigned int unused)
{
	(void)unused;
	tpm_start();
	NEED(!tpm_has_failed());
	NEED(ask_startup(0) == 0);
	NEED(ask(get_random, sizeof(get_random), NULL) == 0);
	random_left = 0;
	// A TPM that is started again takes new entropy.
	tpm_power_cycle();
	ask_startup(0);
	need_failure_mode();
}

// The log is not to show the command that came when the TPM failed: here the bytes 5a 5a 5a 5a, as
// a password would stand there.
static void need_silent_log(unsigned int unused)
{
	static const uint8_t command[] = {
		0x80, 1, 0, 0, 0, 0, 0, 0, 1, 0x7b, 0x5a, 0x5a, 0x5a, 0x5a};
	char log[4096] = "";
	int fd = memfd_create("log", 0);

	(void)unused;
	NEED(fd >= 0 && dup2(fd, STDERR_FILENO) >= 0);
	tpm_start();
	tpm_fail("this is logged");
	ask(command, sizeof(command), NULL);
	NEED(pread(fd, log, sizeof(log) - 1, 0) > 0);
	NEED(strstr(log, "this is logged"));
	NEED(!strcasestr(log, "5a 5a") && !strcasestr(log, "5a5a"));
}

static void test_silent_log(void **state)
{
	(void)state;
	in_child(need_silent_log, 0);
}

static void fail_for_good(unsigned int unused)
{
	(void)unused;
	tpm_start();
	NEED(ask_startup(0) == 0);
	tpm_fail("test");
	need_failure_mode();
}

static void test_in_use(void **state)
{
	(void)state;
	in_child(use_without, 0);
}

static void test_for_good(void **state)
{
	(void)state;
	in_child(fail_for_good, 0);
}

// How many calls a start makes: the child tells by its exit status.
static int count_calls(void **state)
{
	int status = 0;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		tpm_start();
		_exit(tpm_has_failed() ? 0 : (int)random_calls);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	calls_of_a_start = (unsigned int)WEXITSTATUS(status);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start_without_entropy),
		cmocka_unit_test(test_in_use),
		cmocka_unit_test(test_for_good),
		cmocka_unit_test(test_silent_log),
	};

	return cmocka_run_group_tests_name("failure mode", tests, count_calls, NULL);
}
