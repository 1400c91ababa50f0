// SPDX-License-Identifier: MIT
#include "kernel/reboot.h"

#include "kernel/cpu.h"
#include "kernel/cpus.h"
#include "kernel/firmware.h"
#include "kernel/guest_memory.h"
#include "kernel/guest_withdraw.h"
#include "kernel/log.h"
#include "kernel/percpu.h"
#include "kernel/platform.h"
#include "kernel/services.h"
#include "kernel/terminate.h"
#include "kernel/tlb.h"
#include "kernel/vcpu_freeze.h"

// How long all CPUs may take to come back to the kernel, in TSC ticks: about a second.
#define STOP_TICKS (1ull << 32)

static atomic_bool owned;	// a CPU is at it
static atomic_bool on;		// no CPU may run the guest
static atomic_bool start_first; // the first vCPU has to be started
static uint64_t boots = 1;

bool reboot_is_possible(void)
{
	return firmware_can_restart();
}

bool reboot_is_on(void)
{
	return atomic_load(&on);
}

static void wait_parked(struct cpu *cpu)
{
	while (atomic_load(&on)) {
		atomic_store(&cpu->parked, true);
		platform_idle();
		platform_take_events();
	}
}

void reboot_wait(void)
{
	struct cpu *cpu = this_cpu()->cpu;

	// Looks again afterwards: whoever begins the next reboot may have seen this CPU parked.
	do {
		wait_parked(cpu);
		atomic_store(&cpu->parked, false);
	} while (atomic_load(&on));
	if (cpu->index == 0 && atomic_exchange(&start_first, false) && vcpu_first_start() != OK) {
		log_error("reboot: the host does not start the guest");
		terminate(TERMINATE_REBOOT);
	}
}

// --- CPUs

static bool is_other(const struct cpu *cpu)
{
	return cpu != this_cpu()->cpu;
}

static void wake_all(void)
{
	for (uint32_t i = 0; i < cpus_count(); i++) {
		if (is_other(cpus_get(i)))
			error_ignore(platform_wake_cpu(cpus_get(i))); // waited for, or not missed
	}
}

static void cpus_go(void)
{
	atomic_store(&on, false);
	wake_all();
}

static bool all_parked(const struct cpu **missing)
{
	for (uint32_t i = 0; i < cpus_count(); i++) {
		*missing = cpus_get(i);
		if (is_other(*missing) && !atomic_load(&(*missing)->parked))
			return false;
	}
	return true;
}

// Each CPU sets `outside` and then looks at `on`, or sees the event in its doorbell page: none gets
// into the guest that was not called back.
static MUST_USE enum error cpus_stop(void)
{
	const struct cpu *missing = NULL;
	uint64_t start = cpu_read_tsc();

	atomic_store(&on, true);
	wake_all();
	while (!all_parked(&missing)) {
		if (cpu_read_tsc() - start > STOP_TICKS) {
			log_warn("reboot: CPU %u does not come back", missing->index);
			cpus_go();
			return ERR_RMP_INUSE;
		}
		cpu_pause();
	}
	return OK;
}

// --- what has to succeed first

static void nothing(void)
{
}

// In this order; what was done is undone in the reverse.
static const struct {
	const char *name;
	enum error (*prepare)(void);
	void (*undo)(void);
} steps[] = {
	{"requests of services", services_settle, nothing},
	{"CPUs", cpus_stop, cpus_go},
	// Again: now no new one can begin.
	{"requests of services", services_settle, nothing},
	{"vCPUs", vcpus_freeze, vcpus_thaw},
	{"what the firmware needs", firmware_prepare_restart, nothing},
	{"memory", guest_withdraw, guest_give_back},
	{"services", services_prepare_reset, services_undo_reset},
};

static void undo(size_t done)
{
	while (done-- > 0)
		steps[done].undo();
}

static MUST_USE enum error prepare(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		enum error err = steps[i].prepare();

		if (err == OK)
			continue;
		undo(i);
		if (err != ERR_SVSM_INCOMPLETE)
			log_warn("reboot: not done, the guest goes on: %s, error 0x%x",
				steps[i].name, err);
		return err;
	}
	return OK;
}

// --- what cannot be undone

static void flush_tlbs(void)
{
	spinlock_acquire(&guest_lock);
	tlb_flush_all();
	spinlock_release(&guest_lock);
}

static void commit(void)
{
	uint64_t valid = 0;

	flush_tlbs();
	valid = guest_count_valid();
	services_reset();
	if (guest_take_back() != OK) {
		log_error("reboot: the host does not leave the guest's memory alone");
		terminate(TERMINATE_REBOOT);
	}
	firmware_restart();
	boots++;
	log_info("reboot: %lu KiB taken back; guest: starting firmware at VMPL2, boot %lu",
		TO_KIB(valid * PAGE_SIZE), boots);
	atomic_store(&start_first, true);
	cpus_go();
}

enum error reboot_guest(void)
{
	if (!reboot_is_possible())
		return ERR_INVALID_REQUEST;
	if (atomic_exchange(&owned, true))
		return ERR_BUSY;
	enum error err = prepare();

	if (err == OK)
		commit();
	atomic_store(&owned, false);
	return err;
}
