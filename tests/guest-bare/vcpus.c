// SPDX-License-Identifier: MIT
// Other CPUs: created through the SVSM, started by the host, and given jobs.
#include "tests/guest-bare/guest.h"

#include "lib/string.h"

#define START_MS 5000
#define STOP_MS	 5000

uint32_t cpu_count;

static void (*_Atomic jobs[BARE_CPUS_MAX])(void);

void cpus_find(void)
{
	uint32_t ids[BARE_CPUS_MAX] = {0};

	if (!ghcb_page_state(BARE_LIST_GPA, PSC_OP_SHARED))
		report_abort("no shared page for the list of APIC ids");
	cpu_count = ghcb_apic_ids(BARE_LIST_GPA, ids, BARE_CPUS_MAX);
	for (uint32_t i = 1; i < cpu_count; i++) {
		if (!ghcb_page_state(BARE_GHCB_GPA(i), PSC_OP_SHARED))
			report_abort("no shared page for the GHCB of CPU %u", i);
		bare_cpu_init(i, ids[i], BARE_GHCB_GPA(i));
	}
}

static void cpu_main(void)
{
	uint32_t index = this_cpu()->index;

	svsm_caa_set(AP_CAA_GPA(index));
	for (;;) {
		void (*job)(void) = jobs[index];

		if (job) {
			job();
			jobs[index] = NULL;
		}
		cpu_pause();
	}
}

struct vmsa *vmsa_prepare(uint64_t gpa, uint32_t index)
{
	struct vmsa *vmsa = private_ptr(gpa);

	bare_vmsa_fill(
		vmsa, index, SVSM_GUEST_VMPL, rdmsr(MSR_SEV_STATUS) >> SEV_STATUS_FEATURE_SHIFT);
	return vmsa;
}

uint64_t vcpu_create(uint64_t vmsa, uint64_t caa, uint64_t apic_id)
{
	return svsm_core(SVSM_CORE_CREATE_VCPU, vmsa, caa, apic_id);
}

uint64_t vcpu_delete(uint64_t vmsa)
{
	return svsm_core(SVSM_CORE_DELETE_VCPU, vmsa, 0, 0);
}

bool vcpu_delete_soon(uint64_t vmsa)
{
	return wait_for(vcpu_delete(vmsa) == SVSM_SUCCESS, STOP_MS);
}

bool cpu_start(uint32_t index)
{
	struct bare_cpu *cpu = &bare_cpus[index];
	const struct vmsa *vmsa = vmsa_prepare(AP_VMSA_GPA(index), index);
	uint64_t features = vmsa->sev_features, code;

	cpu->running = false;
	cpu->main = cpu_main;
	jobs[index] = NULL;
	memset(private_ptr(AP_CAA_GPA(index)), 0, 8);
	code = vcpu_create(AP_VMSA_GPA(index), AP_CAA_GPA(index), cpu->apic_id);
	if (code) {
		report_note("CREATE_VCPU of CPU %u: 0x%lx", index, code);
		return false;
	}
	if (ghcb_ap_creation(cpu->apic_id, SVSM_GUEST_VMPL, AP_CREATE, AP_VMSA_GPA(index), features)
			.info_1)
		return false;
	return wait_for(cpu->running, START_MS);
}

bool cpu_stop(uint32_t index)
{
	if (ghcb_ap_creation(bare_cpus[index].apic_id, SVSM_GUEST_VMPL, AP_DESTROY, 0, 0).info_1)
		return false;
	return vcpu_delete_soon(AP_VMSA_GPA(index));
}

void cpu_begin(uint32_t index, void (*job)(void))
{
	jobs[index] = job;
}

bool cpu_wait(uint32_t index, unsigned ms)
{
	return wait_for(!jobs[index], ms);
}

bool cpu_run(uint32_t index, void (*job)(void))
{
	cpu_begin(index, job);
	return cpu_wait(index, START_MS);
}
