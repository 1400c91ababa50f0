// SPDX-License-Identifier: MIT
// Stopping and resuming the VM for gdb. All-stop: the CPU that meets a reason becomes the master,
// kicks the others out of the guest and waits until each is parked, before a VMRUN or in its idle
// wait. There they hold no lock and their planes' state is complete.
#include <stdatomic.h>

#include "hw/x86.h"
#include "machine/cpu/processor.h"
#include "machine/debug/gdb.h"

#define PARK_TIMEOUT_US 2000000
#define VMEXIT_SWINT	0x075 // INT n; QEMU counts INT3 among them. APM volume 2, appendix C
#define INTERCEPT_SWINT (1u << 21)

void wait_for_nmi(void);

static _Atomic bool master;	    // somebody stops or has stopped the VM
static _Atomic bool hold[CPUS_MAX]; // this CPU shall not run planes
static _Atomic bool parked[CPUS_MAX];
static _Atomic bool broken_in[CPUS_MAX];
static _Atomic bool started;
static _Atomic bool polling; // a CPU takes what gdb has sent

bool gdb_is_debugged(const struct plane *plane)
{
	return plane->vmpl == options.gdb_vmpl;
}

bool gdb_break(struct cpu *cpu)
{
	if (options.gdb_vmpl < 0 || !atomic_load(&started))
		return false;
	if (!session_attached()) // one that attaches is met before the next entry
		return session_knocks();
	atomic_store(&broken_in[cpu->index], true);
	return true;
}

struct plane *gdb_thread(uint32_t id)
{
	struct plane *plane;

	if (id == 0 || id > cpu_count)
		return NULL;
	plane = &cpus[id - 1]->plane[options.gdb_vmpl];
	return plane->present && plane->core.vmsa_spa && plane->core.created_seen == plane->created
		       ? plane
		       : NULL;
}

// A kick may have come together with the one that ends the hold, and nobody has seen it yet:
// another NMI makes this CPU look.
static void park(struct cpu *cpu)
{
	bool held = false;

	do {
		while (atomic_load(&hold[cpu->index])) {
			atomic_store(&parked[cpu->index], true);
			wait_for_nmi();
			(void)nmi_is_request(cpu);
			held = true;
		}
		atomic_store(&parked[cpu->index], false);
		// whoever stops the VM again may have seen it parked
	} while (atomic_load(&hold[cpu->index]));
	if (held)
		cpu_nmi_again();
}

static bool wait_parked(const struct cpu *cpu, uint64_t deadline)
{
	while (!atomic_load(&parked[cpu->index])) {
		if (time_us() > deadline)
			return false;
		__asm__ volatile("pause");
	}
	return true;
}

static void hold_others(const struct cpu *self)
{
	uint64_t deadline = time_us() + PARK_TIMEOUT_US;

	for (uint32_t i = 0; i < cpu_count; i++)
		atomic_store(&hold[i], true);
	for (uint32_t i = 0; i < cpu_count; i++)
		if (cpus[i] != self && !parked[i])
			cpu_kick(cpus[i]);
	for (uint32_t i = 0; i < cpu_count; i++)
		if (cpus[i] != self && !wait_parked(cpus[i], deadline))
			log_warn("gdb: CPU %u does not stop", i);
}

static void planes_pull(void)
{
	for (uint32_t id = 1; id <= cpu_count; id++)
		if (gdb_thread(id))
			registers_pull(gdb_thread(id));
}

static void resume(const struct cpu *self, const enum resume how[CPUS_MAX])
{
	for (uint32_t i = 0; i < cpu_count; i++) {
		struct plane *plane = gdb_thread(i + 1);

		if (plane)
			plane->core.debug_step = how[i] == RESUME_STEP;
		atomic_store(&hold[i], how[i] == RESUME_HOLD);
	}
	for (uint32_t i = 0; i < cpu_count; i++)
		if (cpus[i] != self && how[i] != RESUME_HOLD)
			cpu_kick(cpus[i]);
}

void gdb_stop(const struct stop *stop)
{
	enum resume how[CPUS_MAX] = {RESUME_HOLD};

	if (atomic_exchange(&master, true))
		return; // another CPU is stopping this one; the reason comes again after that
	hold_others(stop->cpu);
	planes_pull();
	for (uint32_t id = 1; id <= cpu_count; id++)
		if (gdb_thread(id))
			step_forget(gdb_thread(id));
	session_run(stop, how);
	// Before any CPU goes: one that has made its step at once stops the VM again, or its step
	// is lost.
	atomic_store(&master, false);
	resume(stop->cpu, how);
}

// The VM begins stopped, so that breakpoints can be set before the plane's first instruction.
static void start(struct plane *plane)
{
	struct stop stop = {.cpu = plane->cpu, .signal = SIGNAL_TRAP, .reason = ""};

	if (atomic_exchange(&started, true))
		return;
	if (!uart_init()) {
		log_error("option gdb: QEMU has no third serial port, no debugger can attach");
		options.gdb_vmpl = -1;
		return;
	}
	log_info("gdb: VMPL%u waits for the debugger before its first instruction", plane->vmpl);
	gdb_stop(&stop);
}

// Ctrl-C, or a gdb that connects to a running VM.
static void poll(struct cpu *cpu)
{
	struct stop stop = {.cpu = cpu, .signal = SIGNAL_INT, .reason = ""};
	bool wanted = atomic_exchange(&broken_in[cpu->index], false);

	if (!started)
		return;
	if (!wanted && !atomic_load(&master) && !atomic_exchange(&polling, true)) {
		wanted = session_poll();
		atomic_store(&polling, false);
	}
	if (wanted)
		gdb_stop(&stop);
}

void debug_wait(struct cpu *cpu)
{
	nmi_arm(cpu);
	if (options.gdb_vmpl < 0)
		return;
	poll(cpu);
	park(cpu);
}

void debug_before_run(struct plane *plane)
{
	struct stop stop = {.cpu = plane->cpu, .signal = SIGNAL_TRAP, .reason = ""};

	nmi_arm(plane->cpu);
	if (options.gdb_vmpl < 0)
		return;
	if (gdb_is_debugged(plane))
		start(plane);
	poll(plane->cpu);
	park(plane->cpu);
	if (!gdb_is_debugged(plane))
		return;
	while (step_completed(plane)) {
		gdb_stop(&stop);
		park(plane->cpu);
	}
	plane->core.vmcb->control.intercept_exceptions |= 1u << VEC_DB | 1u << VEC_BP;
	plane->core.vmcb->control.intercept_misc1 |= INTERCEPT_SWINT;
	step_arm(plane);
	watch_enter(plane);
}

// An INT n or INT3 of the guest's own is carried out as if it had not been intercepted.
static void software_interrupt(struct plane *plane)
{
	struct vmcb_control *control = &plane->core.vmcb->control;
	struct instruction insn;
	uint8_t op, vector = VEC_BP;

	if (!decode_fetch(plane, &insn))
		return;
	op = insn.bytes[insn.opcode];
	if (op == 0xcd)
		vector = insn.bytes[insn.opcode + 1];
	else if (op == 0xce)
		vector = 4;
	plane_advance(plane, insn.opcode + (op == 0xcd ? 2u : 1u));
	control->event_inj =
		EVENT_VALID | (op == 0xcd ? EVENT_TYPE_SOFT : EVENT_TYPE_EXCP) | vector;
}

static void trap_int3(struct plane *plane)
{
	const struct vmcb_save *save = &plane->core.vmcb->save;
	struct stop stop = {.cpu = plane->cpu, .signal = SIGNAL_TRAP, .reason = "swbreak:;"};

	if (breakpoint_at(save->rip + (plane_is_64bit(plane) ? 0 : save->cs.base)))
		gdb_stop(&stop);
	else
		software_interrupt(plane);
}

static void trap_debug(struct plane *plane)
{
	struct stop stop = {.cpu = plane->cpu, .signal = SIGNAL_TRAP, .reason = ""};
	bool swallow = false;

	if (watch_hit(plane, &stop) || step_hit(plane, &swallow))
		gdb_stop(&stop);
	else if (!swallow)
		inject_exception(plane, VEC_DB, false, 0);
}

bool debug_exit(struct plane *plane, const struct vmexit *exit)
{
	struct stop stop = {.cpu = plane->cpu, .signal = SIGNAL_SEGV, .reason = ""};

	if (options.gdb_vmpl < 0 || !gdb_is_debugged(plane))
		return false;
	watch_leave(plane);
	step_disarm(plane);
	switch (exit->code) {
	case VMEXIT_SWINT:
	case VMEXIT_EXCP_BASE + VEC_BP:
		trap_int3(plane);
		return true;
	case VMEXIT_EXCP_BASE + VEC_DB:
		trap_debug(plane);
		return true;
	case VMEXIT_SHUTDOWN: // a last look; the machine ends after it
		if (session_attached())
			gdb_stop(&stop);
		return false;
	default:
		return false;
	}
}
