// SPDX-License-Identifier: MIT
#include "kernel/user/service.h"

#include "kernel/cpu.h"
#include "kernel/log.h"
#include "kernel/percpu.h"
#include "kernel/platform.h"
#include "kernel/user/channel.h"
#include "lib/secret.h"

// How long a call waits for its turn: some hundred microseconds.
#define TAKE_TICKS (1ull << 20)
// How long a service may take to start: tens of seconds.
#define START_TICKS (1ull << 36)

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

void service_bury(struct service *service)
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

void service_stop(struct service *service)
{
	while (!service_take(service))
		cpu_pause();
	channel_abandon(service);
	service_bury(service);
	service_forget(service);
	service_release(service);
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

	service_forget(service);
	return done;
}
