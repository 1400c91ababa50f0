// SPDX-License-Identifier: MIT
// The host behind VMGEXIT: MSR protocol and GHCB exits of document 56421, as many as the kernel
// uses. Requests that break the protocol end the program.
#include <string.h>

#include "hw/ghcb.h"
#include "hw/svm.h"
#include "kernel/cpu.h"
#include "tests/host/fake/internal.h"

void fake_drop_ipis(bool drop)
{
	fake_machine.drop_ipis = drop;
}

static void page_state(uint64_t gpa, uint64_t operation, bool huge)
{
	uint64_t size = huge ? HUGE_PAGE_SIZE : PAGE_SIZE;

	if (operation != PSC_OP_PRIVATE && operation != PSC_OP_SHARED)
		fake_die("page state %lu", operation);
	rmp_set_shared(gpa, operation == PSC_OP_SHARED, huge);
	for (uint64_t at = gpa; at < gpa + size; at += PAGE_SIZE) {
		if (at - KERNEL_GPA < KERNEL_REGION_SIZE)
			memory_region_sync(at - KERNEL_GPA + KERNEL_VA);
	}
}

static uint64_t msr_answer(uint64_t request)
{
	uint64_t gpa = request & PSC_ENTRY_GFN_MASK;

	switch (request & GHCB_MSR_INFO_MASK) {
	case GHCB_MSR_SEV_INFO_REQ:
		return fake_machine.sev_info;
	case GHCB_MSR_HV_FEATURES_REQ:
		return fake_machine.hv_features << 12 | GHCB_MSR_HV_FEATURES_RESP;
	case GHCB_MSR_REGISTER_REQ:
		fake_cpu()->ghcb_gpa = gpa;
		return gpa | GHCB_MSR_REGISTER_RESP;
	case GHCB_MSR_PSC_REQ:
		page_state(gpa, (request & PSC_ENTRY_OP_MASK) >> PSC_ENTRY_OP_SHIFT, false);
		return GHCB_MSR_PSC_RESP;
	case GHCB_MSR_TERMINATE_REQ:
		if ((request >> 12 & 0xf) != TERMINATE_SET)
			fake_die("termination with 0x%lx", request);
		fake_leave((int)(request >> 16 & 0xff));
	default:
		fake_die("MSR protocol request 0x%lx", request);
	}
}

static struct fake_cpu *cpu_by_apic_id(uint64_t info)
{
	uint32_t id = (uint32_t)(info >> 32);

	return id % 2 == 0 && id / 2 < fake_machine.cpus ? &fake_machine.cpu[id / 2] : NULL;
}

static uint32_t ap_create(const struct ghcb *ghcb)
{
	struct fake_cpu *cpu = cpu_by_apic_id(ghcb->sw_exit_info_1);

	if (cpu == NULL)
		return GHCB_RESULT_MALFORMED;
	if ((uint16_t)ghcb->sw_exit_info_1 == AP_DESTROY) {
		cpu->guest_vmsa = 0;
		return GHCB_RESULT_OK;
	}
	if (!fake_is_vmsa(ghcb->sw_exit_info_2))
		return GHCB_RESULT_MALFORMED;
	if ((ghcb->sw_exit_info_1 >> 16 & 0xf) == 0)
		cpu->start_vmsa = ghcb->sw_exit_info_2;
	else
		cpu->guest_vmsa = ghcb->sw_exit_info_2;
	return GHCB_RESULT_OK;
}

static uint32_t send_ipi(const struct ghcb *ghcb)
{
	struct fake_cpu *cpu = cpu_by_apic_id(ghcb->sw_exit_info_1);

	if (cpu == NULL)
		return GHCB_RESULT_MALFORMED;
	cpu->woken = !fake_machine.drop_ipis;
	return GHCB_RESULT_OK;
}

static uint32_t psc_list(struct ghcb *ghcb)
{
	struct psc_header *header = (struct psc_header *)ghcb->shared_buffer;
	const uint64_t *entries = (const uint64_t *)(header + 1);

	for (; header->cur_entry <= header->end_entry; header->cur_entry++) {
		uint64_t entry = entries[header->cur_entry];

		page_state(entry & PSC_ENTRY_GFN_MASK,
			(entry & PSC_ENTRY_OP_MASK) >> PSC_ENTRY_OP_SHIFT,
			(entry & PSC_ENTRY_2M) != 0);
	}
	ghcb->sw_exit_info_2 = 0;
	return GHCB_RESULT_OK;
}

static uint32_t port_io(struct ghcb *ghcb)
{
	if ((ghcb->sw_exit_info_1 & IOIO_STR) != 0)
		console_append(ghcb->shared_buffer, ghcb->sw_exit_info_2);
	else
		ghcb->rax = UINT32_MAX; // there is no device
	return GHCB_RESULT_OK;
}

static uint32_t ghcb_run(struct ghcb *ghcb)
{
	switch (ghcb->sw_exit_code) {
	case VMEXIT_IOIO:
		return port_io(ghcb);
	case VMEXIT_MSR:
		return GHCB_RESULT_OK;
	case GHCB_EXIT_MMIO_READ:
	case GHCB_EXIT_MMIO_WRITE:
		return GHCB_RESULT_MALFORMED; // there is no device
	case GHCB_EXIT_PSC:
		return psc_list(ghcb);
	case GHCB_EXIT_AP_CREATION:
		return ap_create(ghcb);
	case GHCB_EXIT_HV_DOORBELL:
		fake_cpu()->doorbell_gpa = ghcb->sw_exit_info_2;
		return GHCB_RESULT_OK;
	case GHCB_EXIT_HV_IPI:
		return send_ipi(ghcb);
	default:
		fake_die("GHCB exit 0x%lx", ghcb->sw_exit_code);
	}
}

static void mark(struct ghcb *ghcb, size_t offset)
{
	ghcb->valid_bitmap[offset / 64] |= (uint8_t)(1u << (offset / 8 % 8));
}

void fake_ghcb_answer(struct ghcb *ghcb, uint32_t result)
{
	ghcb->sw_exit_info_1 = result;
	mark(ghcb, offsetof(struct ghcb, sw_exit_info_1));
	mark(ghcb, offsetof(struct ghcb, sw_exit_info_2));
	mark(ghcb, offsetof(struct ghcb, rax));
	mark(ghcb, offsetof(struct ghcb, rdx));
}

static void ghcb_exit(uint64_t gpa, bool refuse)
{
	struct ghcb *ghcb = (struct ghcb *)fake_ptr(gpa);

	if (gpa != fake_cpu()->ghcb_gpa || !fake_is_shared(gpa))
		fake_die("GHCB at 0x%lx: not registered, or not shared", gpa);
	if (ghcb->protocol_version != GHCB_VERSION_MAX || ghcb->usage != 0)
		fake_die("GHCB: version %u, usage %u", ghcb->protocol_version, ghcb->usage);
	if (fake_armed.host_exit != NULL && fake_armed.host_exit(ghcb))
		return;
	fake_ghcb_answer(ghcb, refuse ? GHCB_RESULT_MALFORMED : ghcb_run(ghcb));
}

void cpu_vmgexit(void)
{
	uint64_t request = fake_cpu()->ghcb_msr;
	bool terminates = (request & GHCB_MSR_INFO_MASK) == GHCB_MSR_TERMINATE_REQ;
	bool refuse = !terminates && fake_armed_hit(&fake_armed.exit, &fake_armed.exit_left);

	if ((request & GHCB_MSR_INFO_MASK) == 0) {
		ghcb_exit(request, refuse);
		return;
	}
	uint64_t usual = refuse ? GHCB_MSR_INFO_MASK : msr_answer(request);

	if (fake_armed.host_msr != NULL)
		usual = fake_armed.host_msr(request, usual);
	fake_cpu()->ghcb_msr = usual;
}
