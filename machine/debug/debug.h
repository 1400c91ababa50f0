// SPDX-License-Identifier: MIT
// What the machine offers to a person who debugs: register dumps on request, and a gdb stub for one
// plane of each CPU. A real host has neither for an SNP guest. The functions here are the hooks
// that cpu/ and base/ call; with no debugger configured each is a test or two.
#ifndef DEBUG_DEBUG_H
#define DEBUG_DEBUG_H

#include "machine/base/machine.h"
#include "machine/cpu/vmrun.h"

// Before each entry of a plane whose VMSA is loaded. Returns when the plane may run: waits while
// the debugger has stopped the VM.
void debug_before_run(struct plane *plane);
// After each exit. true: it was the debugger's, and the plane is to be entered again.
bool debug_exit(struct plane *plane, const struct vmexit *exit);
// An NMI was taken on cpu: a kick, or QEMU's monitor command nmi.
void debug_nmi(struct cpu *cpu);
// Before an idle CPU sleeps.
void debug_wait(struct cpu *cpu);
// Around the sending of a kick to another CPU, so that its NMI is known as one.
void debug_kick_begin(struct cpu *to);
void debug_kick_end(struct cpu *to);

#endif
