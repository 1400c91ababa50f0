// SPDX-License-Identifier: MIT
#include "tests/unit/native/given.h"

#include <setjmp.h>
#include <string.h>
#include <sys/mman.h>

#include "kernel/native/serial.h"
#include "kernel/native/vm_exit.h"

struct given *given;
char said[512];
static jmp_buf ended;

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

uint32_t address_of(const void *p)
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

void fix_table(struct acpi_header *header, uint32_t signature, size_t size)
{
	header->signature = signature;
	header->length = (uint32_t)size;
	fix_sum(header, size, &header->checksum);
}

void fix_sums(void)
{
	fix_sum(&given->rsdp, ACPI_RSDP_V1_SIZE, &given->rsdp.checksum);
	fix_table(&given->rsdt.header, ACPI_SIGNATURE_RSDT, sizeof(given->rsdt));
	fix_table(&given->xsdt.header, ACPI_SIGNATURE_XSDT, sizeof(given->xsdt));
	fix_table(&given->other, 0x50434146, sizeof(given->other));
	fix_table(&given->madt.header, ACPI_SIGNATURE_MADT, sizeof(given->madt));
}

void give(void)
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

const struct boot_info *load(uint64_t start)
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

static void map_memory(uint64_t address, uint64_t size)
{
	void *got = mmap((void *)address, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	assert_ptr_equal(got, (void *)address);
}

int map_all(void **context)
{
	(void)context;
	map_memory(KERNEL_GPA, KERNEL_REGION_SIZE);
	map_memory(LOW, LOW_SIZE);
	return 0;
}
