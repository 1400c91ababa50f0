// SPDX-License-Identifier: MIT
// VMRUN of an SNP guest: the only door between host and processor. The host names a plane; the
// processor loads its VMSA, runs it until an automatic exit, saves the VMSA and says why. All else
// that the guest does (non-automatic exits as #VC, PVALIDATE, RMPADJUST, ...) stays inside.
// Source: APM volume 2, sections 15.35.4, 15.36.
#ifndef CPU_VMRUN_H
#define CPU_VMRUN_H

#include "machine/base/machine.h"

struct vmexit {
	uint64_t code;	 // VMEXIT_*: VMGEXIT, NPF, HLT, NMI, SHUTDOWN, INVALID, ...
	uint64_t info_1; // as the VMCB's EXITINFO1/2
	uint64_t info_2;
};

// Runs plane (on the calling CPU). In: plane->vmsa_gpa, ghcb_msr, event_inj(_err). Out: ghcb_msr as
// the guest left it, event_inj cleared, *exit. Interrupts of the CPU's local APIC go straight to
// the plane when direct_irq is set (its RFLAGS.IF decides) and stay pending otherwise.
void vmrun(struct plane *plane, bool direct_irq, struct vmexit *exit);

// VMPL, CPL, RIP of the last exit for the trace; the registers are the guest's secret.
void plane_describe(const struct plane *plane, char *text, size_t size);
// All #VMEXITs of QEMU's processor by code, those that the host never sees included.
void vmrun_counts_log(void);
// How often x87 registers had to be loaded from memory; why that counts: cpu/fpu.c
void fpu_loads_log(void);
// Registers, code bytes and stack of a plane, to the machine log: for a person who debugs.
void plane_dump(struct plane *plane);

#endif
