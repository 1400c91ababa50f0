// SPDX-License-Identifier: MIT
#ifndef CONFORMANCE_PLANE_H
#define CONFORMANCE_PLANE_H

#include "tests/conformance/conformance.h"

#define PLANE_CPU(vmpl)	     (4 + (vmpl)) // index of its struct bare_cpu
#define PLANE_VMSA_GPA(vmpl) (REGION(16) + (vmpl)*PAGE_SIZE)
#define FEATURES_VMPL0                                                                             \
	(SEV_FEATURE_SNP_ACTIVE | SEV_FEATURE_RESTRICTED_INJECTION | SEV_FEATURE_DEBUG_SWAP)

void plane_grant_image(unsigned vmpl);

#endif
