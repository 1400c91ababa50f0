// SPDX-License-Identifier: MIT
/*
 * How long commands of the TPM take in Linux:  tpm-latency SECONDS [DEVICE]
 *
 * Sends each of them to /dev/tpm0 again and again, for so many seconds (0: once), and prints
 * "NAME <tab> COUNT <tab> MEDIAN <tab> LEAST <tab> MOST" in nanoseconds. A command is a write and a
 * read of the device: the resource manager and the start of a program are left out. The first of
 * each is not counted. The lines "begin" and "end" have the clock's time, so that somebody with
 * another clock can compare.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "hw/tpm.h"
#include "tests/bench/tpm_commands.h"

#define RESPONSE_MAX 4096
#define SAMPLES_MAX  10000

static int device = -1;
static uint8_t response[RESPONSE_MAX];

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void fail(const char *name, const char *what, uint32_t code)
{
	fprintf(stderr, "tpm-latency: %s: %s 0x%x\n", name, what, code);
	exit(1);
}

// Nanoseconds from the write to the answer
static uint64_t command_run(
	const char *name, size_t (*make)(uint8_t *buffer, uint32_t key), uint32_t key)
{
	uint8_t command[TPM_COMMAND_ROOM];
	size_t size = make(command, key);
	uint64_t start = now_ns();

	if (write(device, command, size) != (ssize_t)size)
		fail(name, "the device refuses it: error", (uint32_t)errno);
	ssize_t got = read(device, response, sizeof(response));
	uint64_t took = now_ns() - start;

	if (got < TPM_HEADER_SIZE)
		fail(name, "bytes of its answer:", (uint32_t)got);
	if (tpm_response_code(response) != TPM_RC_SUCCESS)
		fail(name, "TPM error", tpm_response_code(response));
	return took;
}

static uint64_t sample(const struct tpm_command *command, uint32_t key)
{
	uint64_t took = command_run(command->name, command->make, key);

	if (command->makes_key)
		command_run("FlushContext", tpm_command_flush, tpm_response_handle(response));
	return took;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void measure(const struct tpm_command *command, uint32_t key, uint64_t ns)
{
	static uint64_t samples[SAMPLES_MAX];
	size_t count = 0;

	sample(command, key);
	uint64_t end = now_ns() + ns;

	do {
		samples[count++] = sample(command, key);
	} while (count < SAMPLES_MAX && now_ns() < end);
	qsort(samples, count, sizeof(samples[0]), compare);
	printf("%s\t%zu\t%llu\t%llu\t%llu\n", command->name, count,
		(unsigned long long)samples[count / 2], (unsigned long long)samples[0],
		(unsigned long long)samples[count - 1]);
}

static void tell_time(const char *when)
{
	printf("%s\t%llu\n", when, (unsigned long long)now_ns());
	if (fflush(stdout) != 0)
		fail(when, "standard output: error", (uint32_t)errno);
}

static uint64_t read_seconds(const char *text)
{
	char *end = NULL;
	double seconds = strtod(text, &end);

	if (end == text || *end != '\0' || !(seconds >= 0 && seconds <= 600)) {
		fprintf(stderr, "tpm-latency: %s: must be seconds, 0 to 600\n", text);
		exit(2);
	}
	return (uint64_t)(seconds * 1e9);
}

int main(int argc, char **argv)
{
	const char *path = argc == 3 ? argv[2] : "/dev/tpm0";

	if (argc != 2 && argc != 3) {
		fprintf(stderr, "usage: tpm-latency SECONDS [DEVICE]\n");
		return 2;
	}
	uint64_t ns = read_seconds(argv[1]);

	device = open(path, O_RDWR);
	if (device < 0) {
		fprintf(stderr, "tpm-latency: %s: %s\n", path, strerror(errno));
		return 1;
	}
	command_run("CreatePrimary", tpm_command_signing_key, 0);
	uint32_t key = tpm_response_handle(response);

	tell_time("begin");
	for (size_t i = 0; i < TPM_COMMAND_COUNT; i++)
		measure(&tpm_commands[i], key, ns);
	tell_time("end");
	command_run("FlushContext", tpm_command_flush, key);
	return 0;
}
