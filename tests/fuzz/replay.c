// SPDX-License-Identifier: MIT
/*
 * Runs a target on saved inputs, without a fuzzer: replay FILE... An input that fails is named, and
 * so is one that takes too long; the status is then not 0.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

#define SECONDS_MAX 20

// Read by the sanitizers before main: every report ends in abort, which names the input below.
const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

const char *__asan_default_options(void)
{
	return "abort_on_error=1:detect_leaks=0";
}

const char *__ubsan_default_options(void)
{
	return "abort_on_error=1:print_stacktrace=1";
}

static const char *volatile current = "";

static void say(const char *text)
{
	ssize_t done = write(STDERR_FILENO, text, strlen(text));

	(void)done;
}

static void stop(int number)
{
	say(number == SIGALRM ? "replay: not done in time: " : "replay: fails: ");
	say(current);
	say("\n");
	_exit(1);
}

static struct bytes file_read(const char *path)
{
	FILE *file = fopen(path, "rb");
	size_t room = 4096;
	size_t size = 0;
	uint8_t *data = malloc(room);

	while (file != NULL && data != NULL) {
		size += fread(data + size, 1, room - size, file);
		if (size < room)
			break;
		room *= 2;
		uint8_t *larger = realloc(data, room);

		if (larger == NULL)
			free(data);
		data = larger;
	}
	if (file == NULL || data == NULL || ferror(file)) {
		perror(path);
		exit(2);
	}
	(void)fclose(file);
	struct bytes bytes = fuzz_copy(data, size);

	free(data);
	return bytes;
}

int main(int argc, char **argv)
{
	signal(SIGABRT, stop);
	signal(SIGALRM, stop);
	for (int i = 1; i < argc; i++) {
		struct bytes input = file_read(argv[i]);

		current = argv[i];
		alarm(SECONDS_MAX);
		(void)LLVMFuzzerTestOneInput(input.data, input.size);
		alarm(0);
		fuzz_free(input);
	}
	return argc > 1 ? 0 : 2;
}
