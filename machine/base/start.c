// SPDX-License-Identifier: MIT
// Start of the machine on the boot CPU, and what every CPU does once all are there.
#include <stdatomic.h>

#include "hw/x86.h"
#include "machine/base/start.h"
#include "machine/cpu/rmp.h"
#include "machine/cpu/processor.h"
#include "machine/host/host.h"
#include "machine/psp/psp.h"

#define FWCFG_NB_CPUS	  0x05
#define PIT_HZ		  1193182
#define TIMER_HALF	  0x8000
#define CALIBRATIONS_MAX  100
#define CALIBRATIONS_GOOD 8
#define ERROR_WANTED	  500 // millionths

static _Atomic bool go;

// A value of the interval timer's channel 2, which counts down, and when it was latched: in
// `window` ticks from `tsc` on.
struct look {
	uint64_t tsc;
	uint64_t window;
	uint32_t left;
};

static struct look timer_look(void)
{
	struct look look = {.tsc = rdtsc()};

	outb(0x43, 0x80); // latch channel 2
	look.window = rdtsc() - look.tsc;
	look.left = inb(0x42);
	look.left |= (uint32_t)inb(0x42) << 8;
	return look;
}

static bool timer_is_over(void)
{
	return inb(0x61) & 0x20;
}

// TSC ticks per millisecond, from two looks some 27 ms apart. Their windows, in millionths of that
// time, are the error.
static uint64_t tsc_rate_once(uint64_t *error)
{
	outb(0x43, 0xb0); // channel 2, both bytes, mode 0
	outb(0x42, 0xff);
	outb(0x42, 0xff);
	struct look first = timer_look(), last = first;

	while (last.left > TIMER_HALF && !timer_is_over())
		last = timer_look();
	// After its end it would go on from the top.
	if (timer_is_over() || last.left >= first.left)
		return 0;
	uint64_t ticks = last.tsc - first.tsc;

	*error = (first.window + last.window) * 1000000 / ticks;
	return ticks * PIT_HZ / ((first.left - last.left) * 1000ull);
}

// A busy computer takes QEMU's thread away at any time, and for as long as others run: between the
// looks that does no harm, at one of them it makes the window wide. The narrowest counts.
static uint64_t tsc_rate(void)
{
	uint64_t best = 0, least = UINT64_MAX;
	unsigned good = 0;
	uint8_t gate = inb(0x61);

	outb(0x61, (uint8_t)((gate & ~3) | 1));
	for (unsigned i = 0;
		i < CALIBRATIONS_MAX && good < CALIBRATIONS_GOOD && least > ERROR_WANTED; i++) {
		uint64_t error = UINT64_MAX, rate = tsc_rate_once(&error);

		good += rate != 0;
		if (rate && error < least) {
			least = error;
			best = rate;
		}
	}
	outb(0x61, gate);
	if (!best)
		machine_bug("the PC's interval timer tells no rate of the TSC");
	return best;
}

static uint32_t cpus_of_qemu(void)
{
	static uint16_t count;

	if (!fwcfg_read(FWCFG_NB_CPUS, 0, &count, sizeof(count)) || count == 0)
		machine_bug("fw_cfg does not tell the number of CPUs");
	if (count > CPUS_MAX) {
		log_error("%u CPUs (QEMU's -smp), at most %u work: use fewer", count, CPUS_MAX);
		machine_end(END_BAD_CONFIGURATION);
	}
	return count;
}

_Noreturn void machine_cpu_ready(struct cpu *cpu)
{
	while (!atomic_load(&go))
		__asm__ volatile("pause");
	processor_init_cpu(cpu);
	host_run(cpu);
}

_Noreturn void machine_start(uint64_t image_base)
{
	uint64_t start = rdtsc();

	cpu_setup_boot();
	traps_init();
	traps_load();
	time_init(start, tsc_rate());
	fwcfg_set_image(image_base);
	fwcfg_init();
	options_read();
	log_info("Copra's software SEV-SNP machine: emulated, not AMD hardware");
	memory_init(image_base);
	cpu_init(cpus[0]);
	cpus_start(cpus_of_qemu());
	log_info("%u CPU%s", cpu_count, cpu_count == 1 ? "" : "s");
	rmp_init();
	processor_init();
	psp_init();
	host_launch();
	atomic_store(&go, true);
	cpus[0]->online = true;
	machine_cpu_ready(cpus[0]);
}
