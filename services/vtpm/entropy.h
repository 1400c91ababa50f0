// SPDX-License-Identifier: MIT
// Random numbers for libtpms and OpenSSL: the kernel's, and no others.
#ifndef SERVICES_VTPM_ENTROPY_H
#define SERVICES_VTPM_ENTROPY_H

#include "lib/util.h"

// False when OpenSSL cannot be set up or the kernel gives no random bytes.
MUST_USE bool entropy_set_up(void);

#endif
