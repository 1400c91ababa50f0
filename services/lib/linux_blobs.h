// SPDX-License-Identifier: MIT
// A namespace under Linux, in the process's memory: with the kernel's quota and results.
#ifndef SERVICES_LIB_LINUX_BLOBS_H
#define SERVICES_LIB_LINUX_BLOBS_H

#include <stddef.h>
#include <stdint.h>

struct linux_blobs;

// NULL: no memory.
struct linux_blobs *linux_blobs_make(size_t size);

// One of SERVICE_CALL_BLOB_*, with its parameters. Negative: an errno value.
long linux_blobs_call(struct linux_blobs *blobs, long number, const uintptr_t args[4]);

#endif
