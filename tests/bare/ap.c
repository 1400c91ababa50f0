// SPDX-License-Identifier: MIT
// CPUs: per-CPU data, and the VMSA with which another one starts in 64-bit mode at once.
#include "tests/bare/cpu.h"

#include "lib/string.h"
#include "tests/bare/ghcb.h"

#define ATTRIB_CODE64 0xa9b // type, S, P; L and G
#define ATTRIB_DATA   0xc93
#define ATTRIB_LDT    0x082
#define ATTRIB_TSS    0x08b

struct bare_cpu bare_cpus[BARE_CPUS_MAX];
const uint64_t __stack_chk_guard = 0x5bd1e995c0de00ull;

_Noreturn void __stack_chk_fail(void);
_Noreturn void __stack_chk_fail(void)
{
	for (;;)
		__asm__ volatile("ud2");
}

void bare_cpu_init(uint32_t index, uint32_t apic_id, uint64_t ghcb_gpa)
{
	struct bare_cpu *cpu = &bare_cpus[index];

	cpu->self = cpu;
	cpu->index = index;
	cpu->apic_id = apic_id;
	cpu->ghcb_gpa = ghcb_gpa;
	cpu->trap.vector = TRAP_NONE;
}

static uint64_t read_cr(unsigned number)
{
	uint64_t value;

	if (number == 0)
		__asm__ volatile("mov %%cr0, %0" : "=r"(value));
	else if (number == 3)
		__asm__ volatile("mov %%cr3, %0" : "=r"(value));
	else
		__asm__ volatile("mov %%cr4, %0" : "=r"(value));
	return value;
}

static _Noreturn void ap_entry(void)
{
	struct bare_cpu *cpu = this_cpu();

	trap_init();
	ghcb_register();
	cpu->running = true;
	cpu->main();
	for (;;)
		__asm__ volatile("cli; hlt");
}

static struct vmcb_seg segment(uint16_t selector, uint16_t attrib)
{
	return (struct vmcb_seg){.selector = selector, .attrib = attrib, .limit = 0xffffffff};
}

void bare_vmsa_fill(struct vmsa *vmsa, uint32_t index, uint8_t vmpl, uint64_t features)
{
	memset(vmsa, 0, sizeof(*vmsa));
	vmsa->cs = segment(BARE_SEL_CODE, ATTRIB_CODE64);
	vmsa->ds = segment(BARE_SEL_DATA, ATTRIB_DATA);
	vmsa->es = vmsa->ss = vmsa->fs = vmsa->gs = vmsa->ds;
	vmsa->gs.base = (uint64_t)&bare_cpus[index];
	vmsa->gdtr = (struct vmcb_seg){.base = (uint64_t)bare_gdt,
		.limit = (uint32_t)((uint64_t)bare_gdt_end - (uint64_t)bare_gdt - 1)};
	vmsa->idtr = (struct vmcb_seg){.base = trap_idt_base(), .limit = 0xfff};
	vmsa->ldtr.attrib = ATTRIB_LDT;
	vmsa->tr.attrib = ATTRIB_TSS;
	vmsa->efer = EFER_LME | EFER_LMA | EFER_NXE | EFER_SVME;
	vmsa->cr0 = read_cr(0);
	vmsa->cr3 = read_cr(3);
	vmsa->cr4 = read_cr(4);
	vmsa->dr6 = 0xffff0ff0;
	vmsa->dr7 = 0x400;
	vmsa->rflags = RFLAGS_RSVD1;
	vmsa->rip = (uint64_t)ap_entry;
	vmsa->rsp = (uint64_t)bare_stacks[index] + BARE_STACK_SIZE - 8; // as after a call
	vmsa->g_pat = 0x0007040600070406;
	vmsa->xcr0 = 1;
	vmsa->mxcsr = 0x1f80;
	vmsa->x87_fcw = 0x37f; // as after FNINIT
	vmsa->x87_ftw = 0xffff;
	vmsa->vmpl = vmpl;
	vmsa->sev_features = features;
}
