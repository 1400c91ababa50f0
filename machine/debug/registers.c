// SPDX-License-Identifier: MIT
// A plane's registers as gdb numbers them, and their description. Floating-point registers are part
// of gdb's core set but are reported as unavailable.
#include "hw/x86.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "machine/cpu/processor.h"
#include "machine/debug/gdb.h"

enum place { IN_SAVE, IN_REGS, NOWHERE };

struct reg {
	const char *name, *type;
	uint8_t bits;  // as gdb sees it
	uint8_t width; // bytes in the machine
	uint8_t place;
	bool fixed; // gdb may not write it
	uint16_t offset;
};

#define SAVE(name, field, type, bits, fixed)                                                       \
	{                                                                                          \
		name, type, bits, sizeof(((struct vmcb_save *)0)->field), IN_SAVE, fixed,          \
			offsetof(struct vmcb_save, field)                                          \
	}
#define REGS(field, type)                                                                          \
	{                                                                                          \
#field, type, 64, 8, IN_REGS, false, offsetof(struct guest_regs, field)            \
	}
#define FPU(name, type, bits)                                                                      \
	{                                                                                          \
		name, type, bits, 0, NOWHERE, true, 0                                              \
	}

static const struct reg core_regs[] = {
	SAVE("rax", rax, "int64", 64, false),
	REGS(rbx, "int64"),
	REGS(rcx, "int64"),
	REGS(rdx, "int64"),
	REGS(rsi, "int64"),
	REGS(rdi, "int64"),
	REGS(rbp, "data_ptr"),
	SAVE("rsp", rsp, "data_ptr", 64, false),
	REGS(r8, "int64"),
	REGS(r9, "int64"),
	REGS(r10, "int64"),
	REGS(r11, "int64"),
	REGS(r12, "int64"),
	REGS(r13, "int64"),
	REGS(r14, "int64"),
	REGS(r15, "int64"),
	SAVE("rip", rip, "code_ptr", 64, false),
	SAVE("eflags", rflags, "eflags", 32, false),
	SAVE("cs", cs.selector, "int32", 32, true),
	SAVE("ss", ss.selector, "int32", 32, true),
	SAVE("ds", ds.selector, "int32", 32, true),
	SAVE("es", es.selector, "int32", 32, true),
	SAVE("fs", fs.selector, "int32", 32, true),
	SAVE("gs", gs.selector, "int32", 32, true),
	FPU("st0", "i387_ext", 80),
	FPU("st1", "i387_ext", 80),
	FPU("st2", "i387_ext", 80),
	FPU("st3", "i387_ext", 80),
	FPU("st4", "i387_ext", 80),
	FPU("st5", "i387_ext", 80),
	FPU("st6", "i387_ext", 80),
	FPU("st7", "i387_ext", 80),
	FPU("fctrl", "int", 32),
	FPU("fstat", "int", 32),
	FPU("ftag", "int", 32),
	FPU("fiseg", "int", 32),
	FPU("fioff", "int", 32),
	FPU("foseg", "int", 32),
	FPU("fooff", "int", 32),
	FPU("fop", "int", 32),
};

static const struct reg segment_regs[] = {
	SAVE("fs_base", fs.base, "int", 64, false),
	SAVE("gs_base", gs.base, "int", 64, false),
};

static const struct reg system_regs[] = {
	SAVE("k_gs_base", kernel_gs_base, "int64", 64, false),
	SAVE("cr0", cr0, "int64", 64, true),
	SAVE("cr2", cr2, "int64", 64, false),
	SAVE("cr3", cr3, "int64", 64, true),
	SAVE("cr4", cr4, "int64", 64, true),
	SAVE("efer", efer, "int64", 64, true),
	SAVE("gdt_base", gdtr.base, "int64", 64, true),
	SAVE("idt_base", idtr.base, "int64", 64, true),
	SAVE("tr_base", tr.base, "int64", 64, true),
	SAVE("cpl", cpl, "int32", 32, true),
};

static const struct group {
	const char *feature;
	const struct reg *regs;
	unsigned count;
} groups[] = {
	{"org.gnu.gdb.i386.core", core_regs, sizeof(core_regs) / sizeof(core_regs[0])},
	{"org.gnu.gdb.i386.segments", segment_regs, sizeof(segment_regs) / sizeof(segment_regs[0])},
	{"org.copra.system", system_regs, sizeof(system_regs) / sizeof(system_regs[0])},
};
#define GROUPS (sizeof(groups) / sizeof(groups[0]))

static const char eflags_type[] =
	"<flags id=\"eflags\" size=\"4\">"
	"<field name=\"CF\" start=\"0\" end=\"0\"/><field name=\"\" start=\"1\" end=\"1\"/>"
	"<field name=\"PF\" start=\"2\" end=\"2\"/><field name=\"AF\" start=\"4\" end=\"4\"/>"
	"<field name=\"ZF\" start=\"6\" end=\"6\"/><field name=\"SF\" start=\"7\" end=\"7\"/>"
	"<field name=\"TF\" start=\"8\" end=\"8\"/><field name=\"IF\" start=\"9\" end=\"9\"/>"
	"<field name=\"DF\" start=\"10\" end=\"10\"/><field name=\"OF\" start=\"11\" end=\"11\"/>"
	"<field name=\"NT\" start=\"14\" end=\"14\"/><field name=\"RF\" start=\"16\" end=\"16\"/>"
	"<field name=\"VM\" start=\"17\" end=\"17\"/><field name=\"AC\" start=\"18\" end=\"18\"/>"
	"<field name=\"ID\" start=\"21\" end=\"21\"/></flags>";

// gdb asks for it in parts; it is built once.
const char *registers_xml(void)
{
	static char xml[8192];
	size_t used = 0;

	if (xml[0])
		return xml;
	used += fmt_snprintf(xml, sizeof(xml),
		"<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\">"
		"<target version=\"1.0\"><architecture>i386:x86-64</architecture>");
	for (const struct group *g = groups; g < groups + GROUPS; g++) {
		used += fmt_snprintf(xml + used, sizeof(xml) - used, "<feature name=\"%s\">%s",
			g->feature, g == groups ? eflags_type : "");
		for (const struct reg *r = g->regs; r < g->regs + g->count; r++)
			used += fmt_snprintf(xml + used, sizeof(xml) - used,
				"<reg name=\"%s\" bitsize=\"%u\" type=\"%s\"/>", r->name, r->bits,
				r->type);
		used += fmt_snprintf(xml + used, sizeof(xml) - used, "</feature>");
	}
	used += fmt_snprintf(xml + used, sizeof(xml) - used, "</target>");
	if (used >= sizeof(xml))
		machine_bug("gdb: the description of the registers needs %lu bytes", used);
	return xml;
}

// clang-format off
#define SAVED(X)                                                                                   \
	X(es)                                                                                      \
	X(cs)                                                                                      \
	X(ss)                                                                                      \
	X(ds)                                                                                      \
	X(fs)                                                                                      \
	X(gs)                                                                                      \
	X(gdtr) X(ldtr) X(idtr) X(tr) X(cpl) X(efer) X(cr4) X(cr3) X(cr0) X(rflags) X(rip) X(rsp)  \
		X(rax) X(kernel_gs_base) X(cr2)
#define GENERAL(X)                                                                                 \
	X(rbx)                                                                                     \
	X(rcx) X(rdx) X(rsi) X(rdi) X(rbp) X(r8) X(r9) X(r10) X(r11) X(r12) X(r13) X(r14) X(r15)
// clang-format on

static bool is_loaded(const struct plane *plane)
{
	return plane->cpu->vmsa_in_use == plane->core.vmsa_spa;
}

void registers_pull(struct plane *plane)
{
	const struct vmsa *vmsa = vmsa_of(plane);
	struct vmcb_save *save = &plane->core.vmcb->save;

	if (is_loaded(plane))
		return;
#define PULL(field) save->field = vmsa->field;
	SAVED(PULL)
#undef PULL
#define PULL(field) plane->core.regs.field = vmsa->field;
	GENERAL(PULL)
#undef PULL
}

static void registers_push(struct plane *plane)
{
	struct vmsa *vmsa = vmsa_of(plane);
	const struct vmcb_save *save = &plane->core.vmcb->save;

	if (is_loaded(plane))
		return;
#define PUSH(field) vmsa->field = save->field;
	SAVED(PUSH)
#undef PUSH
#define PUSH(field) vmsa->field = plane->core.regs.field;
	GENERAL(PUSH)
#undef PUSH
}

static const struct reg *reg_find(unsigned n)
{
	for (const struct group *g = groups; g < groups + GROUPS; g++) {
		if (n < g->count)
			return &g->regs[n];
		n -= g->count;
	}
	return NULL;
}

static uint8_t *reg_bytes(struct plane *plane, const struct reg *reg)
{
	void *base = reg->place == IN_SAVE ? (void *)&plane->core.vmcb->save : &plane->core.regs;

	return (uint8_t *)base + reg->offset;
}

size_t register_read(struct plane *plane, unsigned n, char *text)
{
	const struct reg *reg = reg_find(n);
	uint8_t bytes[16] = {0};

	if (!reg)
		return 0;
	if (reg->place == NOWHERE) {
		memset(text, 'x', reg->bits / 4);
		return reg->bits / 4;
	}
	memcpy(bytes, reg_bytes(plane, reg), reg->width);
	return hex_from(text, bytes, reg->bits / 8);
}

bool register_write(struct plane *plane, unsigned n, const char *hex)
{
	const struct reg *reg = reg_find(n);
	uint8_t bytes[16] = {0};

	if (!reg || reg->fixed || hex_to(bytes, hex, reg->bits / 8) != reg->bits / 8u)
		return false;
	memcpy(reg_bytes(plane, reg), bytes, reg->width);
	registers_push(plane);
	return true;
}

size_t registers_read(struct plane *plane, char *text)
{
	size_t used = 0;

	for (unsigned n = 0; reg_find(n); n++)
		used += register_read(plane, n, text + used);
	return used;
}

// What cannot be written keeps its value.
void registers_write(struct plane *plane, const char *hex)
{
	const struct reg *reg;

	for (unsigned n = 0; (reg = reg_find(n)) && strnlen(hex, reg->bits / 4) == reg->bits / 4u;
		n++) {
		(void)register_write(plane, n, hex);
		hex += reg->bits / 4;
	}
}
