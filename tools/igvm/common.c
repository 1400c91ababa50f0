// SPDX-License-Identifier: MIT
#include "tools/igvm/common.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

// An IGVM file's own limit is 4 GiB (u32); no sensible input comes near this.
#define FILE_MAX GIB(1)

void die(const char *format, ...)
{
	va_list args;

	fputs("copra-igvm: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

void *allocate(size_t count, size_t size)
{
	void *p = calloc(count > 0 ? count : 1, size);

	if (p == NULL)
		die("out of memory");
	return p;
}

void *reallocate(void *p, size_t count, size_t size)
{
	p = reallocarray(p, count, size);
	if (p == NULL)
		die("out of memory");
	return p;
}

struct bytes file_read(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct stat status;
	uint8_t *data = NULL;
	size_t size = 0;

	if (file == NULL || fstat(fileno(file), &status) != 0)
		die("%s: %s", path, strerror(errno));
	if (!S_ISREG(status.st_mode))
		die("%s: not a regular file", path);
	if ((uint64_t)status.st_size > FILE_MAX)
		die("%s: too large (%lld bytes)", path, (long long)status.st_size);
	size = (size_t)status.st_size;
	data = allocate(size, 1);
	if (fread(data, 1, size, file) != size)
		die("%s: cannot read: %s", path, strerror(errno));
	(void)fclose(file);
	return bytes_make(data, size);
}

// Through a temporary name, so that a failure leaves no half-written file behind.
void file_write(const char *path, const void *data, size_t size)
{
	char *temporary = NULL;
	FILE *file = NULL;

	if (asprintf(&temporary, "%s.tmp", path) < 0)
		die("out of memory");
	file = fopen(temporary, "wb");
	if (file == NULL)
		die("%s: %s", temporary, strerror(errno));
	if (fwrite(data, 1, size, file) != size || fclose(file) != 0)
		die("%s: cannot write: %s", temporary, strerror(errno));
	if (rename(temporary, path) != 0)
		die("%s: %s", path, strerror(errno));
	free(temporary);
}

void igvm_file_open(const char *path, struct igvm_file *file)
{
	struct igvm_error error;

	if (!igvm_open(file_read(path), file, &error))
		die("%s: at offset 0x%llx: %s (0x%llx)", path, (unsigned long long)error.offset,
			igvm_error_text(error.id), (unsigned long long)error.value);
}

struct igvm_platform igvm_file_snp(const char *path, const struct igvm_file *file)
{
	struct igvm_platform platform = {0};

	if (!igvm_find_platform(file, IGVM_PLATFORM_SEV_SNP, &platform))
		die("%s: not for the platform SEV-SNP", path);
	return platform;
}
