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

static struct {
	_Atomic uint32_t begun, sent; // kicks to this CPU
	_Atomic uint64_t last_us;     // when the last one was sent
	uint32_t seen;		      // value of sent at this CPU's last NMI
	uint64_t armed_us;
} nmis[CPUS_MAX];

static _Atomic uint32_t dump_wanted; // counts the requests; cpu->dump_seen is what a CPU answered
static _Atomic uint64_t request_us;
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
// for a kick.
static void request(const struct cpu *cpu)
{
	uint64_t now = time_us(), last = atomic_load(&request_us);

	if (last && now - last < REQUEST_INTERVAL_US)
		return;
	if (!atomic_compare_exchange_strong(&request_us, &last, now))
		return;
	atomic_fetch_add(&dump_wanted, 1);
	spin_lock(&dump_lock);
	log_error("register dump on request: counts of exits, then the planes of each CPU");
	host_trace_summary();
	trace_flush();
	spin_unlock(&dump_lock);
	for (uint32_t i = 0; i < cpu_count; i++)
		if (cpus[i] != cpu)
			cpu_kick(cpus[i]);
}

void debug_nmi(struct cpu *cpu)
{
	uint32_t wanted;

	if (nmi_is_request(cpu)) {
		if (gdb_break(cpu))
			return;
		request(cpu);
	}
	wanted = atomic_load(&dump_wanted);
	if (cpu->dump_seen != wanted) {
		cpu->dump_seen = wanted;
		planes_dump(cpu);
	}
}
