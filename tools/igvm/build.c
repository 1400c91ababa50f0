// SPDX-License-Identifier: MIT
// copra-igvm build: the layout that abi/boot.h describes, as an IGVM file.
#include <stdio.h>

#include "hw/snp.h"
#include "lib/ovmf.h"
#include "tools/igvm/boot_vmsa.h"
#include "tools/igvm/build_options.h"
#include "tools/igvm/region.h"
#include "tools/igvm/services.h"
#include "tools/igvm/writer.h"

#define PAGE	    ((uint64_t)IGVM_PAGE_SIZE)
#define SNP_MASK    1u
#define HIGHEST_VTL 2

// Parameter areas: one page each.
enum area {
	AREA_GENERAL,
	AREA_MEMORY_MAP,
	AREA_MADT,
	AREA_DEVICE_TREE,
	AREA_COUNT,
};

struct build {
	struct options options;
	struct region *region;
	struct bytes firmware; // empty: none
	struct writer writer;
};

static void check_outside_region(const struct ovmf_range *range, const char *what)
{
	if (ranges_overlap(range->gpa, range->size, KERNEL_GPA, KERNEL_REGION_SIZE))
		die("firmware: %s overlaps the kernel region", what);
}

static void add_firmware(struct build *build)
{
	struct boot_firmware *firmware = &build->region->info.firmware;
	const char *path = build->options.firmware;
	struct ovmf_error error;
	struct ovmf_info ovmf;

	if (path == NULL)
		return;
	build->firmware = file_read(path);
	if (!ovmf_parse(build->firmware, &ovmf, &error))
		die("%s: at offset 0x%llx: %s", path, (unsigned long long)error.offset,
			ovmf_error_text(error.id));
	check_outside_region(&ovmf.image, "the image");
	*firmware = (struct boot_firmware){
		.image = {ovmf.image.gpa, ovmf.image.size},
		.reset_vector_gpa = ovmf.reset_vector_gpa,
		.secrets_gpa = ovmf.secrets.gpa,
		.cpuid_gpa = ovmf.cpuid.gpa,
		.caa_gpa = ovmf.caa.gpa,
		.memory_map = {ovmf.memory_map.gpa, ovmf.memory_map.size},
		.vp_count_gpa = ovmf.vp_count.gpa,
		.prevalidate_count = ovmf.prevalidate_count,
	};
	_Static_assert(OVMF_RANGES_MAX == BOOT_PREVALIDATE_MAX, "as many in the boot information");
	for (size_t i = 0; i < ovmf.prevalidate_count; i++) {
		check_outside_region(&ovmf.prevalidate[i], "memory that it wants validated");
		firmware->prevalidate[i] =
			(struct boot_range){ovmf.prevalidate[i].gpa, ovmf.prevalidate[i].size};
	}
}

static struct boot_range take_parameter(struct region *region)
{
	uint64_t offset = region_take(region, BOOT_PARAM_PAGE_SIZE, PAGE_PARAMETER, BOOT_SEGMENT_R);

	return (struct boot_range){region_gpa(offset), BOOT_PARAM_PAGE_SIZE};
}

// The order of abi/boot.h.
static void lay_out(
	struct region *region, const struct elf_file *elf, const struct options *options)
{
	const uint8_t rw = BOOT_SEGMENT_R | BOOT_SEGMENT_W;
	struct boot_info *info = &region->info;

	region_load_kernel(region, elf);
	region->boot_info_gpa =
		region_gpa(region_take(region, sizeof(*info), PAGE_DATA, BOOT_SEGMENT_R));
	region_add_ksyms(region, elf);
	services_add(region, options->services, options->service_count);
	info->cpuid_gpa = region_gpa(region_take(region, PAGE, PAGE_CPUID, rw));
	info->secrets_gpa = region_gpa(region_take(region, PAGE, PAGE_SECRETS, rw));
	info->general_gpa = take_parameter(region).gpa;
	info->memory_map = take_parameter(region);
	info->madt = take_parameter(region);
	info->device_tree = take_parameter(region);
	info->stack_guard_va = region_va(region_take(region, PAGE, PAGE_ABSENT, 0));
	info->stack_top_va =
		region_va(region_take(region, BOOT_STACK_SIZE, PAGE_DATA, rw)) + BOOT_STACK_SIZE;
	region_add_tables(region, elf);
}

static void finish_boot_info(struct build *build)
{
	struct region *region = build->region;
	struct boot_info *info = &region->info;

	info->magic = BOOT_INFO_MAGIC;
	info->version = BOOT_INFO_VERSION;
	info->size = sizeof(*info);
	info->region = (struct boot_range){KERNEL_GPA, KERNEL_REGION_SIZE};
	info->vp_count_max = build->options.vp_count_max;
	memcpy(region->bytes + (region->boot_info_gpa - KERNEL_GPA), info, sizeof(*info));
}

static void write_parameters(struct build *build)
{
	const struct boot_info *info = &build->region->info;
	struct writer *w = &build->writer;
	const uint64_t gpas[AREA_COUNT] = {
		[AREA_GENERAL] = info->general_gpa,
		[AREA_MEMORY_MAP] = info->memory_map.gpa,
		[AREA_MADT] = info->madt.gpa,
		[AREA_DEVICE_TREE] = info->device_tree.gpa,
	};

	for (uint32_t i = 0; i < AREA_COUNT; i++)
		writer_area(
			w, &(struct igvm_parameter_area){.number_of_bytes = BOOT_PARAM_PAGE_SIZE,
				   .parameter_area_index = i});
	writer_parameter(w, IGVM_VP_COUNT, AREA_GENERAL, BOOT_GENERAL_VP_COUNT);
	writer_parameter(w, IGVM_ENVIRONMENT_INFO, AREA_GENERAL, BOOT_GENERAL_ENVIRONMENT);
	writer_parameter(w, IGVM_MADT, AREA_MADT, 0);
	writer_parameter(w, IGVM_DEVICE_TREE, AREA_DEVICE_TREE, 0);
	writer_parameter(w, IGVM_MEMORY_MAP, AREA_MEMORY_MAP, 0);
	for (uint32_t i = 0; i < AREA_COUNT; i++)
		writer_insert(w, &(struct igvm_parameter_insert){.gpa = gpas[i],
					 .compatibility_mask = SNP_MASK,
					 .parameter_area_index = i});
}

static void write_page(
	struct build *build, uint64_t gpa, uint16_t data_type, const uint8_t *contents)
{
	struct igvm_page_data page = {
		.gpa = gpa,
		.compatibility_mask = SNP_MASK,
		.data_type = data_type,
	};

	writer_page(&build->writer, &page, contents);
}

// In rising order of address: the region, then the firmware.
static void write_pages(struct build *build)
{
	const struct region *region = build->region;

	for (uint64_t page = 0; page < REGION_PAGES; page++) {
		uint64_t gpa = region_gpa(page * PAGE);

		if (region->kind[page] == PAGE_CPUID)
			write_page(build, gpa, IGVM_PAGE_CPUID_DATA, NULL);
		else if (region->kind[page] == PAGE_SECRETS)
			write_page(build, gpa, IGVM_PAGE_SECRETS, NULL);
		else if (region->kind[page] == PAGE_DATA)
			write_page(build, gpa, IGVM_PAGE_NORMAL, region->bytes + page * PAGE);
	}
	for (uint64_t offset = 0; offset < build->firmware.size; offset += PAGE)
		write_page(build, region->info.firmware.image.gpa + offset, IGVM_PAGE_NORMAL,
			build->firmware.data + offset);
}

static void write_igvm(struct build *build)
{
	struct writer *w = &build->writer;
	struct vmsa vmsa;

	writer_platform(w, &(struct igvm_platform){.compatibility_mask = SNP_MASK,
				   .highest_vtl = HIGHEST_VTL,
				   .platform_type = IGVM_PLATFORM_SEV_SNP,
				   .platform_version = IGVM_PLATFORM_VERSION});
	writer_policy(w, &(struct igvm_guest_policy){
				 .policy = build->options.policy, .compatibility_mask = SNP_MASK});
	writer_required(w, &(struct igvm_required_memory){.gpa = KERNEL_GPA,
				   .compatibility_mask = SNP_MASK,
				   .number_of_bytes = KERNEL_REGION_SIZE});
	write_parameters(build);
	write_pages(build);
	boot_vmsa_make(build->region, &vmsa);
	// Last, and at this address: where KVM measures it.
	writer_vp_context(w,
		&(struct igvm_vp_context){.gpa = SNP_VMSA_GPA, .compatibility_mask = SNP_MASK},
		(const uint8_t *)&vmsa);
	writer_finish(w, build->options.output);
}

int command_build(int argc, char **argv)
{
	struct build build = {.region = allocate(1, sizeof(struct region))};
	enum elf_error error = ELF_OK;
	struct elf_file elf;

	build_options_parse(argc, argv, &build.options);
	build.region->bytes = allocate(KERNEL_REGION_SIZE, 1);
	error = elf_open(file_read(build.options.kernel), &elf);
	if (error != ELF_OK)
		die("%s: %s", build.options.kernel, elf_error_text(error));
	add_firmware(&build);
	lay_out(build.region, &elf, &build.options);
	finish_boot_info(&build);
	write_igvm(&build);
	return 0;
}
