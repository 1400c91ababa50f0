// SPDX-License-Identifier: MIT
// First inputs for the fuzzers: make-seeds FOLDER writes FOLDER/<target>/<name>. From the unit
// tests' samples, which look like what OVMF, the kernel and the IGVM builder make.
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tests/fuzz/program.h"
#include "tests/unit/firmware.h"
#include "tests/unit/igvm_sample.h"
#include "tests/unit/kernel_sample.h"

#define OVMF_RANGES 16 // separate ones that the reader takes

static const char *folder;

static void seed(const char *target, const char *name, const void *data, size_t size)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, target);
	(void)mkdir(folder, 0777);
	(void)mkdir(path, 0777);
	snprintf(path, sizeof(path), "%s/%s/%s", folder, target, name);
	file = fopen(path, "wb");
	if (file == NULL || fwrite(data, 1, size, file) != size || fclose(file) != 0) {
		perror(path);
		exit(1);
	}
}

static void set_offset(struct sample *sample, uint32_t type, uint32_t offset)
{
	size_t at = sample_find(sample, type, 0) + offsetof(struct igvm_parameter, byte_offset);

	memcpy(sample->headers + at, &offset, sizeof(offset));
}

// Without its pages of data: the targets put zeros in their place.
// edge: not 0: room that is left for the memory map in its area; 48 bytes are enough.
static void seed_igvm(const char *name, uint32_t version, uint32_t edge)
{
	static struct sample sample;
	static const char *const targets[] = {"igvm", "igvm_tool", "launch"};
	uint8_t input[1 + SAMPLE_HEADERS_MAX] = {SAMPLE_PAGES};

	sample_init(&sample, version);
	if (edge != 0) {
		set_offset(&sample, IGVM_MEMORY_MAP, 2 * IGVM_PAGE_SIZE - edge);
		set_offset(&sample, IGVM_MADT, 2 * IGVM_PAGE_SIZE - 60);
		set_offset(&sample, IGVM_DEVICE_TREE, 3 * IGVM_PAGE_SIZE - 72);
	}
	struct bytes file = sample_make(&sample);
	size_t size = file.size - SAMPLE_DATA_SIZE;

	memcpy(input + 1, file.data, size);
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++)
		seed(targets[i], name, input, 1 + size);
	unit_free(file);
}

// The tables of the sample, and in front of them, closer than there, what they point to.
static void seed_firmware(const char *name, uint32_t ranges)
{
	enum { SIZE = 0x400, IGVM_AT = 0x180, TABLES = 0x180 };
	uint8_t end[SIZE] = {0};
	struct firmware firmware;

	firmware_init(&firmware);
	for (uint32_t i = 0; i < ranges; i++)
		firmware_add_sev(&firmware, OVMF_SEV_MEMORY, (i + 1) << 24, 0x1000);
	firmware.sev_from_end = SIZE;
	firmware.igvm_from_end = SIZE - IGVM_AT;
	struct bytes image = firmware_make(&firmware);

	memcpy(end, &firmware.sev, IGVM_AT);
	memcpy(end + IGVM_AT, &firmware.igvm,
		sizeof(firmware.igvm) + 8 * sizeof(struct ovmf_section));
	memcpy(end + SIZE - TABLES, image.data + image.size - TABLES, TABLES);
	seed("ovmf", name, end, SIZE);
	unit_free(image);
}

static void seed_text(const char *target, const char *name, const char *text)
{
	seed(target, name, text, strlen(text));
}

static void seed_texts(void)
{
	seed_text("options", "all", "mem=536870912\ntrace=exits\ntestdev=1\nlog=debug\ngdb=svsm\n");
	seed_text("options", "guest", "gdb=guest\nlog=warn");
	seed_text("fmt", "format", "\x01\xff%-08lx|%s|%.*s|%c|%#llx|%%|%p");
	seed_text("fmt", "number", "\x02\x03\x0c\xff\x1f\x09\x80\x81\x82\x83\x84\x85\x86\x87");
	seed_text("gdb", "start",
		"$qSupported:multiprocess+#c6+$?#3f$g#67$p10#01$m1000,10#1b$Hg1#e0$qfThreadInfo#bb"
		"$vCont?#49$Z0,1000,1#f1$z0,1000,1#11$qXfer:features:read:target.xml:0,ffb#79"
		"$M1000,2:abcd#e3$vCont;s:1;c#c1");
}

// The sample, with few bytes in the file for each segment.
static void seed_kernel(void)
{
	enum { BYTES = 0x40 };
	static struct kernel_sample kernel;
	const size_t size = offsetof(struct kernel_sample, text) + BYTES;

	kernel_sample_init(&kernel);
	for (size_t i = 0; i < ARRAY_SIZE(kernel.segments); i++) {
		kernel.segments[i].offset = offsetof(struct kernel_sample, text);
		kernel.segments[i].filesz = BYTES / 2;
	}
	seed("elf", "kernel", &kernel, size);
	seed("igvm_build", "kernel", &kernel, size);
	kernel.segments[2].flags |= ELF_PF_X; // besides writable
	seed("igvm_build", "wx", &kernel, size);
}

// Behind quota, failures and padding.
static void seed_program(void)
{
	uint8_t input[3 + PROGRAM_SIZE] = {150};

	program_make(input + 3);
	seed("load", "program", input, 3 + PROGRAM_DATA_END);
	input[0] = 67;
	seed("load", "quota", input, 3 + PROGRAM_DATA_END);
}

// A zero byte between two.
static void seed_manifests(void)
{
	static const char two[] = "# first\nname vtpm\nprotocol 2\nmemory 4M\n\0"
				  "name\tother-1 # second\nprotocol 0xc0000001\nmemory 8192";

	static const char objects[] =
		"name a\nprotocol 3\nmemory 64K\nservice b\nkey k\nnamespace n 16K\n"
		"device ports 0x70 2\ndevice mmio 0xfed00000 4K read-only\n\0"
		"name b\nprotocol 4\nmemory 1M\nkey k\ndebug yes\nguest no\nreboot reset\n"
		"guid 01234567-89ab-cdef-0123-456789abcdef\n";

	static const char names[] = "name a\nprotocol 3\nmemory 64K\n\0"
				    "name a\nprotocol 4\nmemory 64K\n";
	static const char many[] = "name a\nprotocol 3\nmemory 64K\n"
				   "key a\nkey b\nkey c\nkey d\nkey e\nkey f\nkey g\nkey h\n"
				   "key i\n";

	seed("services", "names", names, sizeof(names) - 1);
	seed("services", "many", many, sizeof(many) - 1);
	seed("services", "most", many, sizeof(many) - 1 - strlen("key i\n"));
	seed("services", "objects", objects, sizeof(objects) - 1);
	seed_text("services", "one", two);
	seed("services", "two", two, sizeof(two) - 1);
}

// For targets that take their input piece by piece, any bytes are a story.
static void seed_random(void)
{
	static const char *const targets[] = {
		"core", "ghcb", "insn", "memmap", "psp", "rle", "syscall"};
	uint8_t bytes[256];
	char name[16];

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		for (int n = 0; n < 16; n++) {
			unit_random_fill(bytes, sizeof(bytes));
			snprintf(name, sizeof(name), "random%d", n);
			seed(targets[i], name, bytes, sizeof(bytes));
		}
	}
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	folder = argv[1];
	seed_igvm("version1", IGVM_VERSION_1, 0);
	seed_igvm("version2", IGVM_VERSION_2, 0);
	seed_igvm("fits", IGVM_VERSION_1, 48);
	seed_igvm("cut", IGVM_VERSION_1, 40);
	seed_kernel();
	seed_program();
	seed_manifests();
	seed_firmware("sample", 0);
	seed_firmware("many", OVMF_RANGES - 2);
	seed_texts();
	seed_random();
	return 0;
}
