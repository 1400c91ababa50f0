// SPDX-License-Identifier: MIT
/*
 * The TCP protocol of the TPM simulators of Microsoft and IBM, as tpm2-tss's "mssim" and others
 * speak it: commands on one port, platform signals (power, reset) on the next one. All numbers are
 * big-endian. Linux only, and on the loopback address only: who can connect can reset this TPM.
 */
#ifndef SERVICES_VTPM_MSSIM_H
#define SERVICES_VTPM_MSSIM_H

#include "services/lib/service.h"

// Serves on `port` and `port` + 1 until a client sends "stop" (exit status 0). With port 0 it takes
// two that are free. Says on standard output which ones.
int mssim_serve(const struct service *service, unsigned int port);

#endif
