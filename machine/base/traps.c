// SPDX-License-Identifier: MIT
// Exceptions of the machine itself (always a bug, but #DB) and the NMI that other CPUs use as a
// kick.
#include "hw/x86.h"
#include "machine/base/start.h"
#include "machine/boot/layout.h"

struct gate {
	uint16_t offset_0;
	uint16_t selector;
	uint8_t ist, type;
	uint16_t offset_16;
	uint32_t offset_32, reserved;
};
ASSERT_SIZE(struct gate, 16);

struct descriptor_pointer {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

struct trap_frame {
	uint64_t rax, rbx, rcx, rdx, rsi, rdi, rsp_saved, rbp;
	uint64_t vector, error, rip, cs, rflags, rsp, ss;
};

extern const uint64_t trap_stubs[32];
void nmi_stub(void);
void debug_stub(void);
void ignore_stub(void);
_Noreturn void machine_trap(const struct trap_frame *frame);

static struct gate idt[256] __attribute__((aligned(16)));
static struct gate ignoring_idt[256] __attribute__((aligned(16)));
static const uint64_t gdt[] = {0, 0x00cf9b000000ffff, 0x00cf93000000ffff, 0x00af9b000000ffff};

static void gate_set(struct gate *gate, uint64_t handler)
{
	*gate = (struct gate){
		.offset_0 = (uint16_t)handler,
		.selector = SEL_CODE64,
		.type = 0x8e,
		.offset_16 = (uint16_t)(handler >> 16),
		.offset_32 = (uint32_t)(handler >> 32),
	};
}

void traps_init(void)
{
	for (unsigned v = 0; v < 32; v++)
		gate_set(&idt[v], trap_stubs[v]);
	gate_set(&idt[VEC_NMI], (uint64_t)nmi_stub);
	gate_set(&idt[VEC_DB], (uint64_t)debug_stub);
	for (unsigned v = 0; v < 256; v++)
		gate_set(&ignoring_idt[v], (uint64_t)ignore_stub);
}

void traps_load(void)
{
	struct descriptor_pointer idtr = {sizeof(idt) - 1, (uint64_t)idt};
	struct descriptor_pointer gdtr = {sizeof(gdt) - 1, (uint64_t)gdt};

	__asm__ volatile("lgdt %0; lidt %1" ::"m"(gdtr), "m"(idtr));
}

void traps_load_ignoring(void)
{
	struct descriptor_pointer idtr = {sizeof(ignoring_idt) - 1, (uint64_t)ignoring_idt};

	__asm__ volatile("lidt %0" ::"m"(idtr));
}

_Noreturn void machine_trap(const struct trap_frame *f)
{
	uint64_t cr2, *frame = (uint64_t *)f->rbp;

	__asm__ volatile("movq %%cr2, %0" : "=r"(cr2));
	log_error("the machine itself: exception %lu error 0x%lx at 0x%lx, cr2 0x%lx rsp 0x%lx",
		f->vector, f->error, f->rip, cr2, f->rsp);
	log_error("rax %lx rbx %lx rcx %lx rdx %lx rsi %lx rdi %lx rbp %lx", f->rax, f->rbx, f->rcx,
		f->rdx, f->rsi, f->rdi, f->rbp);
	for (int depth = 0; depth < 16 && (uint64_t)frame > MACHINE_VA && !((uint64_t)frame & 7);
		depth++) {
		log_error("  #%d 0x%lx", depth, frame[1]);
		frame = (uint64_t *)frame[0];
	}
	machine_end(END_MACHINE_STOPPED);
}
