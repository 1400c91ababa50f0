// SPDX-License-Identifier: MIT
// The two calls of protocol 2: what the guest sent is checked here, before the TPM sees it.
#ifndef SERVICES_VTPM_COMMAND_H
#define SERVICES_VTPM_COMMAND_H

#include "services/lib/service.h"

uint32_t vtpm_query(struct service_request *request);
uint32_t vtpm_command(struct service_request *request);

#endif
