// SPDX-License-Identifier: MIT
// Inside of the processor role: what the files of cpu/ share, and its initialisation. host/ uses
// vmrun.h and rmp.h only.
#ifndef CPU_PROCESSOR_H
#define CPU_PROCESSOR_H

#include "machine/base/machine.h"
#include "machine/cpu/rmp.h"
#include "machine/cpu/vmrun.h"

void processor_init(void);		  // once, after rmp_init()
void processor_init_cpu(struct cpu *cpu); // on each CPU

// vmrun.S: enters the guest with the VMCB at vmcb_pa, returns at #VMEXIT.
void vmrun_enter(uint64_t vmcb_pa, struct guest_regs *regs, uint64_t host_vmcb_pa);
extern const char vmrun_return[]; // where #VMEXIT comes back
void take_nmi(void);

// fpu.c: registers that VMRUN does not switch, kept in the CPU while a plane is the owner
void fpu_init(void);
void fpu_own(struct plane *plane);    // makes plane's state live, saving the owner's to its VMSA
void fpu_forget(struct plane *plane); // plane has a new VMSA: its live state is void

// vmsa.c
bool vmsa_load(struct plane *plane); // VMSA -> VMCB and core; false = VMEXIT_INVALID
void vmsa_save(struct plane *plane, const struct vmexit *exit);
struct vmsa *vmsa_of(struct plane *plane);
// The plane still has the VMSA that it ran with last, and that is a VMSA; rmp_lock held.
bool vmsa_kept_locked(const struct plane *plane);

// npt.c: nested tables that QEMU's processor walks, derived from the host's table and the RMP
void npt_init(void);
uint64_t npt_root(const struct plane *plane); // for the plane's VMPL and paging mode
enum npt_result { NPT_FILLED, NPT_INJECTED, NPT_EXIT };
enum npt_result npt_fault(struct plane *plane, struct vmexit *exit);
void npt_zap_locked(uint64_t spa_gfn, uint64_t pages); // entries of these GPAs; rmp_lock held
void npt_flush_others_locked(void); // waits until every other CPU has left the old entries
void npt_flush_force_locked(void);  // every CPU's TLB, whatever was dropped
bool npt_sync_cpu(struct cpu *cpu); // before VMRUN: true = the TLB must be emptied
void npt_settle(uint64_t spa, uint64_t pages); // before the contents of private pages are used
bool plane_paged(const struct plane *plane);   // C-bit counts: paging with PAE

// walk.c: the guest's own page tables and private or shared memory, as the processor sees them
struct guest_page {
	uint64_t gpa;	// without C-bit
	bool encrypted; // C-bit of the leaf (or no paging)
	bool large;	// leaf of 2 MiB or more
	uint64_t pte;	// flags of the walk: PTE_W, PTE_U, PTE_NX combined
};
// false = not present; *error gets the page-fault error code without access bits.
bool walk_translate(struct plane *plane, uint64_t linear, struct guest_page *page);
bool walk_read(struct plane *plane, uint64_t linear, void *to, size_t size);
bool walk_fetch(
	struct plane *plane, uint64_t linear, void *to, size_t size); // code: always private
bool walk_write(struct plane *plane, uint64_t linear, const void *from, size_t size);

// inject.c
void inject_exception(struct plane *plane, unsigned vector, bool has_error, uint32_t error);
void inject_vc(struct plane *plane, uint32_t error); // #VC with its error code
void inject_pf(struct plane *plane, uint64_t linear, uint32_t error);

// decode.c
struct instruction {
	uint8_t bytes[15];
	uint8_t length; // bytes fetched
	uint8_t opcode; // index of the first opcode byte, behind prefixes
	uint8_t rex;
	bool rep, repne, opsize;
};
bool decode_fetch(struct plane *plane, struct instruction *insn);
uint64_t *decode_register(struct plane *plane, unsigned number); // 0..15
void plane_advance(struct plane *plane, unsigned bytes);
bool plane_is_64bit(const struct plane *plane);
unsigned plane_cpl(const struct plane *plane);

// snpinsn.c: PVALIDATE, RMPADJUST, RMPQUERY and other instructions that QEMU answers with #UD.
// true = done (also when it raised an exception); *exit.code is set when the host has to act.
bool undefined_emulate(struct plane *plane, struct vmexit *exit);
// crs.c
void cr_access(struct plane *plane, uint64_t code);
// debugregs.c: DR7 around an entry; a write of it by a plane with DebugSwap
bool dr7_enter(const struct plane *plane); // true = dr7_leave() after the exit
void dr7_leave(void);
void dr7_access(struct plane *plane, uint64_t code);
// msr.c: true = handled inside the processor, else #VC
bool msr_access(struct plane *plane, bool write);
void msr_permissions(uint8_t *map); // MSR permission map of every plane

#endif
