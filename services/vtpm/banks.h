// SPDX-License-Identifier: MIT
// Which PCR banks the TPM has.
#ifndef SERVICES_VTPM_BANKS_H
#define SERVICES_VTPM_BANKS_H

#include "lib/util.h"

// SHA-256 and SHA-384; without this a new TPM has every bank that libtpms knows, SHA-1 too, and the
// firmware hashes all that it loads for each of them. In force from the next power cycle on.
MUST_USE bool banks_choose(void);

#endif
