// SPDX-License-Identifier: MIT
// Exceptions that the processor role raises. QEMU's EVENTINJ does all but #VC, whose error code
// QEMU does not push: its frame is written here. Source: APM volume 2, sections 8.9.3 (long
// mode), 8.7.3 (protected mode), 12.2 (task-state segment).
#include "hw/x86.h"
#include "machine/cpu/processor.h"

#define GATE_INTERRUPT 0xe
#define GATE_TRAP      0xf
#define TSS64_RSP0     4
#define TSS64_IST1     0x24
#define TSS32_ESP0     4
#define TSS32_SS0      8

struct delivery {
	uint64_t rip, rsp;
	struct vmcb_seg cs, ss;
	unsigned cpl;
	bool clear_if, new_ss;
};

void inject_exception(struct plane *plane, unsigned vector, bool has_error, uint32_t error)
{
	struct vmcb_control *control = &plane->core.vmcb->control;

	control->event_inj =
		EVENT_VALID | EVENT_TYPE_EXCP | vector | (has_error ? EVENT_ERR_VALID : 0);
	control->event_inj_err = error;
	control->int_state = 0;
}

void inject_pf(struct plane *plane, uint64_t linear, uint32_t error)
{
	plane->core.vmcb->save.cr2 = linear;
	inject_exception(plane, VEC_PF, true, error);
}

static bool descriptor_read(struct plane *plane, uint16_t selector, uint64_t *descriptor)
{
	const struct vmcb_save *save = &plane->core.vmcb->save;
	const struct vmcb_seg *table = selector & 4 ? &save->ldtr : &save->gdtr;
	unsigned offset = selector & ~7u;

	return offset && offset + 7 <= table->limit &&
	       walk_read(plane, table->base + offset, descriptor, 8);
}

static struct vmcb_seg segment_from(uint16_t selector, uint64_t descriptor)
{
	struct vmcb_seg seg = {
		.selector = selector,
		.attrib = (uint16_t)((descriptor >> 40 & 0xff) | (descriptor >> 44 & 0xf00)),
		.limit = (uint32_t)((descriptor & 0xffff) | (descriptor >> 32 & 0xf0000)),
		.base = (descriptor >> 16 & 0xffffff) | (descriptor >> 32 & 0xff000000),
	};

	if (seg.attrib & SEG_ATTR_G)
		seg.limit = seg.limit << 12 | 0xfff;
	return seg;
}

static bool gate_code_segment(struct plane *plane, uint16_t selector, struct delivery *d)
{
	uint64_t descriptor;

	if (!descriptor_read(plane, selector, &descriptor))
		return false;
	d->cs = segment_from(selector, descriptor);
	d->cpl = d->cs.attrib >> SEG_ATTR_DPL_SHIFT & 3;
	d->cs.selector = (uint16_t)((selector & ~3u) | d->cpl);
	return (d->cs.attrib & SEG_ATTR_P) && d->cpl <= plane_cpl(plane);
}

static bool gate_read_64(struct plane *plane, unsigned vector, struct delivery *d)
{
	const struct vmcb_save *save = &plane->core.vmcb->save;
	uint64_t gate[2], stack = save->rsp;
	unsigned type, ist;

	if (vector * 16 + 15 > save->idtr.limit ||
		!walk_read(plane, save->idtr.base + vector * 16ul, gate, 16))
		return false;
	type = gate[0] >> 40 & 0xf;
	if (!(gate[0] & 1ull << 47) || (type != GATE_INTERRUPT && type != GATE_TRAP) ||
		!gate_code_segment(plane, (uint16_t)(gate[0] >> 16), d))
		return false;
	d->rip = (gate[0] & 0xffff) | (gate[0] >> 32 & 0xffff0000) | gate[1] << 32;
	d->clear_if = type == GATE_INTERRUPT;
	d->new_ss = d->cpl != plane_cpl(plane);
	ist = gate[0] >> 32 & 7;
	if ((ist && !walk_read(plane, save->tr.base + TSS64_IST1 + (ist - 1) * 8ul, &stack, 8)) ||
		(!ist && d->new_ss &&
			!walk_read(plane, save->tr.base + TSS64_RSP0 + d->cpl * 8ul, &stack, 8)))
		return false;
	d->ss = (struct vmcb_seg){
		.selector = (uint16_t)d->cpl, .attrib = (uint16_t)(d->cpl << SEG_ATTR_DPL_SHIFT)};
	d->rsp = stack & ~15ull;
	return true;
}

static bool gate_read_32(struct plane *plane, unsigned vector, struct delivery *d)
{
	const struct vmcb_save *save = &plane->core.vmcb->save;
	uint64_t gate, descriptor;
	uint32_t esp0;
	uint16_t ss0;
	unsigned type;

	if (vector * 8 + 7 > save->idtr.limit ||
		!walk_read(plane, save->idtr.base + vector * 8ul, &gate, 8))
		return false;
	type = gate >> 40 & 0xf;
	if (!(gate & 1ull << 47) || (type != GATE_INTERRUPT && type != GATE_TRAP) ||
		!gate_code_segment(plane, (uint16_t)(gate >> 16), d))
		return false;
	d->rip = (gate & 0xffff) | (gate >> 32 & 0xffff0000);
	d->clear_if = type == GATE_INTERRUPT;
	d->new_ss = d->cpl != plane_cpl(plane);
	d->rsp = save->rsp;
	d->ss = save->ss;
	if (!d->new_ss)
		return true;
	if (!walk_read(plane, save->tr.base + TSS32_ESP0 + d->cpl * 8ul, &esp0, 4) ||
		!walk_read(plane, save->tr.base + TSS32_SS0 + d->cpl * 8ul, &ss0, 2) ||
		!descriptor_read(plane, ss0, &descriptor))
		return false;
	d->rsp = esp0;
	d->ss = segment_from(ss0, descriptor);
	return true;
}

static bool frame_push(struct plane *plane, struct delivery *d, bool wide, uint32_t error)
{
	const struct vmcb_save *save = &plane->core.vmcb->save;
	uint64_t words[6] = {
		error, save->rip, save->cs.selector, save->rflags, save->rsp, save->ss.selector};
	unsigned count = wide || d->new_ss ? 6 : 4;
	uint32_t narrow[6];

	if (wide) {
		d->rsp -= sizeof(words);
		return walk_write(plane, d->rsp, words, sizeof(words));
	}
	for (unsigned i = 0; i < count; i++)
		narrow[i] = (uint32_t)words[i];
	d->rsp = (d->rsp - sizeof(*narrow) * count) & 0xffffffff;
	return walk_write(plane, d->ss.base + d->rsp, narrow, sizeof(*narrow) * count);
}

static bool deliver(struct plane *plane, unsigned vector, uint32_t error)
{
	struct vmcb_save *save = &plane->core.vmcb->save;
	bool wide = save->efer & EFER_LMA;
	struct delivery d = {0};

	if (!(save->cr0 & CR0_PE) ||
		!(wide ? gate_read_64(plane, vector, &d) : gate_read_32(plane, vector, &d)) ||
		!frame_push(plane, &d, wide, error))
		return false;
	if (d.new_ss)
		save->ss = d.ss;
	save->cs = d.cs;
	save->rip = d.rip;
	save->rsp = d.rsp;
	save->cpl = (uint8_t)d.cpl;
	save->rflags &= ~(uint64_t)(RFLAGS_TF | RFLAGS_NT | RFLAGS_RF | RFLAGS_VM);
	if (d.clear_if)
		save->rflags &= ~(uint64_t)RFLAGS_IF;
	plane->core.vmcb->control.int_state = 0;
	return true;
}

void inject_vc(struct plane *plane, uint32_t error)
{
	if (deliver(plane, VEC_VC, error))
		return;
	log_warn("CPU %u VMPL%u: #VC 0x%x at RIP 0x%lx cannot be delivered (IDT, TSS or stack not "
		 "there): double fault",
		plane->cpu->index, plane->vmpl, error, plane->core.vmcb->save.rip);
	inject_exception(plane, VEC_DF, true, 0);
}
