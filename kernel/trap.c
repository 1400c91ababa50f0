// SPDX-License-Identifier: MIT
#include "kernel/trap.h"

#include "hw/x86.h"
#include "kernel/cpu.h"
#include "kernel/layout.h"
#include "kernel/panic.h"
#include "kernel/section.h"

// Interrupt gate, APM 2 section 4.8.4
struct gate {
	uint16_t offset_low;
	uint16_t selector;
	uint8_t ist;
	uint8_t type;
	uint16_t offset_mid;
	uint32_t offset_high;
	uint32_t reserved;
};
ASSERT_SIZE(struct gate, 16);
#define GATE_INTERRUPT 0x8e // present, DPL 0, 64-bit interrupt gate

struct extable_entry {
	uint64_t insn;
	uint64_t fixup;
};

extern const uint64_t trap_entries[TRAP_COUNT];
extern const struct extable_entry ex_table_start[];
extern const struct extable_entry ex_table_end[];

static struct gate idt[TRAP_COUNT + TRAP_INTERRUPTS] RO_AFTER_INIT;
static bool has_stacks RO_AFTER_INIT; // and a struct percpu: a report is possible

static const char *const names[TRAP_COUNT] = {
	[VEC_DE] = "#DE",
	[VEC_DB] = "#DB",
	[VEC_NMI] = "NMI",
	[VEC_BP] = "#BP",
	[VEC_UD] = "#UD",
	[VEC_NM] = "#NM",
	[VEC_DF] = "#DF",
	[VEC_TS] = "#TS",
	[VEC_NP] = "#NP",
	[VEC_SS] = "#SS",
	[VEC_GP] = "#GP",
	[VEC_PF] = "#PF",
	[VEC_MC] = "#MC",
	[VEC_HV] = "#HV",
	[VEC_VC] = "#VC",
};

const char *trap_name(uint64_t vector)
{
	return vector < TRAP_COUNT && names[vector] != NULL ? names[vector] : "exception";
}

static void trap_set_gate(unsigned int vector, uint64_t entry)
{
	idt[vector] = (struct gate){
		.offset_low = (uint16_t)entry,
		.selector = SEL_CODE,
		.type = GATE_INTERRUPT,
		.offset_mid = (uint16_t)(entry >> 16),
		.offset_high = (uint32_t)(entry >> 32),
	};
}

uint64_t trap_table_base(void)
{
	return (uint64_t)idt;
}

uint16_t trap_table_limit(void)
{
	return sizeof(idt) - 1;
}

void trap_load(void)
{
	struct cpu_table_pointer pointer = {
		.limit = trap_table_limit(),
		.base = trap_table_base(),
	};

	cpu_load_idt(&pointer);
}

void trap_init_early(void)
{
	for (unsigned int i = 0; i < TRAP_COUNT; i++)
		trap_set_gate(i, trap_entries[i]);
	trap_load();
}

void trap_use_stacks(void)
{
	idt[VEC_VC].ist = IST_VC;
	idt[VEC_HV].ist = IST_HV;
	idt[VEC_DF].ist = IST_DF;
	idt[VEC_NMI].ist = IST_NMI;
	idt[VEC_MC].ist = IST_NMI;
	has_stacks = true;
}

void trap_set_interrupt(unsigned int vector, void (*entry)(void))
{
	KERNEL_ASSERT(vector >= TRAP_COUNT && vector < ARRAY_SIZE(idt));
	trap_set_gate(vector, (uint64_t)entry);
}

uint64_t trap_find_fixup(uint64_t rip)
{
	for (const struct extable_entry *e = ex_table_start; e < ex_table_end; e++) {
		if (e->insn == rip)
			return e->fixup;
	}
	return 0;
}

void trap_dispatch(struct trap_frame *frame)
{
	if (!has_stacks)
		terminate_now(TERMINATE_EARLY_TRAP);
	switch (frame->vector) {
	case VEC_VC:
		vc_handle(frame);
		return;
	case VEC_MC:
		panic_trap(frame, TERMINATE_MACHINE_CHECK);
	case VEC_PF:
	case VEC_GP: {
		uint64_t fixup = trap_find_fixup(frame->rip);

		if (fixup == 0)
			panic_trap(frame, TERMINATE_PANIC);
		frame->rip = fixup;
		return;
	}
	default:
		panic_trap(frame, TERMINATE_PANIC);
	}
}

_Noreturn void trap_nested_hv(void)
{
	terminate_now(TERMINATE_NESTED_HV);
}
