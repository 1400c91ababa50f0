// SPDX-License-Identifier: MIT
// The parameters of a run: QEMU's fw_cfg files, read by port I/O. Of the bare-metal tests, and of
// the suite inside the SVSM's kernel; each brings its own access to the ports.
#ifndef BARE_FWCFG_H
#define BARE_FWCFG_H

#include "lib/util.h"

// Bytes read, at most size; 0: no such file.
size_t fwcfg_read(const char *name, void *to, size_t size);

void fwcfg_select(uint16_t key);
void fwcfg_bytes(void *to, size_t size);

#endif
