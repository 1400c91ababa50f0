// SPDX-License-Identifier: MIT
// Between the runtime and a test program. GPAs that both kinds of program can use: in guest RAM,
// outside what the IGVM file or the firmware's metadata name, so unassigned when the test starts.
#ifndef BARE_START_H
#define BARE_START_H

#include <stdint.h>

#define BARE_SHARED_GPA	 0x01000000ull // shared memory: GHCB of CPU n at page n
#define BARE_GHCB_GPA(n) (BARE_SHARED_GPA + (n)*0x1000ull)
#define BARE_LIST_GPA	 (BARE_SHARED_GPA + 0x20000) // list of APIC ids
#define BARE_FREE_GPA	 (BARE_SHARED_GPA + 0x40000) // shared pages for the tests themselves

#define CASE_NAME_MAX	 64

void bare_start(uint32_t argument); // entry.S
_Noreturn void test_main(uint32_t argument, const char *case_name);

#endif
