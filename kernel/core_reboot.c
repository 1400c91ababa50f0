// SPDX-License-Identifier: MIT
// REBOOT and REBOOT_QUERY, calls of Copra's core protocol version 2 (docs/reboot.md).
#include "kernel/core.h"
#include "kernel/log.h"
#include "kernel/percpu.h"
#include "kernel/reboot.h"
#include "kernel/services.h"
#include "lib/string.h"

// RCX: flags, of which none is defined. Returns to the guest after an error only.
enum error core_reboot(struct request *request)
{
	if (request->rcx != 0)
		return ERR_INVALID_PARAMETER;
	enum error err = reboot_guest();

	if (err == OK) {
		request->vcpu = NULL;
		log_info("reboot: asked for on CPU %u", this_cpu()->cpu->index);
	}
	return err;
}

// Entry 0 is the core protocol, whose vCPUs and memory are what a reboot is about; the others are
// the image's services.
enum error core_reboot_query(struct request *request)
{
	struct boot_service service = {.flags = BOOT_SERVICE_RESET};
	struct boot_service last;
	uint64_t count = 1;

	while (services_describe(count - 1, &last))
		count++;
	if (request->rcx >= count)
		return ERR_INVALID_PARAMETER;
	if (request->rcx > 0 && !services_describe(request->rcx - 1, &service))
		return ERR_INVALID_PARAMETER;
	request->rcx = count << SVSM_REBOOT_COUNT_SHIFT | service.protocol;
	if ((service.flags & BOOT_SERVICE_RESET) != 0)
		request->rcx |= SVSM_REBOOT_RESETS;
	if (reboot_is_possible())
		request->rcx |= SVSM_REBOOT_POSSIBLE;
	memcpy(&request->rdx, service.guid, sizeof(request->rdx));
	memcpy(&request->r8, service.guid + sizeof(request->rdx), sizeof(request->r8));
	return OK;
}
