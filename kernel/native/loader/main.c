// SPDX-License-Identifier: MIT
#include "kernel/native/loader/loader.h"
#include "kernel/native/serial.h"
#include "kernel/native/start_cpu.h"
#include "kernel/native/vm_exit.h"
#include "lib/fmt.h"

extern const uint8_t native_ksyms_start[]; // kernel.ld
extern const uint8_t native_ksyms_end[];

static struct region region;

_Noreturn void loader_fail(const char *format, ...)
{
	char line[256];
	va_list args;
	size_t size = fmt_snprintf(line, sizeof(line), "native loader: error: ");

	va_start(args, format);
	size += fmt_vsnprintf(line + size, sizeof(line) - size, format, args);
	va_end(args);
	size = MIN(size, sizeof(line) - 2);
	line[size++] = '\n';
	serial_write(line, size);
	vm_exit(DEBUG_EXIT_REFUSED);
}

static const struct pvh_start_info *read_start_info(uint64_t address)
{
	struct bytes bytes =
		memory_span(address, sizeof(struct pvh_start_info), "start information");
	const struct pvh_start_info *start = (const void *)bytes.data;

	if (start->magic != PVH_MAGIC)
		loader_fail("the start information at 0x%llx does not begin with PVH's number",
			(unsigned long long)address);
	return start;
}

static struct boot_range take_parameter(void)
{
	return (struct boot_range){
		region_take(&region, BOOT_PARAM_PAGE_SIZE, BOOT_SEGMENT_R), BOOT_PARAM_PAGE_SIZE};
}

// Function names for back traces: in the loader, so that they are not measured on SNP.
static void add_ksyms(void)
{
	size_t size = (size_t)(native_ksyms_end - native_ksyms_start);

	if (size == 0)
		return;
	region.info.ksyms = (struct boot_range){region_take(&region, size, BOOT_SEGMENT_R), size};
	memcpy(memory_at(region.info.ksyms.gpa), native_ksyms_start, size);
}

// The order of abi/boot.h. Returns the address of the boot information.
static uint64_t lay_out(void)
{
	const uint8_t rw = BOOT_SEGMENT_R | BOOT_SEGMENT_W;
	struct boot_info *info = &region.info;

	region_init(&region);
	uint64_t boot_info = region_take(&region, sizeof(*info), BOOT_SEGMENT_R);
	add_ksyms();

	info->cpuid_gpa = region_take(&region, PAGE, rw);
	info->secrets_gpa = region_take(&region, PAGE, rw);
	info->general_gpa = take_parameter().gpa;
	info->memory_map = take_parameter();
	info->madt = take_parameter();
	info->device_tree = take_parameter();
	info->stack_guard_va = region_take(&region, PAGE, 0) - KERNEL_GPA + KERNEL_VA;
	info->stack_top_va = region_take(&region, BOOT_STACK_SIZE, rw) - KERNEL_GPA + KERNEL_VA +
			     BOOT_STACK_SIZE;
	region_add_tables(&region);
	return boot_info;
}

static void fill_parameters(const struct pvh_start_info *start)
{
	const struct boot_info *info = &region.info;
	uint32_t *vp_count = memory_at(info->general_gpa + BOOT_GENERAL_VP_COUNT);

	cpuid_fill(memory_at(info->cpuid_gpa));
	memory_write_map(memory_at(info->memory_map.gpa), info->memory_map.size);
	*vp_count =
		(uint32_t)acpi_copy_madt(start->rsdp, memory_at(info->madt.gpa), info->madt.size);
}

const struct boot_info *loader_main(uint64_t start_info)
{
	serial_init();
	const struct pvh_start_info *start = read_start_info(start_info);

	memory_init(start);
	memory_require(KERNEL_GPA, KERNEL_REGION_SIZE, "itself");
	memory_require(TRAMPOLINE_GPA, PAGE, "the start of other CPUs");
	struct boot_info *info = memory_at(lay_out());

	fill_parameters(start);
	*info = region.info;
	return info;
}
