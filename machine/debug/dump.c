// SPDX-License-Identifier: MIT
// Register dump on request: QEMU's monitor command nmi raises LINT1 of every local APIC. The
// machine uses NMIs itself, as kicks between CPUs; those are counted, and what is not a kick is a
// request.
#include <stdatomic.h>

#include "machine/debug/gdb.h"
#include "machine/host/host.h"

#define XAPIC_LVT_LINT1	    0xfee00360ull
#define LVT_NMI		    0x400u
#define ARM_INTERVAL_US	    1000
#define KICK_GRACE_US	    100000 // an NMI this soon after a kick is taken as the kick's
#define REQUEST_INTERVAL_US 1000000
#define ANSWER_US	    5000000 // for the other CPUs

static struct {
	_Atomic uint32_t begun, sent; // kicks to this CPU
	_Atomic uint64_t last_us;     // when the last one was sent
	uint32_t seen;		      // value of sent at this CPU's last NMI
	uint64_t armed_us;
} nmis[CPUS_MAX];

// One dump at a time. BUSY: a CPU begins it, or writes what comes behind the planes.
enum progress { DUMP_NONE, DUMP_BUSY, DUMP_PLANES };
static struct {
	_Atomic enum progress progress;
	_Atomic uint64_t changed_us;	    // when it began, or was done
	_Atomic uint32_t wanted;	    // counts the requests
	_Atomic uint32_t written[CPUS_MAX]; // the last one that a CPU has answered
} dump;
static struct spinlock dump_lock;

void debug_kick_begin(struct cpu *to)
{
	atomic_fetch_add(&nmis[to->index].begun, 1);
}

void debug_kick_end(struct cpu *to)
{
	atomic_store(&nmis[to->index].last_us, time_us());
	atomic_fetch_add(&nmis[to->index].sent, 1);
}

// NMIs do not count: one that is taken may stand for several kicks, and a kick may still be on its
// way. In doubt it was a kick; the person can ask again.
bool nmi_is_request(struct cpu *cpu)
{
	uint32_t seen = nmis[cpu->index].seen;
	uint32_t sent = atomic_load(&nmis[cpu->index].sent);
	uint32_t begun = atomic_load(&nmis[cpu->index].begun);
	uint64_t last = atomic_load(&nmis[cpu->index].last_us);

	nmis[cpu->index].seen = sent;
	return sent == seen && begun == sent && (sent == 0 || time_us() - last > KICK_GRACE_US);
}

// The guest owns the APIC and masks LINT1 now and then; nothing else in QEMU drives it.
void nmi_arm(struct cpu *cpu)
{
	uint64_t now = time_us();

	if (now - nmis[cpu->index].armed_us < ARM_INTERVAL_US)
		return;
	nmis[cpu->index].armed_us = now;
	*(volatile uint32_t *)spa_ptr(XAPIC_LVT_LINT1) = LVT_NMI;
}

static void planes_dump(struct cpu *cpu)
{
	spin_lock(&dump_lock);
	log_error("register dump on request: CPU %u, VMPL%u is current, %s", cpu->index,
		cpu->current, cpu->plane[cpu->current].halted ? "halted" : "not halted");
	for (unsigned vmpl = 0; vmpl < VMPL_COUNT; vmpl++)
		if (cpu->plane[vmpl].present)
			plane_dump(&cpu->plane[vmpl]);
	spin_unlock(&dump_lock);
}

// Every CPU gets the monitor's NMI; the first one to see it asks the others, whose own may be taken
// for a kick. All are asked before one of them writes: that takes long on a busy computer.
static void request(const struct cpu *cpu)
{
	enum progress none = DUMP_NONE;
	uint64_t last;

	if (!atomic_compare_exchange_strong(&dump.progress, &none, DUMP_BUSY))
		return;
	last = atomic_load(&dump.changed_us);
	if (last && time_us() - last < REQUEST_INTERVAL_US) {
		atomic_store(&dump.progress, DUMP_NONE);
		return;
	}
	atomic_store(&dump.changed_us, time_us());
	log_error("register dump on request: the planes of each CPU, then the counts of exits");
	atomic_fetch_add(&dump.wanted, 1);
	atomic_store(&dump.progress, DUMP_PLANES);
	for (uint32_t i = 0; i < cpu_count; i++)
		if (cpus[i] != cpu)
			cpu_kick(cpus[i]);
}

static bool planes_missing(uint32_t i)
{
	return atomic_load(&dump.written[i]) != atomic_load(&dump.wanted);
}

static bool any_missing(void)
{
	for (uint32_t i = 0; i < cpu_count; i++)
		if (planes_missing(i))
			return true;
	return false;
}

// The trace's thousands of lines come when all registers are in the log: whoever asked may not wait
// for more. The last CPU to write its own does it, or any after ANSWER_US.
static void rest_write(void)
{
	enum progress planes = DUMP_PLANES;

	if (any_missing() && time_us() - atomic_load(&dump.changed_us) < ANSWER_US)
		return;
	if (!atomic_compare_exchange_strong(&dump.progress, &planes, DUMP_BUSY))
		return;
	for (uint32_t i = 0; i < cpu_count; i++)
		if (planes_missing(i))
			log_error("register dump on request: CPU %u does not answer", i);
	host_trace_summary();
	trace_flush();
	log_error("register dump on request: done");
	atomic_store(&dump.changed_us, time_us());
	atomic_store(&dump.progress, DUMP_NONE);
}

void debug_nmi(struct cpu *cpu)
{
	if (nmi_is_request(cpu)) {
		if (gdb_break(cpu))
			return;
		request(cpu);
	}
	if (planes_missing(cpu->index)) {
		uint32_t wanted = atomic_load(&dump.wanted);

		planes_dump(cpu);
		atomic_store(&dump.written[cpu->index], wanted);
	}
	if (atomic_load(&dump.progress) == DUMP_PLANES)
		rest_write();
}
