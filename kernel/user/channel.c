// SPDX-License-Identifier: MIT
#include "kernel/user/channel.h"

#include "kernel/cpu.h"
#include "kernel/panic.h"
#include "kernel/user/message.h"
#include "kernel/user/syscall.h"
#include "lib/secret.h"

int64_t channel_call(struct process *process, const uint64_t *args)
{
	struct service *service = service_of(process);
	const struct object *channel = NULL;
	struct service_message message;
	int64_t result = object_find(&service->objects, args[0], BOOT_OBJECT_SERVICE, &channel);

	if (result != 0)
		return result;
	if (user_copy_in(&process->space, &message, args[1], sizeof(message)) != OK)
		return -LINUX_EFAULT;
	if (!message_is_sound(&message))
		return -LINUX_EINVAL;
	// The service has not answered its own caller, so this buffer is free.
	if (user_copy_in(&process->space, service->data, message.buffer, message.size) != OK)
		return -LINUX_EFAULT;
	service->call = (struct service_call_made){
		.callee = channel->service, .message = message, .address = args[1]};
	atomic_store(&service->call_state, CALL_MADE);
	process->state = PROCESS_CALLING;
	return 0;
}

static void call_end(struct service *caller, int64_t result)
{
	caller->call.result = result;
	atomic_store_explicit(&caller->call_state, CALL_ENDED, memory_order_release);
}

static bool call_is(const struct service *caller, enum call_state state)
{
	return atomic_load_explicit(&caller->call_state, memory_order_acquire) == state;
}

// Once it is noted that the call has ended, another CPU may let the caller go on.
static void callee_free(struct service *callee)
{
	callee->caller = NULL;
	callee->owner = NULL;
}

int64_t channel_take_answer(struct service *callee, const struct service_message *message)
{
	struct service *caller = callee->caller;

	if (user_copy_in(&callee->process.space, caller->data, message->buffer, message->size) !=
		OK)
		return -LINUX_EFAULT;
	callee_free(callee);
	caller->call.answer = *message;
	call_end(caller, 0);
	return 0;
}

void channel_break(struct service *callee)
{
	struct service *caller = callee->caller;

	if (caller == NULL)
		return;
	callee_free(callee);
	call_end(caller, -LINUX_EPIPE);
}

static void call_give(struct service *service, struct service *callee)
{
	const struct service_message *asked = &service->call.message;
	const struct service_message message = {
		.protocol = callee->protocol,
		.call = asked->call,
		.caller = SERVICE_CALLER_SERVICE,
		.caller_id = service->protocol,
		.regs = {asked->regs[0], asked->regs[1], asked->regs[2], asked->regs[3]},
		.size = asked->size,
	};

	if (service_give(callee, &message, service->data) != OK) {
		call_end(service, -LINUX_EPIPE);
		return;
	}
	callee->owner = service;
	callee->caller = service;
	atomic_store(&service->call_state, CALL_GIVEN);
}

// One step with a callee that this CPU has taken. What it does for somebody else comes first.
static void callee_step(struct service *service, struct service *callee, uint64_t deadline)
{
	if (!service_is_alive(callee)) {
		call_end(service, -LINUX_EPIPE);
		return;
	}
	service_drop_stale(callee);
	if (callee->owner == NULL)
		call_give(service, callee);
	service_run(callee, deadline);
}

// The answer goes where the request came from.
static MUST_USE int64_t answer_deliver(struct service *service)
{
	struct user_space *space = &service->process.space;
	struct service_message message = service->call.message;
	const struct service_message *answer = &service->call.answer;

	if (service->call.result != 0)
		return service->call.result;
	if (answer->size > message.room)
		return -LINUX_EMSGSIZE;
	message.result = answer->result;
	memcpy(message.regs, answer->regs, 3 * sizeof(message.regs[0]));
	message.size = answer->size;
	if (user_copy_out(space, message.buffer, service->data, answer->size) != OK ||
		user_copy_out(space, service->call.address, &message, sizeof(message)) != OK)
		return -LINUX_EFAULT;
	return 0;
}

static void call_finish(struct service *service)
{
	service->process.frame.rax = (uint64_t)answer_deliver(service);
	service->process.state = PROCESS_READY;
	mem_wipe(service->data, sizeof(service->data));
	atomic_store(&service->call_state, CALL_NONE);
}

// Calls itself by service_run, once for each service of a chain: at most BOOT_SERVICES_MAX deep.
// NOLINTNEXTLINE(misc-no-recursion)
void channel_serve(struct service *service, uint64_t deadline)
{
	struct service *callee = service->call.callee;

	KERNEL_ASSERT(service->process.state == PROCESS_CALLING);
	if (!call_is(service, CALL_ENDED) && service_take(callee)) {
		// Another CPU may have been at it meanwhile.
		if (!call_is(service, CALL_ENDED))
			callee_step(service, callee, deadline);
		service_release(callee);
	}
	if (call_is(service, CALL_ENDED))
		call_finish(service);
}

void channel_abandon(struct service *service)
{
	struct service *callee = service->call.callee;

	if (!call_is(service, CALL_GIVEN))
		return;
	while (!service_take(callee))
		cpu_pause();
	if (callee->caller == service)
		service_orphan(callee);
	service_release(callee);
	atomic_store(&service->call_state, CALL_NONE);
}
