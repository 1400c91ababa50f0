// SPDX-License-Identifier: MIT
// GHCB exits about vCPUs, planes, events and the end of the run.
#include "machine/host/ghcb.h"

static uint64_t jump_table; // under host_lock

void ghcb_nmi_complete(struct ghcb_exit *e)
{
	host_plane(e->plane)->nmi_masked = false;
}

void ghcb_ap_reset_hold(struct ghcb_exit *e)
{
	e->plane->runnable = false; // until an AP creation; result 0 = no SIPI came
	host_plane(e->plane)->held = true;
}

void ghcb_ap_jump_table(struct ghcb_exit *e)
{
	spin_lock(&host_lock);
	if (e->info_1 == 0)
		jump_table = e->info_2;
	else if (e->info_1 == 1)
		e->result_2 = jump_table;
	else
		ghcb_fail(e, GHCB_ERR_INVALID_INPUT);
	spin_unlock(&host_lock);
}

void ghcb_ap_creation(struct ghcb_exit *e)
{
	unsigned request = e->info_1 & 0xffff;
	unsigned vmpl = (e->info_1 >> 16) & 0xffff; // VMPL, and bits that must be 0
	uint64_t error = 0;

	if (request != AP_DESTROY && !ghcb_needs(e, GHCB_RAX))
		return;
	error = host_ap_creation(
		e->plane, (uint32_t)(e->info_1 >> 32), vmpl, request, e->info_2, e->rax);
	if (error)
		ghcb_fail(e, error);
}

static void doorbell_set(struct ghcb_exit *e)
{
	if (!host_restricted(e->plane) || e->info_2 & ~PAGE_MASK || !e->info_2 ||
		!host_range_shared(e->info_2, PAGE_SIZE))
		ghcb_fail(e, GHCB_ERR_INVALID_INPUT);
	else
		e->plane->doorbell_gpa = e->info_2;
}

void ghcb_hv_doorbell(struct ghcb_exit *e)
{
	switch (e->info_1) {
	case HV_DOORBELL_GET_PREFERRED:
		e->result_2 = ~0ull; // any page will do
		return;
	case HV_DOORBELL_SET:
		doorbell_set(e);
		return;
	case HV_DOORBELL_QUERY:
		e->result_2 = e->plane->doorbell_gpa;
		return;
	case HV_DOORBELL_CLEAR:
		e->plane->doorbell_gpa = 0;
		return;
	default:
		ghcb_fail(e, GHCB_ERR_INVALID_INPUT);
	}
}

void ghcb_hv_ipi(struct ghcb_exit *e)
{
	if (!host_restricted(e->plane) || !host_hv_ipi(e->plane, e->info_1))
		ghcb_fail(e, GHCB_ERR_INVALID_INPUT);
}

// RAX pages at info_1 receive the list; too few pages: RAX = how many are needed.
void ghcb_apic_id_list(struct ghcb_exit *e)
{
	uint32_t list[1 + CPUS_MAX] = {cpu_count};
	const uint64_t needed = 1;

	e->out = GHCB_RAX;
	if (e->rax < needed) {
		e->rax = needed;
		return;
	}
	for (uint32_t i = 0; i < cpu_count; i++)
		list[1 + i] = cpus[i]->apic_id;
	if (e->info_1 & ~PAGE_MASK ||
		!host_write_shared(e->info_1, list, (1 + cpu_count) * sizeof(list[0])))
		ghcb_fail(e, GHCB_ERR_INVALID_INPUT);
}

void ghcb_run_vmpl(struct ghcb_exit *e)
{
	if (e->info_1 >= VMPL_COUNT || !host_switch(e->plane, (unsigned)e->info_1))
		ghcb_fail(e, GHCB_ERR_INVALID_INPUT);
}

void ghcb_hv_features(struct ghcb_exit *e)
{
	e->result_2 = HOST_FEATURES;
}

void ghcb_terminate(struct ghcb_exit *e)
{
	trace_ghcb(e);
	host_terminate(e->plane, e->info_1 & 0xf, (e->info_1 >> 4) & 0xff);
}

// The guest met a #VC that it cannot handle. KVM gives up on the VM as well.
void ghcb_unsupported(struct ghcb_exit *e)
{
	trace_ghcb(e);
	machine_stop(e->plane, "VMPL%u reports a #VC that it does not support: exit 0x%lx (0x%lx)",
		e->plane->vmpl, e->info_1, e->info_2);
}
