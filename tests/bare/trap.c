// SPDX-License-Identifier: MIT
#include "tests/bare/cpu.h"
#include "tests/bare/report.h"

#define GATE_INTERRUPT 0x8e00ull

struct ex_entry {
	uint64_t from, to;
};
extern const struct ex_entry ex_table_start[], ex_table_end[];

struct __attribute__((packed)) table_pointer {
	uint16_t limit;
	uint64_t base;
};

static uint64_t idt[256][2];

uint64_t trap_idt_base(void)
{
	return (uint64_t)idt;
}

void trap_init(void)
{
	struct table_pointer pointer = {sizeof(idt) - 1, (uint64_t)idt};

	for (unsigned i = 0; i < 32; i++) {
		uint64_t entry = (uint64_t)trap_entries + i * 16;

		idt[i][0] = (entry & 0xffff) | (uint64_t)BARE_SEL_CODE << 16 |
			    GATE_INTERRUPT << 32 | (entry >> 16 & 0xffff) << 48;
		idt[i][1] = entry >> 32;
	}
	__asm__ volatile("lidt %0" ::"m"(pointer));
}

static uint64_t read_cr2(void)
{
	uint64_t value;

	__asm__ volatile("mov %%cr2, %0" : "=r"(value));
	return value;
}

static void record(struct bare_cpu *cpu, const struct trap_frame *frame)
{
	cpu->trap = (struct trap){
		.vector = (uint8_t)frame->vector,
		.error = frame->error,
		.cr2 = read_cr2(),
		.rip = frame->rip,
		.rsp = frame->rsp,
	};
}

void trap_handle(struct trap_frame *frame)
{
	struct bare_cpu *cpu = this_cpu();

	if (frame->vector == VEC_HV) {
		cpu->hv_count++;
		return;
	}
	if ((frame->cs & 3) == 3) {
		record(cpu, frame);
		frame->rip = (uint64_t)trap_user_return;
		frame->rsp = cpu->user_return;
		frame->cs = BARE_SEL_CODE;
		frame->ss = BARE_SEL_DATA;
		return;
	}
	for (const struct ex_entry *e = ex_table_start; e < ex_table_end; e++) {
		if (e->from == frame->rip) {
			record(cpu, frame);
			frame->rip = e->to;
			return;
		}
	}
	if (cpu->try_call && frame->rip == cpu->try_call) {
		record(cpu, frame);
		frame->rip = (uint64_t)trap_call_return;
		frame->rsp += 8; // the return address of the call
		return;
	}
	report_abort("CPU %u: exception %lu, error 0x%lx, RIP 0x%lx, CR2 0x%lx, RSP 0x%lx",
		cpu->index, frame->vector, frame->error, frame->rip, read_cr2(), frame->rsp);
}
