// SPDX-License-Identifier: MIT
#include "tests/unit/igvm_tool.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *program;
static char folder[] = "/tmp/copra-unit-XXXXXX";

const char *tool_path(const char *name)
{
	static char paths[16][128];
	static unsigned int next;
	char *path = paths[next++ % ARRAY_SIZE(paths)];

	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

void tool_write(const char *name, const void *data, size_t size)
{
	FILE *file = fopen(tool_path(name), "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

struct bytes tool_read(const char *name)
{
	FILE *file = fopen(tool_path(name), "rb");
	static uint8_t data[1 << 20];
	size_t size;

	assert_non_null(file);
	size = fread(data, 1, sizeof(data), file);
	(void)fclose(file);
	return unit_copy(data, size);
}

int tool_run(const char *const *arguments)
{
	const char *argv[32] = {program};
	int status = 0;
	pid_t child;

	for (size_t i = 0; arguments[i] != NULL; i++) {
		assert_true(i + 2 < ARRAY_SIZE(argv));
		argv[i + 1] = arguments[i];
	}
	(void)fflush(NULL);
	child = fork();
	if (child == 0) {
		int out = open(tool_path("out"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
		int err = open(tool_path("err"), O_WRONLY | O_CREAT | O_TRUNC, 0600);

		dup2(out, 1);
		dup2(err, 2);
		setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
		execv(program, (char *const *)argv);
		_exit(127);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

bool tool_printed(const char *name, const char *text)
{
	struct bytes bytes = tool_read(name);
	bool found = memmem(bytes.data, bytes.size, text, strlen(text)) != NULL;

	if (!found)
		print_message(
			"# no \"%s\" in: %.*s\n", text, (int)bytes.size, (const char *)bytes.data);
	unit_free(bytes);
	return found;
}

int tool_build(const struct kernel_sample *kernel, const struct firmware *firmware)
{
	struct bytes image = firmware_make(firmware);

	tool_write("kernel.elf", kernel, sizeof(*kernel));
	tool_write("fw.fd", image.data, image.size);
	unit_free(image);
	unlink(tool_path("out.igvm"));
	return TOOL_RUN("build", "--kernel", tool_path("kernel.elf"), "--firmware",
		tool_path("fw.fd"), "--vp-count-max", "16", "-o", tool_path("out.igvm"));
}

int tool_end(void **context)
{
	static const char *const names[] = {"kernel.elf", "fw.fd", "out.igvm", "bad.igvm", "out",
		"err", "out.igvm.tmp", "program", "manifest", "manifest0", "manifest1",
		"manifest2"};

	(void)context;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		unlink(tool_path(names[i]));
	return rmdir(folder);
}

bool tool_start(int argc, char **argv)
{
	if (argc != 2 || mkdtemp(folder) == NULL) {
		fprintf(stderr, "usage: %s COPRA-IGVM\n", argv[0]);
		return false;
	}
	program = argv[1];
	return true;
}
