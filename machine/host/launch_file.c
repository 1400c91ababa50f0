// SPDX-License-Identifier: MIT
// The IGVM file: from QEMU's fw_cfg into the machine's memory, and the checks of the whole file.
#include "machine/host/launch.h"

#define FILE_NAME     "opt/copra/igvm"
#define FILE_SIZE_MAX MIB(256)
#define RUNS_MEMORY   KIB(64) // of the bitmap of used pages, 16 bytes for each separate block

static struct bytes file_read(void)
{
	uint16_t select = 0;
	uint32_t size = 0;
	void *data;

	if (!fwcfg_find(FILE_NAME, &select, &size))
		launch_fail("no IGVM file: give QEMU -fw_cfg name=" FILE_NAME ",file=FILE");
	if (size > FILE_SIZE_MAX)
		launch_fail("IGVM file: %u bytes, at most %lu MiB are read", size,
			(unsigned long)(FILE_SIZE_MAX >> 20));
	if (size == 0)
		launch_fail("IGVM file: it is empty");
	data = pool_alloc(size);
	if (!data)
		launch_fail("IGVM file: %u bytes, the machine has %lu left: raise QEMU's -m", size,
			(unsigned long)pool_free_bytes());
	if (!fwcfg_read(select, 0, data, size))
		launch_fail("IGVM file: QEMU's fw_cfg device cannot read it");
	return bytes_make(data, size);
}

static void error_end(const struct igvm_error *error)
{
	launch_fail("IGVM file cannot be used: %s (file offset 0x%lx, value 0x%lx); make it anew",
		igvm_error_text(error->id), (unsigned long)error->offset,
		(unsigned long)error->value);
}

static void platforms_log(const struct igvm_file *file)
{
	for (size_t i = 0; i < file->platform_count; i++)
		log_error("IGVM file: it is for platform %s",
			igvm_platform_name(file->platforms[i].platform_type));
}

static void pages_check(struct launch *launch)
{
	uint64_t *ends = pool_alloc(RUNS_MEMORY);
	struct igvm_error error = {0};

	if (!ends || !rle_init(&launch->pages, ends, RUNS_MEMORY / sizeof(*ends), BIT(52)))
		launch_fail("IGVM file: no memory for the map of its pages: raise QEMU's -m");
	if (!igvm_check_overlap(
		    &launch->file, launch->platform.compatibility_mask, &launch->pages, &error))
		error_end(&error);
}

void launch_open(struct launch *launch)
{
	struct igvm_error error = {0};

	if (!igvm_open(file_read(), &launch->file, &error))
		error_end(&error);
	if (!igvm_find_platform(&launch->file, IGVM_PLATFORM_SEV_SNP, &launch->platform)) {
		platforms_log(&launch->file);
		launch_fail("IGVM file: not for SEV-SNP; build it with an SEV-SNP platform");
	}
	pages_check(launch);
	log_info("IGVM file: %lu bytes, version %u, compatibility mask 0x%x",
		(unsigned long)launch->file.bytes.size, launch->file.version,
		launch->platform.compatibility_mask);
}
