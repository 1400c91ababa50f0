// SPDX-License-Identifier: MIT
#include "services/vtpm/storage.h"

#include <libtpms/tpm_nvfilename.h>
#include <stdlib.h>
#include <string.h>

#include "lib/secret.h"
#include "lib/util.h"

// A TPM 2.0 has one blob that matters: seeds, NV indices, persistent objects.
static unsigned char *kept;
static uint32_t kept_size;

static bool is_permanent(const char *name)
{
	return strcmp(name, TPM_PERMANENT_ALL_NAME) == 0;
}

static void kept_drop(void)
{
	if (kept)
		mem_wipe(kept, kept_size);
	free(kept);
	kept = NULL;
	kept_size = 0;
}

TPM_RESULT storage_init(void)
{
	return TPM_SUCCESS;
}

TPM_RESULT storage_load(unsigned char **data, uint32_t *size, uint32_t tpm, const char *name)
{
	(void)tpm;
	if (!is_permanent(name) || !kept)
		return TPM_RETRY;
	*data = malloc(kept_size);
	if (!*data)
		return TPM_FAIL;
	memcpy(*data, kept, kept_size);
	*size = kept_size;
	return TPM_SUCCESS;
}

TPM_RESULT storage_store(const unsigned char *data, uint32_t size, uint32_t tpm, const char *name)
{
	unsigned char *copy = NULL;

	(void)tpm;
	if (is_permanent(name) && size > 0)
		copy = malloc(size);
	if (!copy)
		return TPM_FAIL;
	memcpy(copy, data, size);
	// libtpms frees its own copy next, which holds the seeds, and does not wipe it.
	mem_wipe((void *)(uintptr_t)data, size);
	kept_drop();
	kept = copy;
	kept_size = size;
	return TPM_SUCCESS;
}

TPM_RESULT storage_delete(uint32_t tpm, const char *name, TPM_BOOL must_exist)
{
	bool exists = is_permanent(name) && kept;

	(void)tpm;
	if (exists)
		kept_drop();
	return exists || !must_exist ? TPM_SUCCESS : TPM_FAIL;
}
