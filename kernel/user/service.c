// SPDX-License-Identifier: MIT
#include "kernel/user/service.h"

#include "kernel/cpu.h"
#include "kernel/log.h"
#include "kernel/percpu.h"
#include "kernel/platform.h"
#include "kernel/reboot.h"
#include "kernel/user/channel.h"
#include "kernel/user/syscall.h"
#include "lib/secret.h"

// How long a call may run before its caller is told to ask again, in TSC ticks: some milliseconds.
#define SLICE_TICKS (1ull << 24)
// How long a call waits for its turn: some hundred microseconds.
#define TAKE_TICKS (1ull << 20)
// How long a service may take to start: tens of seconds.
#define START_TICKS (1ull << 36)
// How long an answer waits for the vCPU that asked: some seconds.
#define ANSWER_TICKS (1ull << 33)

// The owner of a request that nobody waits for
static const char orphan;

struct service *service_of(struct process *process)
{
	return (struct service *)((uint8_t *)process - offsetof(struct service, process));
}

static bool try_take(struct service *service)
{
	return !atomic_exchange_explicit(&service->taken, true, memory_order_acquire);
}

// Waits a little, since most requests are short. Whoever was served last lets the others go first.
bool service_take(struct service *service)
{
	uint64_t start = cpu_read_tsc();
	const struct cpu *self = this_cpu()->cpu;
	bool taken = false;

	atomic_fetch_add(&service->waiters, 1);
	while (!taken && cpu_read_tsc() - start < TAKE_TICKS) {
		if (atomic_load(&service->last) != self || atomic_load(&service->waiters) == 1)
			taken = try_take(service);
		if (!taken)
			cpu_pause();
	}
	// The others may have stopped waiting.
	if (!taken)
		taken = try_take(service);
	atomic_fetch_sub(&service->waiters, 1);
	if (taken)
		atomic_store(&service->last, self);
	return taken;
}

void service_release(struct service *service)
{
	atomic_store_explicit(&service->taken, false, memory_order_release);
}

// An event ends a program's run. One that was asked for earlier and has not come is as good.
static void timer_arm(void)
{
	struct percpu *cpu = this_cpu();
	uint64_t now = cpu_read_tsc();

	if (cpu->timer_end > now)
		return;
	cpu->timer_end = now + SLICE_TICKS;
	platform_arm_timer(SLICE_TICKS);
}

// What it knew is gone with it, a half-copied answer too.
static void service_bury(struct service *service)
{
	process_destroy(&service->process);
	mem_wipe(service->data, sizeof(service->data));
	channel_break(service);
	objects_drop(&service->objects);
}

// With channel_serve, for the services that it calls: see there.
// NOLINTNEXTLINE(misc-no-recursion)
void service_run(struct service *service, uint64_t deadline)
{
	const struct process *process = &service->process;

	while ((process->state == PROCESS_READY || process->state == PROCESS_CALLING) &&
		cpu_read_tsc() < deadline) {
		if (process->state == PROCESS_CALLING) {
			channel_serve(service, deadline);
			continue;
		}
		timer_arm();
		process_run(&service->process, deadline);
		platform_take_events();
	}
	if (process->state == PROCESS_ENDED)
		service_bury(service);
}

enum error service_start(
	struct service *service, const char *name, struct bytes program, uint64_t memory)
{
	enum error err = process_create(&service->process, name, program, memory);

	if (err != OK)
		return err;
	service->process.debug = service->debug;
	if (!objects_hold(&service->objects)) {
		log_error("%s: no random numbers for its keys", name);
		service_stop(service);
		return ERR_INVALID_REQUEST;
	}
	service_run(service, cpu_read_tsc() + START_TICKS);
	if (service->process.state == PROCESS_WAITING)
		return OK;
	log_error("%s: %s", name,
		service->process.state == PROCESS_ENDED ? "has ended" : "does not become ready");
	service_stop(service);
	return ERR_INVALID_REQUEST;
}

static void answer_drop(struct service *service)
{
	mem_wipe(service->data, sizeof(service->data));
	service->owner = NULL;
	service->answered = false;
}

void service_stop(struct service *service)
{
	while (!service_take(service))
		cpu_pause();
	channel_abandon(service);
	service_bury(service);
	answer_drop(service);
	service_release(service);
}

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

// An answer that nobody comes for would keep the service from everybody else.
void service_drop_stale(struct service *service)
{
	if (service->answered && cpu_read_tsc() - service->answered_tsc > ANSWER_TICKS)
		answer_drop(service);
}

static MUST_USE enum error answer_take(
	struct service *service, struct request *request, uint8_t *buffer, uint32_t *size)
{
	request->rcx = service->answer.regs[0];
	request->rdx = service->answer.regs[1];
	request->r8 = service->answer.regs[2];
	memcpy(buffer, service->data, service->answer.size);
	*size = service->answer.size;
	answer_drop(service);
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
			answer_drop(service);
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

bool service_is_alive(const struct service *service)
{
	return service->process.state != PROCESS_ENDED;
}

static bool is_at_work(const struct service *service)
{
	return service->process.state == PROCESS_READY || service->process.state == PROCESS_CALLING;
}

enum error service_settle(struct service *service)
{
	if (!service_take(service))
		return ERR_SVSM_INCOMPLETE;
	service_run(service, cpu_read_tsc() + SLICE_TICKS);
	enum error err = is_at_work(service) ? ERR_SVSM_INCOMPLETE : OK;

	service_release(service);
	return err;
}

bool service_reset(struct service *service)
{
	static const char kernel; // whose request it is
	const struct service_message message = {
		.protocol = SERVICE_PROTOCOL_CONTROL,
		.call = SERVICE_CONTROL_RESET,
		.caller = SERVICE_CALLER_KERNEL,
	};

	if (service->process.state != PROCESS_WAITING ||
		service_give(service, &message, service->data) != OK)
		return false;
	service->owner = &kernel;
	service_run(service, cpu_read_tsc() + START_TICKS);
	bool done = service->process.state == PROCESS_WAITING && service->answered &&
		    service->answer.result == SVSM_SUCCESS;

	answer_drop(service);
	return done;
}

void service_forget(struct service *service)
{
	answer_drop(service);
}
