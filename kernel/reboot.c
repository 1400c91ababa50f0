// SPDX-License-Identifier: MIT
#include "kernel/reboot.h"

#include "kernel/cpu.h"
#include "kernel/cpus_stop.h"
#include "kernel/firmware.h"
#include "kernel/guest_memory.h"
#include "kernel/guest_withdraw.h"
#include "kernel/layout.h"
#include "kernel/log.h"
#include "kernel/page.h"
#include "kernel/percpu.h"
#include "kernel/platform.h"
#include "kernel/quiesce.h"
#include "kernel/services.h"
#include "kernel/terminate.h"
#include "kernel/tlb.h"
#include "kernel/vcpu_freeze.h"

// How long after the guest has asked in vain it is expected to ask again, in TSC ticks: a second.
#define WANTED_TICKS (1ull << 32)

static atomic_bool owned;	   // a CPU is at it
static atomic_bool start_first;	   // the first vCPU has to be started
static atomic_ullong wanted_until; // TSC
static uint64_t boots = 1;

bool reboot_is_possible(void)
{
	return firmware_can_restart();
}

bool reboot_is_wanted(void)
{
	return cpu_read_tsc() < atomic_load(&wanted_until);
}

bool reboot_is_on(void)
{
	return cpus_are_stopped();
}

void reboot_wait(void)
{
	cpus_wait();
	if (this_cpu()->cpu->index == 0 && atomic_exchange(&start_first, false) &&
		vcpu_first_start() != OK) {
		log_error("reboot: the host does not start the guest");
		terminate(TERMINATE_REBOOT);
	}
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
	{"devices", devices_prepare, nothing},
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
	devices_quiesce();
	valid = guest_count_valid();
	services_reset();
	if (guest_take_back() != OK) {
		log_error("reboot: the host does not leave the guest's memory alone");
		terminate(TERMINATE_REBOOT);
	}
	firmware_restart();
	boots++;
	log_info("reboot: %lu KiB taken back, heap: %lu KiB free", TO_KIB(valid * PAGE_SIZE),
		TO_KIB(page_count_free() * PAGE_SIZE));
	log_info("reboot: guest: starting firmware at VMPL2, boot %lu", boots);
	atomic_store(&start_first, true);
	// Before the guest runs: it may ask for the next one at once.
	atomic_store(&owned, false);
	cpus_go();
}

enum error reboot_guest(void)
{
	if (!reboot_is_possible())
		return ERR_INVALID_REQUEST;
	if (atomic_exchange(&owned, true))
		return ERR_BUSY;
	enum error err = prepare();

	atomic_store(&wanted_until, err == ERR_SVSM_INCOMPLETE ? cpu_read_tsc() + WANTED_TICKS : 0);
	if (err == OK)
		commit();
	else
		atomic_store(&owned, false);
	return err;
}
