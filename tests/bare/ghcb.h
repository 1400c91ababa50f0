// SPDX-License-Identifier: MIT
// The GHCB and MSR protocols as a test speaks them: requests are sent as given, right or wrong.
#ifndef BARE_GHCB_H
#define BARE_GHCB_H

#include "tests/bare/cpu.h"

uint64_t ghcb_msr(uint64_t request); // MSR protocol: writes, VMGEXIT, reads

// Registers the CPU's own GHCB page, which is shared memory already.
void ghcb_register(void);
struct ghcb *ghcb_page(void); // this CPU's

struct ghcb_answer {
	uint64_t info_1, info_2;
};

// The page as a well-behaved caller leaves it before an exit: version, usage, no field valid.
struct ghcb *ghcb_begin(void);
#define GHCB_SET(page, field, value)                                                               \
	do {                                                                                       \
		(page)->field = (value);                                                           \
		ghcb_mark(page, offsetof(struct ghcb, field));                                     \
	} while (0)
void ghcb_mark(struct ghcb *ghcb, size_t offset);
bool ghcb_is_valid(const struct ghcb *ghcb, size_t offset);
#define GHCB_IS_VALID(page, field) ghcb_is_valid(page, offsetof(struct ghcb, field))
// Sets exit code and information, and goes.
struct ghcb_answer ghcb_exit(struct ghcb *ghcb, uint64_t code, uint64_t info_1, uint64_t info_2);
struct ghcb_answer ghcb_go(struct ghcb *ghcb); // the page as it is

void ghcb_out(uint16_t port, uint32_t value, unsigned size);
uint32_t ghcb_in(uint16_t port, unsigned size);
void ghcb_out_string(uint16_t port, const char *text, size_t length);
void ghcb_in_string(uint16_t port, void *to, size_t length);

// Page-state change by the MSR protocol; true = done
bool ghcb_page_state(uint64_t gpa, unsigned op);
// AP creation for a plane of a CPU: GHCB result
struct ghcb_answer ghcb_ap_creation(
	uint32_t apic_id, unsigned vmpl, unsigned request, uint64_t vmsa_gpa, uint64_t features);
// APIC ids as the host lists them; a page of shared memory at list_gpa
uint32_t ghcb_apic_ids(uint64_t list_gpa, uint32_t *ids, uint32_t max);

#endif
