// SPDX-License-Identifier: MIT
// copra-igvm as a program: what `build` lays out, checked against abi/boot.h by a reader that
// loads the file as a host would and walks the page tables as a processor would; and what it
// refuses. The first argument is the program.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hw/vmsa.h"
#include "lib/igvm.h"
#include "tests/unit/firmware.h"
#include "tests/unit/igvm_sample.h"
#include "tests/unit/kernel_sample.h"

#define PAGE  0x1000ull
#define PAGES (KERNEL_REGION_SIZE / PAGE)

static const char *program;
static char folder[] = "/tmp/copra-unit-XXXXXX";

static const char *path_of(const char *name)
{
	static char paths[16][128];
	static unsigned int next;
	char *path = paths[next++ % ARRAY_SIZE(paths)];

	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

static void write_file(const char *name, const void *data, size_t size)
{
	FILE *file = fopen(path_of(name), "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static struct bytes read_file(const char *name)
{
	FILE *file = fopen(path_of(name), "rb");
	static uint8_t data[1 << 20];
	size_t size;

	assert_non_null(file);
	size = fread(data, 1, sizeof(data), file);
	(void)fclose(file);
	return unit_copy(data, size);
}

// Runs the program; its output goes to the files "out" and "err". Returns the exit status.
static int run(const char *const *arguments)
{
	const char *argv[16] = {program};
	int status = 0;
	pid_t child;

	for (int i = 0; arguments[i] != NULL; i++)
		argv[i + 1] = arguments[i];
	(void)fflush(NULL);
	child = fork();
	if (child == 0) {
		int out = open(path_of("out"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
		int err = open(path_of("err"), O_WRONLY | O_CREAT | O_TRUNC, 0600);

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

#define RUN(...) run((const char *const[]){__VA_ARGS__, NULL})

// Whether the text stands in the program's last output of that name.
static bool printed(const char *name, const char *text)
{
	struct bytes bytes = read_file(name);
	bool found = memmem(bytes.data, bytes.size, text, strlen(text)) != NULL;

	if (!found)
		print_message(
			"# no \"%s\" in: %.*s\n", text, (int)bytes.size, (const char *)bytes.data);
	unit_free(bytes);
	return found;
}

static int build(const struct kernel_sample *kernel, const struct firmware *firmware)
{
	struct bytes image = firmware_make(firmware);

	write_file("kernel.elf", kernel, sizeof(*kernel));
	write_file("fw.fd", image.data, image.size);
	unit_free(image);
	unlink(path_of("out.igvm"));
	return RUN("build", "--kernel", path_of("kernel.elf"), "--firmware", path_of("fw.fd"),
		"--vp-count-max", "16", "-o", path_of("out.igvm"));
}

// Guest memory after loading the file as a host would.
struct guest {
	struct bytes bytes;
	struct igvm_file file;
	uint8_t *region;     // KERNEL_REGION_SIZE
	uint8_t type[PAGES]; // 0: not loaded; else page data type + 1, parameters 0x80 + area
	uint64_t firmware_pages;
	uint64_t policy;
	struct vmsa vmsa;
	struct boot_info info;
};

static uint8_t *region_at(struct guest *guest, uint64_t gpa)
{
	assert_true(gpa >= KERNEL_GPA && gpa < KERNEL_GPA + KERNEL_REGION_SIZE);
	return guest->region + (gpa - KERNEL_GPA);
}

static void load_page(struct guest *guest, const struct igvm_header *header)
{
	const struct igvm_page_data *page = &header->u.page;

	assert_int_equal(page->flags, 0);
	if (page->gpa >= GIB(3)) {
		assert_int_equal(
			page->gpa, GIB(4) - FIRMWARE_SIZE + guest->firmware_pages++ * PAGE);
		return;
	}
	if (!bytes_is_empty(header->data))
		memcpy(region_at(guest, page->gpa), header->data.data, PAGE);
	guest->type[(page->gpa - KERNEL_GPA) / PAGE] = (uint8_t)(page->data_type + 1);
}

static void load(struct guest *guest)
{
	struct igvm_header header;
	struct igvm_error error;
	struct igvm_iter iter;

	memset(guest, 0, sizeof(*guest));
	guest->bytes = read_file("out.igvm");
	guest->region = calloc(1, KERNEL_REGION_SIZE);
	assert_true(igvm_open(guest->bytes, &guest->file, &error));
	iter = igvm_iter_start(&guest->file, 1);
	while (igvm_next(&iter, &header)) {
		if (header.type == IGVM_PAGE_DATA)
			load_page(guest, &header);
		else if (header.type == IGVM_PARAMETER_INSERT)
			guest->type[(header.u.insert.gpa - KERNEL_GPA) / PAGE] =
				(uint8_t)(0x80 + header.u.insert.parameter_area_index);
		else if (header.type == IGVM_GUEST_POLICY)
			guest->policy = header.u.policy.policy;
		else if (header.type == IGVM_VP_CONTEXT)
			memcpy(&guest->vmsa, header.data.data, sizeof(guest->vmsa));
	}
	memcpy(&guest->info, region_at(guest, guest->vmsa.rsi), sizeof(guest->info));
}

static void unload(struct guest *guest)
{
	unit_free(guest->bytes);
	free(guest->region);
}

static struct guest *build_and_load(void)
{
	static struct guest guest;
	struct kernel_sample kernel;
	struct firmware firmware;

	kernel_sample_init(&kernel);
	firmware_init(&firmware);
	assert_int_equal(build(&kernel, &firmware), 0);
	load(&guest);
	return &guest;
}

// The leaf entry for an address; 0: not mapped. Table entries must lie in the tables' range.
static uint64_t walk(struct guest *guest, uint64_t va)
{
	uint64_t table = guest->info.page_root_gpa;
	uint64_t entry = 0;

	for (int shift = 39; shift >= 12; shift -= 9) {
		assert_true(table >= guest->info.tables_gpa && table < guest->info.tables_end_gpa);
		memcpy(&entry, region_at(guest, table) + (va >> shift) % 512 * 8, sizeof(entry));
		if ((entry & 1) == 0) {
			assert_int_equal(entry, 0);
			return 0;
		}
		assert_int_equal(entry & 0x20, 0x20); // accessed
		table = entry & 0x000ffffffffff000;
	}
	return entry;
}

static uint64_t count_present(struct guest *guest)
{
	uint64_t count = 0;

	for (uint64_t gpa = guest->info.tables_gpa; gpa < guest->info.tables_end_gpa; gpa += 8)
		count += *region_at(guest, gpa) & 1;
	return count;
}

#define LEAF_RX 0x21ull
#define LEAF_R	(0x21ull | BIT(63))
#define LEAF_RW (0x63ull | BIT(63))

static uint64_t expected_leaf(const struct guest *guest, uint64_t va)
{
	const struct boot_info *info = &guest->info;
	uint64_t gpa = va - KERNEL_VA + KERNEL_GPA;

	if (va < KERNEL_VA + 0x2000)
		return LEAF_RX | gpa;
	if (va < KERNEL_VA + 0x3000)
		return LEAF_R | gpa;
	if (va < KERNEL_VA + 0x4000 || va == info->stack_guard_va)
		return 0;
	if (va < KERNEL_VA + 0x7000 || gpa == info->cpuid_gpa || gpa == info->secrets_gpa ||
		va > info->stack_guard_va)
		return LEAF_RW | gpa;
	return LEAF_R | gpa;
}

static void maps_every_page_as_promised(void **context)
{
	struct guest *guest = build_and_load();
	uint64_t mapped = 1; // the 32-bit entry
	uint64_t tables;

	(void)context;
	for (uint64_t va = KERNEL_VA; va - KERNEL_VA < KERNEL_REGION_SIZE; va += PAGE) {
		uint64_t entry = walk(guest, va);

		assert_int_equal(entry, expected_leaf(guest, va));
		mapped += entry != 0;
	}
	assert_int_equal(walk(guest, KERNEL_GPA), LEAF_RX | KERNEL_GPA);
	// All else is unmapped: as many present entries as mapped pages and tables below the root.
	tables = (guest->info.tables_end_gpa - guest->info.tables_gpa) / PAGE;
	assert_int_equal(count_present(guest), mapped + tables - 1);
	assert_int_equal(walk(guest, 0), 0);
	unload(guest);
}

static void loads_the_image(void **context)
{
	struct guest *guest = build_and_load();

	(void)context;
	for (size_t i = 0; i < 0x1800; i++)
		assert_int_equal(guest->region[i], 0xcc);
	assert_true(bytes_is_zero(bytes_make(guest->region + 0x1800, 0x800)));
	assert_int_equal(guest->region[0x201f], 0x11);
	assert_int_equal(guest->region[0x40ff], 0x22);
	assert_true(bytes_is_zero(bytes_make(guest->region + 0x4100, 0x2f00)));
	for (uint64_t page = 0; page < 7; page++)
		assert_int_equal(guest->type[page], page == 3 ? 0 : IGVM_PAGE_NORMAL + 1);
	assert_int_equal(guest->firmware_pages, FIRMWARE_SIZE / PAGE);
	assert_int_equal(guest->policy, 0x30000);
	unload(guest);
}

static uint8_t type_at(const struct guest *guest, uint64_t gpa)
{
	return guest->type[(gpa - KERNEL_GPA) / PAGE];
}

static void describes_itself(void **context)
{
	struct guest *guest = build_and_load();
	const struct boot_info *info = &guest->info;

	(void)context;
	assert_int_equal(info->magic, BOOT_INFO_MAGIC);
	assert_int_equal(info->version, BOOT_INFO_VERSION);
	assert_int_equal(info->size, sizeof(*info));
	assert_int_equal(info->region.gpa, KERNEL_GPA);
	assert_int_equal(info->region.size, KERNEL_REGION_SIZE);
	assert_int_equal(info->vp_count_max, 16);
	assert_int_equal(type_at(guest, info->cpuid_gpa), IGVM_PAGE_CPUID_DATA + 1);
	assert_int_equal(type_at(guest, info->secrets_gpa), IGVM_PAGE_SECRETS + 1);
	assert_int_equal(type_at(guest, info->general_gpa), 0x80);
	assert_int_equal(type_at(guest, info->memory_map.gpa), 0x81);
	assert_int_equal(type_at(guest, info->madt.gpa), 0x82);
	assert_int_equal(type_at(guest, info->device_tree.gpa), 0x83);
	assert_int_equal(info->stack_top_va, info->stack_guard_va + PAGE + BOOT_STACK_SIZE);
	assert_int_equal(type_at(guest, info->stack_guard_va - KERNEL_VA + KERNEL_GPA), 0);
	assert_int_equal(info->heap_gpa, info->tables_end_gpa);
	for (uint64_t gpa = info->heap_gpa; gpa < KERNEL_GPA + KERNEL_REGION_SIZE; gpa += PAGE)
		assert_int_equal(type_at(guest, gpa), 0);
	for (uint64_t gpa = guest->vmsa.rsi; gpa < info->heap_gpa; gpa += PAGE)
		assert_true(type_at(guest, gpa) != 0 ||
			    gpa - KERNEL_GPA + KERNEL_VA == info->stack_guard_va);
	assert_int_equal(info->segment_count, 3);
	assert_int_equal(info->segments[0].va, KERNEL_VA);
	assert_int_equal(info->segments[0].size, 0x2000);
	assert_int_equal(info->segments[0].flags, BOOT_SEGMENT_R | BOOT_SEGMENT_X);
	assert_int_equal(info->segments[2].va, KERNEL_VA + 0x4000);
	assert_int_equal(info->segments[2].size, 0x3000);
	assert_int_equal(info->segments[2].flags, BOOT_SEGMENT_R | BOOT_SEGMENT_W);
	unload(guest);
}

static void describes_the_firmware(void **context)
{
	struct guest *guest = build_and_load();
	const struct boot_firmware *firmware = &guest->info.firmware;

	(void)context;
	assert_int_equal(firmware->image.gpa, GIB(4) - FIRMWARE_SIZE);
	assert_int_equal(firmware->image.size, FIRMWARE_SIZE);
	assert_int_equal(firmware->reset_vector_gpa, 0xfffffff0);
	assert_int_equal(firmware->secrets_gpa, 0x80d000);
	assert_int_equal(firmware->cpuid_gpa, 0x80e000);
	assert_int_equal(firmware->caa_gpa, 0x80f000);
	assert_int_equal(firmware->memory_map.gpa, 0x812000);
	assert_int_equal(firmware->memory_map.size, 192);
	assert_int_equal(firmware->vp_count_gpa, 0x8120c0);
	assert_int_equal(firmware->prevalidate_count, 2);
	assert_int_equal(firmware->prevalidate[1].gpa, 0x80a000);
	assert_int_equal(firmware->prevalidate[1].size, 0x26000);
	unload(guest);
}

static void starts_the_first_vcpu(void **context)
{
	struct guest *guest = build_and_load();
	const struct vmsa *vmsa = &guest->vmsa;

	(void)context;
	assert_int_equal(vmsa->rip, KERNEL_GPA + 0x40);
	assert_int_equal(vmsa->rsi, KERNEL_GPA + 0x7000);
	assert_int_equal(vmsa->cs.attrib, 0xc9b);
	assert_int_equal(vmsa->ss.attrib, 0xc93);
	assert_int_equal(vmsa->cs.limit, 0xffffffff);
	assert_int_equal(vmsa->cr0, 0x31);
	assert_int_equal(vmsa->cr3, 0);
	assert_int_equal(vmsa->cr4, 0x60);
	assert_int_equal(vmsa->efer, 0x1000);
	assert_int_equal(vmsa->rflags, 2);
	assert_int_equal(vmsa->dr6, 0xffff0ff0);
	assert_int_equal(vmsa->dr7, 0x400);
	assert_int_equal(vmsa->xcr0, 1);
	assert_int_equal(vmsa->g_pat, 0x0007040600070406);
	assert_int_equal(vmsa->mxcsr, 0x1f80);
	assert_int_equal(vmsa->x87_fcw, 0x37f);
	assert_int_equal(vmsa->sev_features, 0x29);
	assert_int_equal(vmsa->vmpl, 0);
	assert_int_equal(vmsa->rsp, 0);
	unload(guest);
}

static void lists_functions(void **context)
{
	static const char *const names[] = {"entry32", "first", "second"};
	static const uint32_t offsets[] = {0x40, 0x1000, 0x1200, 0x2000};
	struct guest *guest = build_and_load();
	const struct boot_range *range = &guest->info.ksyms;
	const struct boot_ksym *table = (const void *)region_at(guest, range->gpa);

	(void)context;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_int_equal(table[i].offset, offsets[i]);
		assert_true(table[i].name_offset < range->size);
		assert_string_equal((const char *)table + table[i].name_offset, names[i]);
	}
	assert_int_equal(table[3].name_offset, 0);
	assert_int_equal(table[3].offset, offsets[3]);
	unload(guest);
}

static void builds_the_same_file_twice(void **context)
{
	struct kernel_sample kernel;
	struct firmware firmware;
	struct bytes first, second;

	(void)context;
	kernel_sample_init(&kernel);
	firmware_init(&firmware);
	assert_int_equal(build(&kernel, &firmware), 0);
	first = read_file("out.igvm");
	assert_int_equal(build(&kernel, &firmware), 0);
	second = read_file("out.igvm");
	assert_true(bytes_equal(first, second));
	unit_free(first);
	unit_free(second);
}

// What starts the kernel without SNP is not in the file.
static void leaves_out_the_native_loader(void **context)
{
	struct kernel_sample kernel;
	struct firmware firmware;
	struct bytes without, with;

	(void)context;
	kernel_sample_init(&kernel);
	firmware_init(&firmware);
	kernel.segments[1].type = 0;
	assert_int_equal(build(&kernel, &firmware), 0);
	without = read_file("out.igvm");
	kernel.segments[1].type = ELF_PT_LOAD;
	kernel.segments[1].vaddr = NATIVE_LOADER_GPA;
	assert_int_equal(build(&kernel, &firmware), 0);
	with = read_file("out.igvm");
	assert_true(bytes_equal(without, with));
	unit_free(without);
	unit_free(with);
}

static void builds_without_firmware(void **context)
{
	static struct guest guest;
	struct kernel_sample kernel;

	(void)context;
	kernel_sample_init(&kernel);
	write_file("kernel.elf", &kernel, sizeof(kernel));
	assert_int_equal(RUN("build", "--kernel", path_of("kernel.elf"), "--policy", "0xb0000",
				 "-o", path_of("out.igvm")),
		0);
	load(&guest);
	assert_int_equal(guest.firmware_pages, 0);
	assert_int_equal(guest.info.firmware.image.size, 0);
	assert_int_equal(guest.policy, 0xb0000);
	unload(&guest);
}

#define assert_refused(statement, message)                                                         \
	do {                                                                                       \
		struct kernel_sample kernel;                                                       \
		struct firmware firmware;                                                          \
		kernel_sample_init(&kernel);                                                       \
		firmware_init(&firmware);                                                          \
		statement;                                                                         \
		assert_int_equal(build(&kernel, &firmware), 1);                                    \
		assert_true(printed("err", message));                                              \
		assert_int_equal(access(path_of("out.igvm"), F_OK), -1);                           \
	} while (0)

static void refuses_bad_kernels(void **context)
{
	(void)context;
	assert_refused(kernel.header.magic = 0, "not an ELF file");
	assert_refused(kernel.header.phnum = 0, "no loadable segment");
	assert_refused(kernel.segments[0].flags = 7, "writable and executable");
	assert_refused(kernel.segments[2].vaddr = KERNEL_VA - 0x1000, "outside");
	assert_refused(
		kernel.segments[2].vaddr = KERNEL_VA + KERNEL_REGION_SIZE - 0x2000, "outside");
	assert_refused(
		kernel.segments[1].vaddr = NATIVE_LOADER_GPA + NATIVE_LOADER_SIZE - 8, "outside");
	assert_refused(kernel.segments[1].vaddr = NATIVE_LOADER_GPA - 8, "outside");
	assert_refused(kernel.segments[2].memsz = KERNEL_REGION_SIZE - 0x5000, "too small");
	assert_refused(kernel.segments[2].vaddr = KERNEL_VA + 0x2000, "shares a page");
	assert_refused(kernel.segments[1].vaddr += 8, "does not start on a page");
	assert_refused(kernel.strings[1] = 'x', "no symbol entry32_start");
	assert_refused(
		kernel.symbols[KERNEL_SYMBOL_ENTRY32].value = KERNEL_VA + 0x80, "out of order");
	assert_refused(kernel.symbols[KERNEL_SYMBOL_ENTRY32_START].value = 0x1000, "outside");
	assert_refused(kernel.symbols[KERNEL_SYMBOL_ENTRY32_END].value = KERNEL_VA + 0x2001,
		"not in a read-execute segment");
	assert_refused(kernel.header.shnum = 0, "no symbol");
}

static void refuses_bad_firmware(void **context)
{
	(void)context;
	assert_refused(firmware.table_guid[0] ^= 1, "no table");
	assert_refused(firmware.sev_sections[4].type = 99, "no SVSM calling area");
	assert_refused(
		firmware.sev_sections[0].base = KERNEL_GPA - 0x1000, "overlaps the kernel region");
	assert_refused(firmware.sev_sections[0].base = KERNEL_GPA + KERNEL_REGION_SIZE - 0x1000,
		"overlaps the kernel region");
}

static void refuses_bad_command_lines(void **context)
{
	(void)context;
	assert_int_equal(RUN("frobnicate"), 2);
	assert_int_equal(RUN("build"), 1);
	assert_int_equal(RUN("build", "--kernel", "/nonexistent", "-o", path_of("out.igvm")), 1);
	assert_true(printed("err", "/nonexistent: No such file"));
	assert_int_equal(RUN("build", "--kernel", folder, "-o", path_of("out.igvm")), 1);
	assert_true(printed("err", "not a regular file"));
	assert_int_equal(RUN("build", "--policy", "12x", "--kernel", "x", "-o", "y"), 1);
	assert_true(printed("err", "not a number"));
	assert_int_equal(RUN("measure"), 1);
	assert_int_equal(RUN("show"), 1);
	assert_int_equal(RUN("--help"), 0);
}

static void measures_and_shows(void **context)
{
	struct bytes file;

	(void)context;
	unload(build_and_load());
	assert_int_equal(RUN("measure", path_of("out.igvm")), 0);
	assert_true(printed("out", "launch_digest\t"));
	assert_true(printed("out", "\nvmsa_pages\t1\n"));
	// Image 6, boot information, symbols, stack 4, tables 14, VMSA.
	assert_true(printed("out", "\nmeasured_bytes_besides_firmware\t110592\n"));
	assert_true(printed("out", "\nunmeasured_pages\t4\n"));
	assert_int_equal(RUN("show", path_of("out.igvm")), 0);
	assert_true(printed("out", "SEV-SNP, version 1"));
	assert_true(printed("out", "RIP 8000040"));

	file = read_file("out.igvm");
	unit_data(file)[30] ^= 1;
	write_file("bad.igvm", file.data, file.size);
	unit_free(file);
	assert_int_equal(RUN("measure", path_of("bad.igvm")), 1);
	assert_true(printed("err", "at offset 0x14: the checksum of the headers is wrong"));
	assert_int_equal(RUN("show", path_of("bad.igvm")), 1);
	write_file("bad.igvm", "", 0);
	assert_int_equal(RUN("show", path_of("bad.igvm")), 1);
	assert_true(printed("err", "too short"));
}

static void write_sample(const struct sample *sample)
{
	struct bytes bytes = sample_make(sample);

	write_file("bad.igvm", bytes.data, bytes.size);
	unit_free(bytes);
}

static void refuses_to_measure_what_cannot_launch(void **context)
{
	static struct sample sample;
	struct igvm_snp_id_block id_block = {.compatibility_mask = SAMPLE_SNP};

	(void)context;
	sample_init_empty(&sample, IGVM_VERSION_1);
	sample_add_platform(&sample, IGVM_PLATFORM_TDX, 4);
	write_sample(&sample);
	assert_int_equal(RUN("measure", path_of("bad.igvm")), 1);
	assert_true(printed("err", "not for the platform SEV-SNP"));
	assert_int_equal(RUN("show", path_of("bad.igvm")), 0);

	sample_init(&sample, IGVM_VERSION_2);
	sample_add_page(&sample, 0x100000, IGVM_PAGE_NORMAL, 1);
	write_sample(&sample);
	assert_int_equal(RUN("measure", path_of("bad.igvm")), 1);
	assert_true(printed("err", "guest memory is filled twice (0x100000)"));

	// The digest of this sample is known from test_digest.c.
	sample_init(&sample, IGVM_VERSION_2);
	memcpy(id_block.ld, "\x53\xe7\x05\xab\x78\x56\xc8\x0e", 8);
	sample_add(&sample, IGVM_SNP_ID_BLOCK, &id_block, sizeof(id_block));
	write_sample(&sample);
	assert_int_equal(RUN("measure", path_of("bad.igvm")), 1);
	assert_true(printed("err", "the ID block holds another launch digest"));
	assert_int_equal(RUN("show", path_of("bad.igvm")), 0);
	assert_true(printed("out", "launch digest 53e705ab7856c80e00"));
}

static int remove_folder(void **context)
{
	static const char *const names[] = {
		"kernel.elf", "fw.fd", "out.igvm", "bad.igvm", "out", "err", "out.igvm.tmp"};

	(void)context;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		unlink(path_of(names[i]));
	return rmdir(folder);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(maps_every_page_as_promised),
		cmocka_unit_test(loads_the_image),
		cmocka_unit_test(describes_itself),
		cmocka_unit_test(describes_the_firmware),
		cmocka_unit_test(starts_the_first_vcpu),
		cmocka_unit_test(lists_functions),
		cmocka_unit_test(builds_the_same_file_twice),
		cmocka_unit_test(leaves_out_the_native_loader),
		cmocka_unit_test(builds_without_firmware),
		cmocka_unit_test(refuses_bad_kernels),
		cmocka_unit_test(refuses_bad_firmware),
		cmocka_unit_test(refuses_bad_command_lines),
		cmocka_unit_test(measures_and_shows),
		cmocka_unit_test(refuses_to_measure_what_cannot_launch),
	};

	if (argc != 2 || mkdtemp(folder) == NULL) {
		fprintf(stderr, "usage: test_build COPRA-IGVM\n");
		return 2;
	}
	program = argv[1];
	return cmocka_run_group_tests_name("build", tests, NULL, remove_folder);
}
