// SPDX-License-Identifier: MIT
// The native loader on the build machine: memory is mapped where it looks for it, and what QEMU and
// SeaBIOS would leave there is made, good and spoilt. The layout that it makes is checked against
// abi/boot.h, as test_build.c checks the IGVM builder's.
#include "tests/unit/unit.h"

#include <setjmp.h>
#include <string.h>
#include <sys/mman.h>

#include "hw/acpi.h"
#include "hw/igvm.h"
#include "kernel/native/loader/loader.h"
#include "kernel/native/serial.h"
#include "kernel/native/start_cpu.h"
#include "kernel/native/vm_exit.h"

// Above the kernel's region; what lies behind is not mapped.
#define LOW		0x20000000ull
#define LOW_SIZE	0x10000ull

#define PTE(flags, gpa) ((flags) | (gpa))
#define LEAF_RX		0x21ull
#define LEAF_R		(0x21ull | BIT(63))
#define LEAF_RW		(0x63ull | BIT(63))

struct madt {
	struct acpi_header header;
	uint32_t apic;
	uint32_t flags;
	uint8_t entries[3][8];
};

// What the loader is given, in memory.
struct given {
	struct pvh_start_info start;
	struct pvh_memmap_entry memmap[4];
	struct acpi_rsdp rsdp;
	struct {
		struct acpi_header header;
		uint32_t tables[2];
	} __attribute__((packed)) rsdt;
	struct {
		struct acpi_header header;
		uint64_t tables[1];
	} __attribute__((packed)) xsdt;
	struct acpi_header other;
	struct madt madt;
};

static struct given *given;
static jmp_buf ended;
static char said[512];

const struct loader_segment loader_segments[LOADER_SEGMENT_COUNT] = {
	{KERNEL_VA, KERNEL_VA + 0x1800, BOOT_SEGMENT_R | BOOT_SEGMENT_X},
	{KERNEL_VA + 0x2000, KERNEL_VA + 0x2020, BOOT_SEGMENT_R},
	{KERNEL_VA + 0x4000, KERNEL_VA + 0x7000, BOOT_SEGMENT_R | BOOT_SEGMENT_W},
};

// kernel.ld
extern const uint8_t native_ksyms_start[];
extern const uint8_t native_ksyms_end[];
__asm__(".section .rodata\n"
	".globl native_ksyms_start, native_ksyms_end\n"
	"native_ksyms_start: .asciz \"names\"\n"
	"native_ksyms_end: .byte 0\n"
	".text");

void serial_init(void)
{
}

void serial_write(const char *text, size_t size)
{
	strncat(said, text, MIN(size, sizeof(said) - 1 - strlen(said)));
}

_Noreturn void vm_exit(uint8_t value)
{
	assert_int_equal(value, DEBUG_EXIT_REFUSED);
	longjmp(ended, 1);
}

static uint32_t address_of(const void *p)
{
	return (uint32_t)(uintptr_t)p;
}

static void fix_sum(void *data, size_t size, uint8_t *checksum)
{
	uint8_t sum = 0;

	*checksum = 0;
	for (size_t i = 0; i < size; i++)
		sum = (uint8_t)(sum + ((uint8_t *)data)[i]);
	*checksum = (uint8_t)-sum;
}

static void fix_table(struct acpi_header *header, uint32_t signature, size_t size)
{
	header->signature = signature;
	header->length = (uint32_t)size;
	fix_sum(header, size, &header->checksum);
}

static void fix_sums(void)
{
	fix_sum(&given->rsdp, ACPI_RSDP_V1_SIZE, &given->rsdp.checksum);
	fix_table(&given->rsdt.header, ACPI_SIGNATURE_RSDT, sizeof(given->rsdt));
	fix_table(&given->xsdt.header, ACPI_SIGNATURE_XSDT, sizeof(given->xsdt));
	fix_table(&given->other, 0x50434146, sizeof(given->other));
	fix_table(&given->madt.header, ACPI_SIGNATURE_MADT, sizeof(given->madt));
}

// At the very end of what is mapped, so that a read too far faults.
static void give(void)
{
	memset((void *)LOW, 0, LOW_SIZE);
	given = (struct given *)(LOW + LOW_SIZE - sizeof(*given));
	given->start = (struct pvh_start_info){
		.magic = PVH_MAGIC,
		.version = 1,
		.rsdp = address_of(&given->rsdp),
		.memmap = address_of(given->memmap),
		.memmap_count = 4,
	};
	given->memmap[0] = (struct pvh_memmap_entry){0, 0x9fc00, PVH_MEMORY_USABLE, 0};
	given->memmap[1] = (struct pvh_memmap_entry){0x9fc00, 0x400, 2, 0};
	given->memmap[2] = (struct pvh_memmap_entry){0x100001, 0x1ff00000, PVH_MEMORY_USABLE, 0};
	given->memmap[3] = (struct pvh_memmap_entry){GIB(4), GIB(1), PVH_MEMORY_USABLE, 0};
	given->rsdp.signature = ACPI_RSDP_SIGNATURE;
	given->rsdp.rsdt = address_of(&given->rsdt);
	given->rsdp.length = sizeof(given->rsdp);
	given->rsdt.tables[0] = address_of(&given->other);
	given->rsdt.tables[1] = address_of(&given->madt);
	given->xsdt.tables[0] = address_of(&given->madt);
	memcpy(given->madt.entries[0], (uint8_t[]){0, 8, 0, 0, 1, 0, 0, 0}, 8);
	memcpy(given->madt.entries[1], (uint8_t[]){0, 8, 1, 4, 1, 0, 0, 0}, 8);
	memcpy(given->madt.entries[2], (uint8_t[]){0, 8, 2, 5, 0, 0, 0, 0}, 8);
	fix_sums();
}

// NULL: it ended the VM.
static const struct boot_info *load(uint64_t start)
{
	static const struct boot_info *info;

	said[0] = 0;
	info = NULL;
	// Whatever was there before
	memset((void *)KERNEL_GPA, 0xa5, KERNEL_REGION_SIZE);
	if (setjmp(ended) == 0)
		info = loader_main(start);
	return info;
}

static const struct boot_info *load_good(void)
{
	const struct boot_info *info = NULL;

	give();
	info = load(address_of(&given->start));
	if (info == NULL)
		print_message("# %s", said);
	assert_non_null(info);
	return info;
}

// The leaf entry for an address; 0: not mapped.
static uint64_t walk(const struct boot_info *info, uint64_t va)
{
	uint64_t table = info->page_root_gpa;
	uint64_t entry = 0;

	for (int shift = 39; shift >= 12; shift -= 9) {
		assert_true(table >= info->tables_gpa && table < info->tables_end_gpa);
		entry = ((uint64_t *)table)[(va >> shift) % 512];
		if ((entry & 1) == 0) {
			assert_int_equal(entry, 0);
			return 0;
		}
		table = entry & 0x000ffffffffff000;
	}
	return entry;
}

static uint64_t expected_leaf(const struct boot_info *info, uint64_t va)
{
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
	const struct boot_info *info = load_good();
	const uint64_t *entries = (const uint64_t *)info->tables_gpa;
	uint64_t mapped = 2; // the loader's first page, and the page of other CPUs
	uint64_t present = 0;

	(void)context;
	for (uint64_t va = KERNEL_VA; va - KERNEL_VA < KERNEL_REGION_SIZE; va += PAGE) {
		assert_int_equal(walk(info, va), expected_leaf(info, va));
		mapped += walk(info, va) != 0;
	}
	assert_int_equal(walk(info, NATIVE_LOADER_GPA), LEAF_RX | NATIVE_LOADER_GPA);
	assert_int_equal(walk(info, TRAMPOLINE_GPA), LEAF_RX | TRAMPOLINE_GPA);
	// All else is unmapped: as many present entries as mapped pages and tables below the root.
	for (uint64_t i = 0; i < (info->tables_end_gpa - info->tables_gpa) / 8; i++)
		present += entries[i] & 1;
	assert_int_equal(present, mapped + (info->tables_end_gpa - info->tables_gpa) / PAGE - 1);
}

static void describes_itself(void **context)
{
	const struct boot_info *info = load_good();

	(void)context;
	assert_int_equal((uintptr_t)info, KERNEL_GPA + 0x7000);
	assert_int_equal(info->magic, BOOT_INFO_MAGIC);
	assert_int_equal(info->version, BOOT_INFO_VERSION);
	assert_int_equal(info->size, sizeof(*info));
	assert_int_equal(info->region.gpa, KERNEL_GPA);
	assert_int_equal(info->region.size, KERNEL_REGION_SIZE);
	assert_int_equal(info->heap_gpa, info->tables_end_gpa);
	assert_int_equal(info->stack_top_va, info->stack_guard_va + PAGE + BOOT_STACK_SIZE);
	assert_int_equal(info->segment_count, 3);
	assert_int_equal(info->segments[0].size, 0x2000);
	assert_int_equal(info->segments[2].va, KERNEL_VA + 0x4000);
	assert_int_equal(info->firmware.image.size, 0);
	assert_int_equal(info->ksyms.size, 6);
	assert_string_equal((const char *)info->ksyms.gpa, "names");
	for (uint64_t at = info->secrets_gpa; at < info->secrets_gpa + PAGE; at++)
		assert_int_equal(*(const uint8_t *)at, 0);
}

static void hands_over_what_it_was_given(void **context)
{
	const struct boot_info *info = load_good();
	const struct igvm_memory_map_entry *map = (const void *)info->memory_map.gpa;
	const struct snp_cpuid_page *cpuid = (const void *)info->cpuid_gpa;

	(void)context;
	// Whole pages of usable memory only
	assert_int_equal(map[0].starting_gpa_page_number, 0);
	assert_int_equal(map[0].number_of_pages, 0x9f);
	assert_int_equal(map[0].entry_type, IGVM_MEMORY_NORMAL);
	assert_int_equal(map[1].starting_gpa_page_number, 0x101);
	assert_int_equal(map[1].number_of_pages, 0x1feff);
	assert_int_equal(map[2].starting_gpa_page_number, 0x100000);
	assert_int_equal(map[2].number_of_pages, 0x40000);
	assert_int_equal(map[3].number_of_pages, 0);
	assert_memory_equal(
		(const void *)info->madt.gpa, (const void *)&given->madt, sizeof(given->madt));
	assert_int_equal(*(const uint32_t *)info->general_gpa, 2);
	assert_true(cpuid->count >= 3 && cpuid->count <= SNP_CPUID_ENTRIES_MAX);
	assert_int_equal(cpuid->entry[1].eax_in, 1);
	assert_true((cpuid->entry[1].edx & BIT(25)) != 0); // SSE, which every x86-64 has
}

static uint32_t count_loaded(void)
{
	const struct boot_info *info = load(address_of(&given->start));

	if (info == NULL)
		print_message("# %s", said);
	assert_non_null(info);
	return *(const uint32_t *)info->general_gpa;
}

static void takes_what_acpi_allows(void **context)
{
	(void)context;
	give();
	given->rsdp.revision = 2;
	given->rsdp.xsdt = address_of(&given->xsdt);
	given->rsdp.rsdt = 0;
	fix_sums();
	assert_int_equal(count_loaded(), 2);

	give();
	given->start.rsdp = 0;
	assert_int_equal(count_loaded(), 0);

	give();
	given->rsdt.tables[1] = address_of(&given->other);
	fix_sums();
	assert_int_equal(count_loaded(), 0);
}

#define assert_refused(statement, message)                                                         \
	do {                                                                                       \
		give();                                                                            \
		statement;                                                                         \
		assert_null(load(address_of(&given->start)));                                      \
		if (strstr(said, message) == NULL)                                                 \
			fail_msg("no \"%s\" in: %s", message, said);                               \
	} while (0)

// The same, with the sums put right again.
#define assert_refused_summed(statement, message)                                                  \
	assert_refused(                                                                            \
		{                                                                                  \
			statement;                                                                 \
			fix_sums();                                                                \
		},                                                                                 \
		message)

static void refuses_bad_start_information(void **context)
{
	(void)context;
	give();
	assert_null(load(0));
	assert_non_null(strstr(said, "start information: 56 bytes at 0x0"));
	assert_null(load(GIB(4) - 55));
	assert_non_null(strstr(said, "not an address below 4 GiB"));
	assert_refused(given->start.magic++, "PVH's number");
	assert_refused(given->start.version = 0, "no usable memory map");
	assert_refused(given->start.memmap_count = 0, "no usable memory map");
	assert_refused(given->start.memmap_count = 129, "129 entries");
	assert_refused(given->start.memmap = 0, "memory map: 96 bytes at 0x0");
	assert_refused(given->start.memmap = GIB(4) - 95, "not an address below 4 GiB");
	assert_refused(given->start.memmap = UINT64_MAX - 95, "not an address below 4 GiB");
}

static void refuses_too_little_memory(void **context)
{
	(void)context;
	assert_refused(given->memmap[2].size = KERNEL_GPA + KERNEL_REGION_SIZE - 0x100002,
		"no usable memory at 0x8000000-0x8ffffff");
	assert_refused(given->memmap[2].start = KERNEL_GPA + 1, "0x8000000-0x8ffffff");
	assert_refused(given->memmap[2].type = 2, "0x8000000-0x8ffffff");
	assert_refused(given->memmap[2].size = UINT64_MAX, "0x8000000-0x8ffffff");
	assert_refused(given->memmap[0].size = TRAMPOLINE_GPA + PAGE - 1, "0x8000-0x8fff");
}

static void refuses_bad_acpi_tables(void **context)
{
	(void)context;
	assert_refused(given->start.rsdp = GIB(4) - 19, "ACPI RSDP: 20 bytes");
	assert_refused_summed(given->rsdp.signature++, "wrong signature");
	assert_refused(given->rsdp.oem_id[0]++, "wrong signature or checksum");
	assert_refused_summed(given->rsdp.rsdt = 0, "ACPI RSDT: 36 bytes at 0x0");
	assert_refused_summed(given->rsdp.rsdt = 0xffffffff, "ACPI RSDT: 36 bytes");
	assert_refused(given->rsdt.header.length = 35, "length 35 is less");
	assert_refused(given->rsdt.header.length = 0xffffffff, "not an address below 4 GiB");
	assert_refused(given->rsdt.tables[0]++, "ACPI RSDT at 0x2000");
	assert_refused_summed(given->rsdt.tables[0] = 0, "ACPI table: 36 bytes at 0x0");
	assert_refused(given->madt.flags++, "wrong checksum");
	assert_refused_summed(given->madt.entries[1][1] = 1, "the MADT breaks its format");
	assert_refused_summed(given->madt.entries[2][1] = 9, "the MADT breaks its format");
}

static void refuses_a_madt_without_room(void **context)
{
	struct acpi_header *large = NULL;

	(void)context;
	give();
	large = (struct acpi_header *)LOW;
	fix_table(large, ACPI_SIGNATURE_MADT, BOOT_PARAM_PAGE_SIZE + 1);
	given->rsdt.tables[0] = address_of(large);
	fix_sums();
	assert_null(load(address_of(&given->start)));
	assert_non_null(strstr(said, "the MADT has 4097 bytes; there is room for 4096"));
}

static void map_memory(uint64_t address, uint64_t size)
{
	void *got = mmap((void *)address, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	assert_ptr_equal(got, (void *)address);
}

static int map_all(void **context)
{
	(void)context;
	map_memory(KERNEL_GPA, KERNEL_REGION_SIZE);
	map_memory(LOW, LOW_SIZE);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(maps_every_page_as_promised),
		cmocka_unit_test(describes_itself),
		cmocka_unit_test(hands_over_what_it_was_given),
		cmocka_unit_test(takes_what_acpi_allows),
		cmocka_unit_test(refuses_bad_start_information),
		cmocka_unit_test(refuses_too_little_memory),
		cmocka_unit_test(refuses_bad_acpi_tables),
		cmocka_unit_test(refuses_a_madt_without_room),
	};

	return cmocka_run_group_tests_name("native loader", tests, map_all, NULL);
}
