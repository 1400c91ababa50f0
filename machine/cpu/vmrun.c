// SPDX-License-Identifier: MIT
// VMRUN to automatic exit. In between, what the silicon does by itself: non-automatic exits become
// #VC, nested-table misses are filled, RMP instructions are carried out.
#include <stdatomic.h>

#include "hw/x86.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "machine/base/start.h"
#include "machine/cpu/processor.h"
#include "machine/cpu/scramble.h"
#include "machine/debug/debug.h"

#define IOPM_SIZE  12288
#define MSRPM_SIZE 8192
#define DR7_READS  ((uint16_t)(1u << 7))
#define DR7_WRITES ((uint16_t)(1u << 7 | 1u << 5)) // DR5 is DR7 without CR4.DE
#define ASID_BASE  1

#define COUNTED	   0xa0 // exit codes below, and one place for nested page faults

static uint8_t *iopm, *msrpm;
static uint64_t counts[CPUS_MAX][VMPL_COUNT][COUNTED + 1];

void processor_init(void)
{
	iopm = pool_alloc(IOPM_SIZE);
	msrpm = pool_alloc(MSRPM_SIZE);
	if (!iopm || !msrpm)
		machine_bug("no memory for permission maps");
	memset(iopm, 0xff, IOPM_SIZE);
	msr_permissions(msrpm);
	scramble_init();
	fpu_init();
	npt_init();
}

static void vmcb_init(struct vmcb *vmcb)
{
	struct vmcb_control *c = &vmcb->control;

	c->intercept_exceptions = 1u << VEC_UD;
	c->intercept_misc1 = INTERCEPT_NMI | INTERCEPT_SMI | INTERCEPT_INIT | INTERCEPT_CR0_SEL |
			     INTERCEPT_RDPMC | INTERCEPT_CPUID | INTERCEPT_INVD |
			     INTERCEPT_INVLPGA | INTERCEPT_IOIO | INTERCEPT_MSR |
			     INTERCEPT_SHUTDOWN;
	c->intercept_misc2 = INTERCEPT_VMRUN | INTERCEPT_VMMCALL | INTERCEPT_VMLOAD |
			     INTERCEPT_VMSAVE | INTERCEPT_STGI | INTERCEPT_CLGI | INTERCEPT_SKINIT |
			     INTERCEPT_WBINVD | INTERCEPT_MONITOR | INTERCEPT_MWAIT;
	c->iopm_base_pa = pool_spa(iopm);
	c->msrpm_base_pa = pool_spa(msrpm);
	c->nested_ctl = NESTED_CTL_NP;
}

void processor_init_cpu(struct cpu *cpu)
{
	for (unsigned vmpl = 0; vmpl < VMPL_COUNT; vmpl++) {
		struct vmcb *vmcb = pool_alloc(sizeof(*vmcb));

		if (!vmcb)
			machine_bug("no memory for the VMCBs of CPU %u", cpu->index);
		vmcb_init(vmcb);
		cpu->plane[vmpl].core.vmcb = vmcb;
	}
}

// QEMU empties its TLB when one of these bits changes at VMRUN or #VMEXIT, each time at some cost:
// the machine takes over the guest's, which mean nothing to it.
static void cr4_follow(uint64_t guest)
{
	static const uint64_t bits = CR4_PSE | CR4_PGE | CR4_SMEP | CR4_SMAP;
	uint64_t now, wanted;

	__asm__ volatile("movq %%cr4, %0" : "=r"(now));
	wanted = (now & ~bits) | (guest & bits);
	if (wanted != now)
		__asm__ volatile("movq %0, %%cr4" ::"r"(wanted));
}

// What depends on the plane's state and may have changed since the last entry.
static void entry_prepare(struct plane *plane)
{
	struct vmcb_control *control = &plane->core.vmcb->control;

	control->nested_cr3 = npt_root(plane);
	control->asid = ASID_BASE + 2u * plane->vmpl + plane_paged(plane); // one for each root
	cr4_follow(plane->core.vmcb->save.cr4);
}

// An event whose delivery was cut short by the exit is delivered again. QEMU calls external
// interrupts exceptions here; software interrupts start again with their instruction.
static void event_again(struct vmcb_control *control)
{
	uint32_t info = control->exit_int_info, vector = info & 0xff;

	if (!(info & EVENT_VALID) || (info & EVENT_TYPE_MASK) == EVENT_TYPE_SOFT)
		return;
	info &= ~EVENT_TYPE_MASK;
	info |= vector == VEC_NMI ? EVENT_TYPE_NMI
		: vector >= 32	  ? EVENT_TYPE_INTR
				  : EVENT_TYPE_EXCP;
	control->event_inj = info;
	control->event_inj_err = control->exit_int_info_err;
}

static void exit_count(const struct plane *plane, uint64_t code)
{
	counts[plane->cpu->index][plane->vmpl][code < COUNTED ? code : COUNTED]++;
}

/*
 * CPU 0 still had the nested tables on when it was back here: QEMU called that an exit too, and put
 * this program's registers into the VMCB, where the guest's were.
 */
static void exit_check(const struct plane *plane)
{
	const struct vmcb_save *save = &plane->core.vmcb->save;

	if (save->rip == (uint64_t)vmrun_return && save->cr3 == memory_root())
		machine_bug("QEMU lost the registers of CPU %u, VMPL%u, as another CPU loaded x87 "
			    "registers in the same moment: run again, or with one thread for all "
			    "processors, --accel tcg-single (docs/caveats.md, \"QEMU\")",
			plane->cpu->index, plane->vmpl);
}

static void enter(struct plane *plane)
{
	struct cpu *cpu = plane->cpu;
	struct vmcb_control *control = &plane->core.vmcb->control;

	entry_prepare(plane);
	atomic_store(&cpu->running, 1u + plane->vmpl);
	control->tlb_control = npt_sync_cpu(cpu) ? TLB_CONTROL_FLUSH_ALL : 0;

	bool armed = dr7_enter(plane);

	vmrun_enter(pool_spa(plane->core.vmcb), &plane->core.regs, cpu->host_vmcb_pa);
	if (armed)
		dr7_leave();
	atomic_store(&cpu->running, 0);
	exit_check(plane);
	exit_count(plane, control->exit_code);
	event_again(&plane->core.vmcb->control);
}

// VMGEXIT is VMMCALL with a repeat prefix.
static bool vmmcall(struct plane *plane, struct vmexit *exit)
{
	struct instruction insn;

	if (!decode_fetch(plane, &insn) || !(insn.rep || insn.repne)) {
		inject_vc(plane, VMEXIT_VMMCALL);
		return true;
	}
	plane_advance(plane, insn.opcode + 3u);
	*exit = (struct vmexit){VMEXIT_VMGEXIT, 0, 0};
	return false;
}

static bool halt(struct plane *plane, struct vmexit *exit)
{
	struct instruction insn;

	if (decode_fetch(plane, &insn))
		plane_advance(plane, insn.opcode + 1u);
	*exit = (struct vmexit){VMEXIT_HLT, 0, 0};
	return false;
}

// QEMU 7.2 gives INVD the exit code of WBINVD.
static void cache_instruction(struct plane *plane)
{
	struct instruction insn;
	bool invd = decode_fetch(plane, &insn) && insn.bytes[insn.opcode + 1] == 0x08;

	// The privilege check comes before the intercept; QEMU 11 has it the other way round.
	if (plane_cpl(plane) != 0)
		inject_exception(plane, VEC_GP, true, 0);
	else
		inject_vc(plane, invd ? VMEXIT_INVD : VMEXIT_WBINVD);
}

static bool undefined(struct plane *plane, struct vmexit *exit)
{
	exit->code = 0;
	if (!undefined_emulate(plane, exit))
		inject_exception(plane, VEC_UD, false, 0);
	return exit->code == 0;
}

// true: the guest goes on. false: automatic exit, described by *exit.
static bool exit_internal(struct plane *plane, struct vmexit *exit)
{
	switch (exit->code) {
	case VMEXIT_NPF:
		return npt_fault(plane, exit) != NPT_EXIT;
	case VMEXIT_EXCP_BASE + VEC_UD:
		return undefined(plane, exit);
	case VMEXIT_VMMCALL:
		return vmmcall(plane, exit);
	case VMEXIT_HLT:
		return halt(plane, exit);
	case VMEXIT_CR0_SEL:
		cr_access(plane, exit->code);
		return true;
	case VMEXIT_MSR:
		if (!msr_access(plane, exit->info_1 & 1))
			inject_vc(plane, VMEXIT_MSR);
		return true;
	case VMEXIT_INVD:
	case VMEXIT_WBINVD:
		cache_instruction(plane);
		return true;
	case VMEXIT_CPUID:
	case VMEXIT_IOIO:
	case VMEXIT_RDPMC:
	case VMEXIT_MONITOR:
	case VMEXIT_MWAIT:
	case VMEXIT_DR7_READ:
		inject_vc(plane, (uint32_t)exit->code);
		return true;
	case VMEXIT_DR5_WRITE:
	case VMEXIT_DR7_WRITE:
		dr7_access(plane, exit->code);
		return true;
	case VMEXIT_VMRUN:
	case VMEXIT_VMLOAD:
	case VMEXIT_VMSAVE:
	case VMEXIT_STGI:
	case VMEXIT_CLGI:
	case VMEXIT_SKINIT:
	case VMEXIT_INVLPGA:
		inject_exception(plane, VEC_UD, false, 0);
		return true;
	case VMEXIT_NMI:
		take_nmi();
		debug_nmi(plane->cpu);
		return false;
	default:
		return false;
	}
}

void vmrun_counts_log(void)
{
	for (uint32_t cpu = 0; cpu < cpu_count; cpu++)
		for (unsigned vmpl = 0; vmpl < VMPL_COUNT; vmpl++)
			for (unsigned code = 0; code <= COUNTED; code++)
				if (counts[cpu][vmpl][code])
					log_info("cpu%u VMPL%u %8lu #VMEXIT 0x%x in the processor",
						cpu, vmpl, counts[cpu][vmpl][code],
						code == COUNTED ? VMEXIT_NPF : code);
}

static void controls_set(struct plane *plane, bool direct_irq)
{
	struct vmcb_control *c = &plane->core.vmcb->control;

	c->int_ctl = direct_irq ? 0 : V_INTR_MASKING;
	if (direct_irq)
		c->intercept_misc1 &= ~INTERCEPT_HLT;
	else
		c->intercept_misc1 |= INTERCEPT_HLT;
	// Without DebugSwap DR7 is the host's to watch. Writes leave the guest in any case.
	c->intercept_dr_read = (plane->core.sev_features & SEV_FEATURE_DEBUG_SWAP) ? 0 : DR7_READS;
	c->intercept_dr_write = DR7_WRITES;
	c->event_inj = plane->event_inj;
	c->event_inj_err = plane->event_inj_err;
	plane->event_inj = 0;
}

void vmrun(struct plane *plane, bool direct_irq, struct vmexit *exit)
{
	const struct vmcb_control *c = &plane->core.vmcb->control;

	*exit = (struct vmexit){VMEXIT_INVALID, 0, 0};
	if (!vmsa_load(plane))
		return;
	fpu_own(plane);
	controls_set(plane, direct_irq);
	do {
		debug_before_run(plane);
		enter(plane);
		*exit = (struct vmexit){c->exit_code, c->exit_info_1, c->exit_info_2};
		if (c->exit_code >= 0xffffffff) // QEMU writes -1 as 32 bits
			exit->code = VMEXIT_INVALID;
	} while (debug_exit(plane, exit) || exit_internal(plane, exit));
	// an event that was to be delivered again must not get lost with the exit
	if (c->event_inj & EVENT_VALID) {
		plane->event_inj = c->event_inj;
		plane->event_inj_err = c->event_inj_err;
	}
	vmsa_save(plane, exit);
}
