// SPDX-License-Identifier: MIT
#include "kernel/user/fault.h"

#include "hw/svm.h"
#include "hw/x86.h"
#include "kernel/cpu.h"
#include "kernel/cpuid.h"
#include "kernel/log.h"
#include "kernel/percpu.h"
#include "lib/string.h"

#define FAULT_STACK_WORDS 512
#define FAULT_STACK_SHOWN 8
#define FAULT_WORDS_DEBUG 32

static bool is_code(const struct process *process, uint64_t value)
{
	for (size_t i = 0; i < process->space.area_count; i++) {
		const struct user_area *area = &process->space.areas[i];

		if ((area->access & USER_EXECUTE) != 0 && value >= area->start && value < area->end)
			return true;
	}
	return false;
}

// Only what points into the program's code: the rest of a stack may be somebody's secret.
static void log_stack(struct process *process, uint64_t rsp)
{
	unsigned int shown = 0;

	for (unsigned int i = 0; i < FAULT_STACK_WORDS && shown < FAULT_STACK_SHOWN; i++) {
		uint64_t word = 0;

		if (user_copy_in(&process->space, &word, rsp + i * sizeof(word), sizeof(word)) !=
			OK)
			return;
		if (!is_code(process, word))
			continue;
		log_error("%s:   stack+0x%x: code 0x%lx", process->name, i * 8, word);
		shown++;
	}
}

// For an image that says so, and is measured as another one: all that helps to find a mistake,
// secrets too.
static void log_all(struct process *process, const struct trap_frame *f)
{
	const char *name = process->name;

	log_error("%s:   rax 0x%lx rbx 0x%lx rcx 0x%lx rdx 0x%lx", name, f->rax, f->rbx, f->rcx,
		f->rdx);
	log_error("%s:   rsi 0x%lx rdi 0x%lx rbp 0x%lx cr2 0x%lx", name, f->rsi, f->rdi, f->rbp,
		cpu_read_cr2());
	log_error(
		"%s:   r8 0x%lx r9 0x%lx r10 0x%lx r11 0x%lx", name, f->r8, f->r9, f->r10, f->r11);
	log_error("%s:   r12 0x%lx r13 0x%lx r14 0x%lx r15 0x%lx", name, f->r12, f->r13, f->r14,
		f->r15);
	for (unsigned int i = 0; i < FAULT_WORDS_DEBUG; i += 2) {
		uint64_t words[2] = {0};

		if (user_copy_in(&process->space, words, f->rsp + i * sizeof(words[0]),
			    sizeof(words)) != OK)
			return;
		log_error("%s:   stack+0x%x: 0x%016lx 0x%016lx", name, i * 8, words[0], words[1]);
	}
}

static bool fault_end(struct process *process, const char *why)
{
	const struct trap_frame *f = &this_cpu()->user_frame;

	log_error("%s: ended by %s, error code 0x%lx", process->name, why, f->error);
	log_error(
		"%s:   rip 0x%lx rsp 0x%lx rflags 0x%lx", process->name, f->rip, f->rsp, f->rflags);
	log_stack(process, f->rsp);
	if (process->debug)
		log_all(process, f);
	process_end(process);
	return false;
}

static uint32_t access_wanted(uint64_t error)
{
	if ((error & PF_I) != 0)
		return USER_EXECUTE;
	return (error & PF_W) != 0 ? USER_WRITE : USER_READ;
}

static bool page_fault(struct process *process)
{
	const struct trap_frame *f = &this_cpu()->user_frame;
	uint64_t address = cpu_read_cr2();
	// A page that is there was refused for its access.
	enum error err =
		(f->error & (PF_P | PF_RSVD)) != 0
			? ERR_FAULT
			: user_space_touch(&process->space, address, access_wanted(f->error));

	if (err == OK)
		return true;
	log_error("%s: address 0x%lx: %s", process->name, address,
		err == ERR_LIMIT       ? "its memory is used up"
		: err == ERR_NO_MEMORY ? "the kernel has no memory left"
				       : "not its own, or not for this");
	return fault_end(process, "#PF");
}

// CPUID is the one instruction that programs execute and SNP hands to the kernel. The table is the
// one that the secure processor has checked; the host is not asked.
static bool cpuid_emulate(struct process *process)
{
	struct trap_frame *f = &this_cpu()->user_frame;
	uint8_t code[2] = {0};

	if (user_copy_in(&process->space, code, f->rip, sizeof(code)) != OK || code[0] != 0x0f ||
		code[1] != 0xa2)
		return false;
	const struct snp_cpuid_entry *entry = cpuid_find((uint32_t)f->rax, (uint32_t)f->rcx);

	if (entry == NULL)
		entry = cpuid_find((uint32_t)f->rax, 0);
	uint32_t ecx = entry == NULL ? 0 : entry->ecx;

	if (entry != NULL && (uint32_t)f->rax == CPUID_LEAF_FEATURES &&
		(cpu_read_cr4() & CR4_OSXSAVE) != 0)
		ecx |= CPUID_1_ECX_OSXSAVE;
	f->rax = entry == NULL ? 0 : entry->eax;
	f->rbx = entry == NULL ? 0 : entry->ebx;
	f->rcx = ecx;
	f->rdx = entry == NULL ? 0 : entry->edx;
	f->rip += sizeof(code);
	return true;
}

bool fault_serve(struct process *process)
{
	struct trap_frame *f = &this_cpu()->user_frame;

	switch (f->vector) {
	case VEC_PF:
		return page_fault(process);
	case VEC_VC:
		if (f->error == VMEXIT_CPUID && cpuid_emulate(process))
			return true;
		return fault_end(process, "#VC");
	case VEC_NMI:
	case VEC_DF:
	case VEC_MC:
		// Not the program's doing.
		trap_dispatch(f);
		return true;
	default:
		return fault_end(process, trap_name(f->vector));
	}
}
