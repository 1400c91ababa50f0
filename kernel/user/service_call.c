// SPDX-License-Identifier: MIT
// One request at a time, from its caller to the answer, in slices.
#include "kernel/user/service.h"

#include "kernel/cpu.h"
#include "kernel/log.h"
#include "kernel/reboot.h"
#include "kernel/user/channel.h"
#include "kernel/user/syscall.h"
#include "lib/secret.h"

// How long an answer waits for the vCPU that asked: some seconds.
#define ANSWER_TICKS (1ull << 33)

// The owner of a request that nobody waits for
static const char orphan;

void service_orphan(struct service *service)
{
	service->owner = &orphan;
	service->caller = NULL;
	service->asked = (struct request){0};
}

int64_t service_take_answer(struct process *process, const struct service_message *message)
{
	struct service *service = service_of(process);

	if (service->owner == NULL)
		return 0; // its first wait
	if (service->owner == &orphan) {
		service->owner = NULL;
		return 0;
	}
	if (service->caller != NULL)
		return channel_take_answer(service, message);
	if (user_copy_in(&process->space, service->data, message->buffer, message->size) != OK)
		return -LINUX_EFAULT;
	service->answer = *message;
	service->answered = true;
	service->answered_tsc = cpu_read_tsc();
	return 0;
}

enum error service_give(
	struct service *service, const struct service_message *message, const uint8_t *data)
{
	if (process_give(&service->process, message, data) == OK)
		return OK;
	log_error("%s: its buffer cannot take a request", service->process.name);
	process_end(&service->process);
	service_bury(service);
	return ERR_INVALID_REQUEST;
}

static MUST_USE enum error request_give(struct service *service, const struct request *request,
	const uint8_t *buffer, uint32_t size)
{
	const struct service_message message = {
		.protocol = request->protocol,
		.call = request->call,
		.caller = SERVICE_CALLER_GUEST,
		.regs = {request->rcx, request->rdx, request->r8, request->r9},
		.size = size,
	};
	enum error err = service_give(service, &message, buffer);

	if (err != OK)
		return err;
	service->owner = request->vcpu;
	service->asked = *request;
	service->answered = false;
	return OK;
}

static bool is_being_served(const struct service *service, const struct request *b)
{
	const struct request *a = &service->asked;

	if (a->ticket != 0 || b->ticket != 0)
		return service->owner != NULL && service->caller == NULL && a->ticket == b->ticket;
	return service->owner == b->vcpu && a->protocol == b->protocol && a->call == b->call &&
	       a->rcx == b->rcx && a->rdx == b->rdx && a->r8 == b->r8 && a->r9 == b->r9;
}

void service_forget(struct service *service)
{
	mem_wipe(service->data, sizeof(service->data));
	service->owner = NULL;
	service->answered = false;
}

// An answer that nobody comes for would keep the service from everybody else.
void service_drop_stale(struct service *service)
{
	if (service->answered && cpu_read_tsc() - service->answered_tsc > ANSWER_TICKS)
		service_forget(service);
}

static MUST_USE enum error answer_take(
	struct service *service, struct request *request, uint8_t *buffer, uint32_t *size)
{
	request->rcx = service->answer.regs[0];
	request->rdx = service->answer.regs[1];
	request->r8 = service->answer.regs[2];
	memcpy(buffer, service->data, service->answer.size);
	*size = service->answer.size;
	service_forget(service);
	return (enum error)service->answer.result;
}

// Whoever asks helps the request that is being served along: nobody waits for a vCPU that does not
// come back for its answer.
static MUST_USE enum error call_taken(
	struct service *service, struct request *request, uint8_t *buffer, uint32_t *size)
{
	bool own = is_being_served(service, request);
	enum error err = OK;

	if (service->process.state == PROCESS_ENDED || (request->resume && !own))
		return ERR_INVALID_REQUEST;
	if (!own) {
		service_drop_stale(service);
		// Who asks for something else does not come for it.
		if (service->answered && service->owner == request->vcpu)
			service_forget(service);
	}
	if (service->owner == NULL && reboot_is_wanted())
		return ERR_BUSY;
	if (service->owner == NULL)
		err = request_give(service, request, buffer, *size);
	if (err != OK)
		return err;
	service_run(service, cpu_read_tsc() + SLICE_TICKS);
	if (service->process.state == PROCESS_ENDED)
		return ERR_INVALID_REQUEST;
	if (!is_being_served(service, request))
		return ERR_BUSY;
	service->owner = request->vcpu; // the last one that went on with a call in steps
	return service->answered ? answer_take(service, request, buffer, size)
				 : ERR_SVSM_INCOMPLETE;
}

enum error service_call(
	struct service *service, struct request *request, uint8_t *buffer, uint32_t *size)
{
	if (!service_take(service))
		return ERR_BUSY;
	enum error err = call_taken(service, request, buffer, size);

	service_release(service);
	return err;
}
