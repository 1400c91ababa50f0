// SPDX-License-Identifier: MIT
// Commands that the service itself gives to a new TPM, before the guest has it.
#ifndef SERVICES_VTPM_OWN_H
#define SERVICES_VTPM_OWN_H

#include "services/vtpm/wire.h"

// Starts a command; its handles and parameters follow.
struct wire_writer own_begin(uint8_t *buffer, size_t room, uint16_t tag, uint32_t code);

// A session area with one password that is empty, as those of a new TPM are.
void own_no_password(struct wire_writer *w);

// Executes what was written; the response lies in the same buffer. False: refused, and logged as
// `what`.
MUST_USE bool own_run(struct wire_writer *w, const char *what);

// A command with one parameter of two bytes.
MUST_USE bool own_run_short(uint32_t code, uint16_t parameter, const char *what);

#endif
