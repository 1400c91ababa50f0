// SPDX-License-Identifier: MIT
// Which instructions raise #VC in 64-bit mode, with which error code, and which do not. Source: APM
// volume 2, section 15.35.4 and appendix C; document 56421, section 4.1.
#include "tests/conformance/conformance.h"

#define DEVICE_GPA 0xfed00000ull // HPET
#define NONE	   TRAP_NONE
#define VC(code)   RAISED(VEC_VC, (uint64_t)(code))

static uint64_t raised(void)
{
	struct trap trap = trap_taken();

	return trap.vector == TRAP_NONE ? NONE : RAISED((uint64_t)trap.vector, trap.error);
}

// One instruction with registers as given; the exception is on the instruction, or TRY would miss
// it
#define INSN(name, want, insn, ...)                                                                \
	do {                                                                                       \
		trap_clear();                                                                      \
		__asm__ volatile(TRY(insn)::__VA_ARGS__ : "memory", "cc");                         \
		expect(raised(), want, name);                                                      \
	} while (0)
#define INSN_REGS(name, want, insn, ax, cx, dx)                                                    \
	do {                                                                                       \
		uint64_t a_ = (ax), c_ = (cx), d_ = (dx);                                          \
                                                                                                   \
		trap_clear();                                                                      \
		__asm__ volatile(TRY(insn) : "+a"(a_), "+c"(c_), "+d"(d_)::"rbx", "memory", "cc"); \
		expect(raised(), want, name);                                                      \
	} while (0)

static void test_intercepted(void)
{
	uint8_t buffer[8] = {0};

	INSN_REGS("CPUID", VC(VMEXIT_CPUID), "cpuid", 0, 0, 0);
	INSN_REGS("IN", VC(VMEXIT_IOIO), "inb %%dx, %%al", 0, 0, 0x3f8);
	INSN_REGS("IN, immediate port", VC(VMEXIT_IOIO), "inb $0x70, %%al", 0, 0, 0);
	INSN_REGS("OUT", VC(VMEXIT_IOIO), "outl %%eax, %%dx", 0, 0, 0xcf8);
	INSN("OUTS", VC(VMEXIT_IOIO), "outsb", "S"(buffer), "d"(0x3f8));
	INSN("INS", VC(VMEXIT_IOIO), "insb", "D"(buffer), "d"(0x3f8));
	INSN_REGS("RDMSR of the APIC base", VC(VMEXIT_MSR), "rdmsr", 0, MSR_APIC_BASE, 0);
	INSN_REGS("WRMSR of an MTRR", VC(VMEXIT_MSR), "wrmsr", 0, 0x2ff, 0);
	INSN_REGS("RDPMC", VC(VMEXIT_RDPMC), "rdpmc", 0, 0, 0);
	INSN_REGS("INVD", VC(VMEXIT_INVD), "invd", 0, 0, 0);
	INSN_REGS("WBINVD", VC(VMEXIT_WBINVD), "wbinvd", 0, 0, 0);
	INSN_REGS("MONITOR", VC(VMEXIT_MONITOR), ".byte 0x0f, 0x01, 0xc8", (uint64_t)buffer, 0, 0);
	INSN_REGS("MWAIT", VC(VMEXIT_MWAIT), ".byte 0x0f, 0x01, 0xc9", 0, 0, 0);
	INSN_REGS("VMMCALL", VC(VMEXIT_VMMCALL), "vmmcall", 0, 0, 0);
}

static void test_direct(void)
{
	INSN_REGS("RDTSC is not intercepted", NONE, "rdtsc", 0, 0, 0);
	INSN_REGS("RDMSR of EFER", NONE, "rdmsr", 0, MSR_EFER, 0);
	INSN_REGS("RDMSR of KERNEL_GS_BASE", NONE, "rdmsr", 0, MSR_KERNEL_GS_BASE, 0);
	INSN_REGS("RDMSR of the GHCB MSR", NONE, "rdmsr", 0, MSR_GHCB, 0);
	INSN_REGS("DR7 with debug swap", NONE, "mov %%dr7, %%rax", 0, 0, 0);
	INSN_REGS("RDRAND", NONE, "rdrand %%rax", 0, 0, 0);
	INSN_REGS("RDSEED", NONE, "rdseed %%rax", 0, 0, 0);
	INSN_REGS("INVLPGB", NONE, ".byte 0x0f, 0x01, 0xfe", 0xc, 0, 0);
	INSN_REGS("TLBSYNC", NONE, ".byte 0x0f, 0x01, 0xff", 0, 0, 0);
}

static void test_undefined(void)
{
	const uint64_t ud = RAISED(VEC_UD, 0);

	INSN_REGS("VMRUN", ud, ".byte 0x0f, 0x01, 0xd8", 0, 0, 0);
	INSN_REGS("VMLOAD", ud, ".byte 0x0f, 0x01, 0xda", 0, 0, 0);
	INSN_REGS("STGI", ud, ".byte 0x0f, 0x01, 0xdc", 0, 0, 0);
	INSN_REGS("UD2", ud, "ud2", 0, 0, 0);
	INSN_REGS("WRMSR of SEV_STATUS", RAISED(VEC_GP, 0), "wrmsr", 0, MSR_SEV_STATUS, 0);
}

static void test_mmio(void)
{
	uint8_t *device = shared_ptr(DEVICE_GPA);

	INSN("MMIO read", VC(VMEXIT_NPF), "cmpl %0, (%1)", "r"(0), "r"(device));
	INSN("MMIO write", VC(VMEXIT_NPF), "movl %0, (%1)", "r"(0), "r"(device));
	INSN("MMIO string copy", VC(VMEXIT_NPF), "movsb", "S"(device), "D"(image_gpa(&boot_info)));
}

void test_vc(void)
{
	test_intercepted();
	test_direct();
	test_undefined();
	test_mmio();
}
