// SPDX-License-Identifier: MIT
#include "kernel/request.h"

#include "hw/x86.h"
#include "kernel/copy.h"
#include "kernel/core.h"
#include "kernel/layout.h"
#include "kernel/log.h"
#include "kernel/service_protocol.h"
#include "kernel/tempmap.h"
#include "kernel/vcpu.h"
#include "kernel/vtpm.h"

static const struct protocol *const protocols[] = {
	&core_protocol,
	&vtpm_protocol,
};

static bool protocol_is_there(const struct protocol *protocol)
{
	return protocol->is_there == NULL || protocol->is_there();
}

const struct protocol *protocol_find(uint32_t id)
{
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
		if (protocols[i]->id == id)
			return protocol_is_there(protocols[i]) ? protocols[i] : NULL;
	}
	return service_protocol_find(id);
}

static MUST_USE enum error request_dispatch(struct request *request)
{
	const struct protocol *protocol = protocol_find(request->protocol);

	if (protocol == NULL)
		return ERR_UNSUPPORTED_PROTOCOL;
	if (protocol->any != NULL)
		return protocol->any(request);
	if (request->call >= protocol->handler_count || protocol->handlers[request->call] == NULL)
		return ERR_UNSUPPORTED_CALL;
	return protocol->handlers[request->call](request);
}

// Takes call_pending. The guest or the host may have taken the calling area away: then there is no
// request that could be answered.
static bool request_take(const struct vcpu *vcpu)
{
	struct svsm_caa *caa = vaddr_to_ptr(tempmap_page(TEMP_CAA, vcpu->caa));
	uint8_t pending = 0;
	bool done = swap_may_fault(&caa->call_pending, &pending);

	tempmap_unmap(TEMP_CAA);
	return done && pending != 0;
}

static MUST_USE bool request_run(struct vcpu *vcpu, struct vmsa *vmsa)
{
	struct request request = {
		.vcpu = vcpu,
		.protocol = (uint32_t)(vmsa->rax >> 32),
		.call = (uint32_t)vmsa->rax,
		.rcx = vmsa->rcx,
		.rdx = vmsa->rdx,
		.r8 = vmsa->r8,
		.r9 = vmsa->r9,
	};
	enum error err = request_dispatch(&request);

	if (request.vcpu == NULL)
		return false;
	if (err != OK)
		log_debug("request %u.%u rcx 0x%lx: 0x%x", request.protocol, request.call,
			request.rcx, error_to_svsm(err));
	vmsa->rax = error_to_svsm(err);
	vmsa->rcx = request.rcx;
	vmsa->rdx = request.rdx;
	vmsa->r8 = request.r8;
	return true;
}

bool request_serve(struct vcpu *vcpu)
{
	struct vmsa *vmsa = vaddr_to_ptr(tempmap_page(TEMP_VMSA, vcpu->vmsa));

	uint64_t *efer = (uint64_t *)((uint8_t *)vmsa + offsetof(struct vmsa, efer));

	// Without SVME the processor does not run it, so the host cannot let the guest change it
	// while it is looked at.
	__atomic_fetch_and(efer, ~(uint64_t)EFER_SVME, __ATOMIC_SEQ_CST);
	// Only VMGEXIT is a call; after any other exit the flag waits for the guest's own VMGEXIT.
	bool there = vmsa->guest_exit_code != VMEXIT_VMGEXIT || !request_take(vcpu) ||
		     request_run(vcpu, vmsa);

	if (there)
		__atomic_fetch_or(efer, (uint64_t)EFER_SVME, __ATOMIC_SEQ_CST);
	tempmap_unmap(TEMP_VMSA);
	return there;
}
