// SPDX-License-Identifier: MIT
// Exit trace (option trace) and the count of exits of each plane.
#include "lib/fmt.h"
#include "lib/util.h"
#include "machine/host/ghcb.h"

#define COUNTERS 64 // different exits of one plane; further ones share the last

static struct {
	uint64_t key; // kind << 56 | code, + 1 so that 0 is free
	uint64_t count;
} counters[CPUS_MAX][VMPL_COUNT][COUNTERS];

static const struct {
	uint64_t code;
	const char *name;
} exit_names[] =
	{
		{VMEXIT_NPF, "NPF"},
		{VMEXIT_HLT, "HLT"},
		{VMEXIT_NMI, "NMI (kick)"},
		{VMEXIT_INTR, "INTR"},
		{VMEXIT_SHUTDOWN, "SHUTDOWN"},
		{VMEXIT_INVALID, "INVALID"},
},
  msr_names[] = {
	  {GHCB_MSR_SEV_INFO_REQ, "SEV_INFO"},
	  {GHCB_MSR_CPUID_REQ, "CPUID"},
	  {GHCB_MSR_AP_RESET_HOLD_REQ, "AP_RESET_HOLD"},
	  {GHCB_MSR_PREF_GPA_REQ, "PREFERRED_GPA"},
	  {GHCB_MSR_REGISTER_REQ, "REGISTER"},
	  {GHCB_MSR_PSC_REQ, "PSC"},
	  {GHCB_MSR_RUN_VMPL_REQ, "RUN_VMPL"},
	  {GHCB_MSR_HV_FEATURES_REQ, "HV_FEATURES"},
	  {GHCB_MSR_TERMINATE_REQ, "TERMINATE"},
};

static const char *exit_name(uint64_t code)
{
	for (unsigned i = 0; i < ARRAY_SIZE(exit_names); i++)
		if (exit_names[i].code == code)
			return exit_names[i].name;
	return "?";
}

static const char *msr_name(uint64_t code)
{
	for (unsigned i = 0; i < ARRAY_SIZE(msr_names); i++)
		if (msr_names[i].code == code)
			return msr_names[i].name;
	return "?";
}

const char *trace_ghcb_name(uint64_t code)
{
	for (unsigned i = 0; i < ghcb_handler_count; i++)
		if (ghcb_handlers[i].code == code)
			return ghcb_handlers[i].name;
	return "unknown exit";
}

void trace_count(const struct plane *plane, enum trace_kind kind, uint64_t code)
{
	uint64_t key = ((uint64_t)kind << 56 | (code & 0xffffffffffffffull)) + 1;
	unsigned slot = 0;

	while (slot < COUNTERS - 1) {
		uint64_t *held = &counters[plane->cpu->index][plane->vmpl][slot].key;

		if (*held == 0)
			*held = key;
		if (*held == key)
			break;
		slot++;
	}
	counters[plane->cpu->index][plane->vmpl][slot].count++;
}

static void trace_head(const struct plane *plane, char *text, size_t size)
{
	char where[80] = "";

	plane_describe(plane, where, sizeof(where)); // begins with the VMPL
	fmt_snprintf(text, size, "cpu%u %s", plane->cpu->index, where);
}

void trace_exit(const struct plane *plane, const struct vmexit *exit)
{
	char head[128] = "";

	trace_count(plane, TRACE_EXIT, exit->code);
	if (!options.trace)
		return;
	trace_head(plane, head, sizeof(head));
	trace_line("%s %s 0x%lx 0x%lx", head, exit_name(exit->code), exit->info_1, exit->info_2);
}

void trace_msr(const struct plane *plane, uint64_t request)
{
	char head[128] = "";

	trace_count(plane, TRACE_MSR, request & GHCB_MSR_INFO_MASK);
	if (!options.trace)
		return;
	trace_head(plane, head, sizeof(head));
	trace_line("%s MSR protocol %s 0x%lx -> 0x%lx", head,
		msr_name(request & GHCB_MSR_INFO_MASK), request, plane->ghcb_msr);
}

// What the exit asks for, in the words of its kind.
static void ghcb_detail(const struct ghcb_exit *e, char *text, size_t size)
{
	unsigned port = (e->info_1 >> IOIO_PORT_SHIFT) & 0xffff, width = (e->info_1 >> 4) & 7;
	bool in = e->info_1 & IOIO_IN;

	switch (e->code) {
	case VMEXIT_IOIO:
		if (e->info_1 & IOIO_STR)
			fmt_snprintf(text, size, "%s port 0x%x, %lu x %u bytes",
				in ? "ins" : "outs", port, e->info_2, width);
		else
			fmt_snprintf(text, size, "%s port 0x%x, %u bytes: 0x%lx", in ? "in" : "out",
				port, width, in ? e->rax : e->rax_in);
		return;
	case VMEXIT_MSR:
		fmt_snprintf(text, size, "%s 0x%lx: 0x%lx", e->info_1 ? "write" : "read",
			(unsigned long)e->rcx_in, e->rdx << 32 | (uint32_t)e->rax);
		return;
	case VMEXIT_CPUID:
		fmt_snprintf(text, size, "0x%lx.%lx: 0x%lx 0x%lx 0x%lx 0x%lx", e->rax_in, e->rcx_in,
			e->rax, e->rbx, e->rcx, e->rdx);
		return;
	case GHCB_EXIT_AP_CREATION:
		fmt_snprintf(text, size,
			"request %lu, APIC id %lu, VMPL%lu, VMSA 0x%lx, features 0x%lx",
			e->info_1 & 0xffff, e->info_1 >> 32, (e->info_1 >> 16) & 0xf, e->info_2,
			e->rax_in);
		return;
	default:
		fmt_snprintf(text, size, "0x%lx 0x%lx", e->info_1, e->info_2);
	}
}

void trace_ghcb(const struct ghcb_exit *e)
{
	char head[128] = "", detail[128] = "";

	trace_count(e->plane, TRACE_GHCB, e->code);
	if (!options.trace)
		return;
	trace_head(e->plane, head, sizeof(head));
	ghcb_detail(e, detail, sizeof(detail));
	trace_line("%s GHCB %s %s -> %lu 0x%lx", head, trace_ghcb_name(e->code), detail,
		e->result_1, e->result_2);
}

static void summary_line(uint32_t cpu, unsigned vmpl, unsigned slot)
{
	uint64_t key = counters[cpu][vmpl][slot].key - 1;
	uint64_t code = key & 0xffffffffffffffull;
	const char *name = NULL;

	switch (key >> 56) {
	case TRACE_MSR:
		name = msr_name(code);
		break;
	case TRACE_GHCB:
		name = trace_ghcb_name(code);
		break;
	default:
		name = exit_name(code);
	}
	log_info("cpu%u VMPL%u %8lu %s %s (0x%lx)", cpu, vmpl, counters[cpu][vmpl][slot].count,
		key >> 56 == TRACE_MSR	  ? "MSR"
		: key >> 56 == TRACE_GHCB ? "GHCB"
					  : "exit",
		name, code);
}

void host_trace_summary(void)
{
	for (uint32_t cpu = 0; cpu < cpu_count; cpu++)
		for (unsigned vmpl = 0; vmpl < VMPL_COUNT; vmpl++)
			for (unsigned slot = 0; slot < COUNTERS; slot++)
				if (counters[cpu][vmpl][slot].key)
					summary_line(cpu, vmpl, slot);
	vmrun_counts_log();
}
