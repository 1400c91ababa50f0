// SPDX-License-Identifier: MIT
// A guest's request through the kernel's own path: VMSA and calling area, one round of the loop.
#include "hw/svm.h"
#include "hw/x86.h"
#include "kernel/percpu.h"
#include "kernel/platform.h"
#include "kernel/reboot.h"
#include "kernel/request.h"
#include "kernel/tlb.h"
#include "kernel/vcpu.h"
#include "tests/host/fake/internal.h"

static const struct vcpu *own_vcpu(void)
{
	return this_cpu()->cpu->vcpu;
}

uint64_t fake_vcpu_vmsa(void)
{
	return own_vcpu() == NULL ? 0 : gpa_value(own_vcpu()->vmsa);
}

uint64_t fake_vcpu_caa(void)
{
	return own_vcpu() == NULL ? 0 : gpa_value(own_vcpu()->caa);
}

void fake_vmsa_fill(uint64_t gpa)
{
	struct vmsa *vmsa = (struct vmsa *)fake_ptr_write(gpa, sizeof(*vmsa));

	*vmsa = (struct vmsa){
		.efer = EFER_SVME,
		.vmpl = SVSM_GUEST_VMPL,
		.sev_features = FAKE_GUEST_FEATURES,
	};
}

// As event_loop() does it, without the guest's turn.
static bool serve_round(void)
{
	tlb_enter_kernel();
	platform_take_events();
	reboot_wait();
	struct vcpu *vcpu = vcpu_begin();

	if (vcpu != NULL) {
		if (!request_serve(vcpu))
			return true;
		vcpu_end(vcpu);
	}
	tlb_leave_kernel();
	return vcpu != NULL;
}

bool fake_call(struct fake_regs *regs)
{
	uint64_t vmsa_gpa = fake_vcpu_vmsa();
	uint64_t caa_gpa = fake_vcpu_caa();

	if (vmsa_gpa == 0)
		return serve_round();
	struct vmsa *vmsa = (struct vmsa *)fake_ptr_write(vmsa_gpa, sizeof(*vmsa));
	struct svsm_caa *caa = (struct svsm_caa *)fake_ptr_write(caa_gpa, sizeof(*caa));

	vmsa->rax = regs->rax;
	vmsa->rcx = regs->rcx;
	vmsa->rdx = regs->rdx;
	vmsa->r8 = regs->r8;
	vmsa->r9 = regs->r9;
	vmsa->guest_exit_code = VMEXIT_VMGEXIT;
	caa->call_pending = 1;
	(void)serve_round();
	*regs = (struct fake_regs){vmsa->rax, vmsa->rcx, vmsa->rdx, vmsa->r8, vmsa->r9};
	return caa->call_pending == 0;
}

uint32_t fake_core(uint32_t call, uint64_t rcx, uint64_t rdx, uint64_t r8)
{
	struct fake_regs regs = {FAKE_CALL(SVSM_PROTOCOL_CORE, call), rcx, rdx, r8, 0};

	if (!fake_call(&regs))
		fake_die("core call %u was not answered", call);
	return (uint32_t)regs.rax;
}
