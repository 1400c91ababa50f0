// SPDX-License-Identifier: MIT
// A plane's state for people: one line for the trace, or registers, code and stack. This is a
// debugger's view, which a host of real hardware has not.
#include "hw/x86.h"
#include "lib/fmt.h"
#include "machine/cpu/processor.h"

#define FRAMES_MAX  24
#define STACK_WORDS 16

void plane_describe(const struct plane *plane, char *text, size_t size)
{
	const struct vmcb_save *save = &plane->core.vmcb->save;

	fmt_snprintf(text, size, "vmpl%u cpl%u rip 0x%lx", plane->vmpl, save->cpl, save->rip);
}

static void registers_dump(const struct plane *plane)
{
	const struct vmcb_save *s = &plane->core.vmcb->save;
	const struct guest_regs *r = &plane->core.regs;

	log_error("CPU %u VMPL%u: RIP 0x%lx CS 0x%x base 0x%lx attr 0x%x CPL %u RFLAGS 0x%lx",
		plane->cpu->index, plane->vmpl, s->rip, s->cs.selector, s->cs.base, s->cs.attrib,
		s->cpl, s->rflags);
	log_error(" rax %016lx rbx %016lx rcx %016lx rdx %016lx", s->rax, r->rbx, r->rcx, r->rdx);
	log_error(" rsi %016lx rdi %016lx rbp %016lx rsp %016lx", r->rsi, r->rdi, r->rbp, s->rsp);
	log_error(" r8  %016lx r9  %016lx r10 %016lx r11 %016lx", r->r8, r->r9, r->r10, r->r11);
	log_error(" r12 %016lx r13 %016lx r14 %016lx r15 %016lx", r->r12, r->r13, r->r14, r->r15);
	log_error(" cr0 %lx cr2 %lx cr3 %lx cr4 %lx efer %lx gs %lx fs %lx", s->cr0, s->cr2, s->cr3,
		s->cr4, s->efer, s->gs.base, s->fs.base);
	log_error(" gdt %lx/%x idt %lx/%x tr 0x%x base %lx ss 0x%x attr 0x%x", s->gdtr.base,
		s->gdtr.limit, s->idtr.base, s->idtr.limit, s->tr.selector, s->tr.base,
		s->ss.selector, s->ss.attrib);
	log_error(" ghcb msr %lx, last exit 0x%lx info 0x%lx 0x%lx intinfo 0x%x", plane->ghcb_msr,
		plane->core.vmcb->control.exit_code, plane->core.vmcb->control.exit_info_1,
		plane->core.vmcb->control.exit_info_2, plane->core.vmcb->control.exit_int_info);
}

static void code_dump(struct plane *plane)
{
	struct instruction insn;
	char text[64];
	size_t used = 0;

	(void)decode_fetch(plane, &insn);
	text[0] = 0;
	for (unsigned i = 0; i < insn.length; i++)
		used += fmt_snprintf(text + used, sizeof(text) - used, " %02x", insn.bytes[i]);
	log_error(" code at RIP:%s", insn.length ? text : " not readable");
}

static void stack_dump(struct plane *plane)
{
	const struct vmcb_save *s = &plane->core.vmcb->save;
	uint64_t base = plane_is_64bit(plane) ? 0 : s->ss.base, words[STACK_WORDS];

	if (!walk_read(plane, base + s->rsp, words, sizeof(words)))
		return;
	for (unsigned i = 0; i < STACK_WORDS; i += 4)
		log_error(" stack +0x%02x: %016lx %016lx %016lx %016lx", i * 8, words[i],
			words[i + 1], words[i + 2], words[i + 3]);
}

// Return addresses along the frame pointers; the launcher adds the symbols.
static void frames_dump(struct plane *plane)
{
	uint64_t frame = plane->core.regs.rbp, pair[2];

	log_error(" call chain:");
	log_error("  #0 0x%lx", plane->core.vmcb->save.rip);
	for (unsigned i = 1; i < FRAMES_MAX; i++) {
		if (!frame || frame & 7 || !walk_read(plane, frame, pair, sizeof(pair)) || !pair[1])
			return;
		log_error("  #%u 0x%lx", i, pair[1]);
		if (pair[0] <= frame)
			return;
		frame = pair[0];
	}
}

void plane_dump(struct plane *plane)
{
	if (!plane->core.vmcb || !plane->core.vmsa_spa) {
		log_error("CPU %u VMPL%u: has not run", plane->cpu->index, plane->vmpl);
		return;
	}
	registers_dump(plane);
	code_dump(plane);
	if (plane_is_64bit(plane))
		frames_dump(plane);
	stack_dump(plane);
}
