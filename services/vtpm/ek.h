// SPDX-License-Identifier: MIT
// The endorsement keys: those that the TCG's templates give, at fixed handles.
#ifndef SERVICES_VTPM_EK_H
#define SERVICES_VTPM_EK_H

#include "lib/util.h"

// Where they are. The registry of the TCG keeps 0x8101xxxx for endorsement keys; the low half is
// that of the NV index where the key's certificate would be (0x01c0xxxx), but for the first.
#define EK_HANDLE_RSA_2048 0x81010001
#define EK_HANDLE_ECC_P256 0x8101000a
#define EK_HANDLE_ECC_P384 0x81010016

// For a new TPM that has been started: makes the keys persistent. False when any step fails.
MUST_USE bool ek_create_all(void);

#endif
