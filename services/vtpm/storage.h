// SPDX-License-Identifier: MIT
// What the TPM keeps over a power cycle, in this process's memory: it ends with the process.
#ifndef SERVICES_VTPM_STORAGE_H
#define SERVICES_VTPM_STORAGE_H

#include <libtpms/tpm_error.h>
#include <libtpms/tpm_library.h>

// Callbacks of libtpms, which knows each blob by a name. Loaded data is the caller's to free;
// TPM_RETRY says that there is none yet.
TPM_RESULT storage_init(void);
TPM_RESULT storage_load(unsigned char **data, uint32_t *size, uint32_t tpm, const char *name);
TPM_RESULT storage_store(const unsigned char *data, uint32_t size, uint32_t tpm, const char *name);
TPM_RESULT storage_delete(uint32_t tpm, const char *name, TPM_BOOL must_exist);

#endif
