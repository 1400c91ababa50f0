// SPDX-License-Identifier: MIT
// Accesses by which the architecture stops the VM. tests/list has the reason that
// machine.log must show for each.
#include "tests/bare/groups.h"
#include "tests/guest-bare/guest.h"

static void read_svsm(void)
{
	try_read(private_ptr(secrets->svsm_base));
}

static void read_svsm_end(void)
{
	try_read(private_ptr(secrets->svsm_base + secrets->svsm_size - PAGE_SIZE));
}

static void write_svsm(void)
{
	try_write(private_ptr(secrets->svsm_base + 0x2000), 0);
}

static void execute_svsm(void)
{
	this_cpu()->try_call = secrets->svsm_base;
	trap_try_call(secrets->svsm_base);
}

static void shared_svsm(void)
{
	try_read(shared_ptr(secrets->svsm_base));
}

// A VMSA page: created and not started
static void vmsa_seal(void)
{
	vmsa_prepare(VMSA_TRY_GPA, 1);
	if (cpu_count < 2 || vcpu_create(VMSA_TRY_GPA, CAA_TRY_GPA, bare_cpus[1].apic_id))
		report_abort("no vCPU to write the VMSA of");
}

static void write_vmsa(void)
{
	vmsa_seal();
	try_write(private_ptr(VMSA_TRY_GPA + offsetof(struct vmsa, vmpl) - 2), 0);
}

static void execute_vmsa(void)
{
	vmsa_seal();
	this_cpu()->try_call = VMSA_TRY_GPA;
	trap_try_call(VMSA_TRY_GPA);
}

static void terminate(void)
{
	ghcb_msr(GHCB_MSR_TERMINATE_REQ | 1 << 12 | 7 << 16);
}

_Noreturn void stop_case(const char *name)
{
	static const struct group cases[] = {
		{"read-svsm", read_svsm},
		{"read-svsm-end", read_svsm_end},
		{"write-svsm", write_svsm},
		{"execute-svsm", execute_svsm},
		{"shared-svsm", shared_svsm},
		{"execute-vmsa", execute_vmsa},
		{"write-vmsa", write_vmsa},
		{"terminate", terminate},
	};

	group_stop(cases, ARRAY_SIZE(cases), name);
}
