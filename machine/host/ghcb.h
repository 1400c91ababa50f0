// SPDX-License-Identifier: MIT
// One exit through a GHCB page. The guest can change the page at any time, so ghcb.c copies what
// the handlers need once, and nobody reads a field of the page again.
#ifndef HOST_GHCB_H
#define HOST_GHCB_H

#include "hw/ghcb.h"
#include "machine/host/host_plane.h"

// Registers: those that a request needs valid, and those that an answer returns.
#define GHCB_RAX     0x01
#define GHCB_RBX     0x02
#define GHCB_RCX     0x04
#define GHCB_RDX     0x08
#define GHCB_CPL     0x10
#define GHCB_XCR0    0x20
#define GHCB_SCRATCH 0x40
#define GHCB_XSS     0x80

struct ghcb_exit {
	struct plane *plane;
	struct ghcb *page;
	uint64_t gpa;
	uint64_t code, info_1, info_2, scratch;
	uint64_t rax, rbx, rcx, rdx, xcr0, xss; // 0 when not valid
	uint64_t rax_in, rcx_in; // as asked, for the trace: the answer takes their place above
	uint8_t cpl;
	uint32_t valid;		     // GHCB_* that the guest marked
	uint32_t out;		     // GHCB_RAX.. that the answer returns
	uint64_t result_1, result_2; // sw_exit_info_1, 2
};

struct ghcb_handler {
	uint64_t code;
	uint32_t need;
	void (*handle)(struct ghcb_exit *e);
	const char *name;
};

void ghcb_fail(struct ghcb_exit *e, uint64_t error);	  // GHCB_ERR_*
void ghcb_exception(struct ghcb_exit *e, uint8_t vector); // without an error code
bool ghcb_needs(struct ghcb_exit *e, uint32_t fields);	  // false: the error is set
// Pointer into the shared buffer of the page; NULL: the error is set.
void *ghcb_scratch(struct ghcb_exit *e, uint64_t size);

extern const struct ghcb_handler ghcb_handlers[];
extern const unsigned ghcb_handler_count;

// ghcb_cpu.c: instructions
void ghcb_dr7_read(struct ghcb_exit *e);
void ghcb_dr7_write(struct ghcb_exit *e);
void ghcb_rdtsc(struct ghcb_exit *e);
void ghcb_rdtscp(struct ghcb_exit *e);
void ghcb_rdpmc(struct ghcb_exit *e);
void ghcb_cpuid(struct ghcb_exit *e);
void ghcb_msr(struct ghcb_exit *e);
void ghcb_vmmcall(struct ghcb_exit *e);
void ghcb_nothing(struct ghcb_exit *e);
// ghcb_io.c: devices
void ghcb_ioio(struct ghcb_exit *e);
void ghcb_mmio_read(struct ghcb_exit *e);
void ghcb_mmio_write(struct ghcb_exit *e);
// ghcb_psc.c
void ghcb_page_state_change(struct ghcb_exit *e);
// ghcb_request.c: secure processor
void ghcb_guest_request(struct ghcb_exit *e);
void ghcb_ext_guest_request(struct ghcb_exit *e);
// ghcb_vcpu.c: vCPUs, planes, events
void ghcb_nmi_complete(struct ghcb_exit *e);
void ghcb_ap_reset_hold(struct ghcb_exit *e);
void ghcb_ap_jump_table(struct ghcb_exit *e);
void ghcb_ap_creation(struct ghcb_exit *e);
void ghcb_hv_doorbell(struct ghcb_exit *e);
void ghcb_hv_ipi(struct ghcb_exit *e);
void ghcb_apic_id_list(struct ghcb_exit *e);
void ghcb_run_vmpl(struct ghcb_exit *e);
void ghcb_hv_features(struct ghcb_exit *e);
void ghcb_terminate(struct ghcb_exit *e);
void ghcb_unsupported(struct ghcb_exit *e);

// What the host offers: GHCB_HV_*
#define HOST_FEATURES                                                                              \
	(GHCB_HV_SNP | GHCB_HV_AP_CREATION | GHCB_HV_RESTRICTED_INJECTION | GHCB_HV_APIC_ID_LIST | \
		GHCB_HV_MULTI_VMPL)
#define GHCB_MSR_SEV_INFO                                                                          \
	((uint64_t)GHCB_VERSION_MAX << 48 | (uint64_t)GHCB_VERSION_MIN << 32 |                     \
		(uint64_t)CBIT_POSITION << 24 | GHCB_MSR_SEV_INFO_RESP)

void trace_ghcb(const struct ghcb_exit *e);

#endif
