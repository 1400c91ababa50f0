// SPDX-License-Identifier: MIT
#include "kernel/core.h"

#include "lib/util.h"

// RCX: protocol in the upper half, version in the lower. Answer: highest and lowest version, or 0.
static MUST_USE enum error core_query_protocol(struct request *request)
{
	const struct protocol *protocol = protocol_find((uint32_t)(request->rcx >> 32));
	uint32_t version = (uint32_t)request->rcx;

	if (protocol == NULL || version < protocol->version_min || version > protocol->version_max)
		request->rcx = 0;
	else
		request->rcx = (uint64_t)protocol->version_max << 32 | protocol->version_min;
	return OK;
}

// RCX bit 0: only asks. Virtual top of memory is not supported.
static MUST_USE enum error core_configure_vtom(struct request *request)
{
	if ((request->rcx & 1) == 0)
		return ERR_INVALID_REQUEST;
	request->rcx = 0;
	return OK;
}

// DEPOSIT_MEM and WITHDRAW_MEM are left out: the kernel brings its memory along, never says in the
// calling area that it wants more (mem_available stays 0), and a guest need not support them.
static const request_handler core_handlers[] = {
	[SVSM_CORE_REMAP_CA] = core_remap_ca,
	[SVSM_CORE_PVALIDATE] = core_pvalidate,
	[SVSM_CORE_CREATE_VCPU] = core_create_vcpu,
	[SVSM_CORE_DELETE_VCPU] = core_delete_vcpu,
	[SVSM_CORE_QUERY_PROTOCOL] = core_query_protocol,
	[SVSM_CORE_CONFIGURE_VTOM] = core_configure_vtom,
	[SVSM_CORE_REBOOT] = core_reboot,
	[SVSM_CORE_REBOOT_QUERY] = core_reboot_query,
};

const struct protocol core_protocol = {
	.id = SVSM_PROTOCOL_CORE,
	.version_min = 1,
	.version_max = 2,
	.handlers = core_handlers,
	.handler_count = ARRAY_SIZE(core_handlers),
};
