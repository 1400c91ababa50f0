// SPDX-License-Identifier: MIT
// Start of the machine on the boot CPU, and what every CPU does once all are there.
#include <stdatomic.h>

#include "hw/x86.h"
#include "machine/base/start.h"
#include "machine/cpu/rmp.h"
#include "machine/cpu/processor.h"
#include "machine/host/host.h"
#include "machine/psp/psp.h"

#define FWCFG_NB_CPUS	 0x05
#define PIT_HZ		 1193182
#define CALIBRATIONS_MAX 20

static _Atomic bool go;

// TSC ticks per millisecond, against 10 ms of the interval timer's channel 2.
static uint64_t tsc_rate_once(void)
{
	uint16_t count = PIT_HZ / 100;
	uint64_t start, end;

	outb(0x43, 0xb0); // channel 2, both bytes, mode 0
	outb(0x42, (uint8_t)count);
	outb(0x42, (uint8_t)(count >> 8));
	start = rdtsc();
	while (!(inb(0x61) & 0x20))
		;
	end = rdtsc();
	return (end - start) / 10;
}

// A busy computer may take QEMU's thread away in the midst of a measurement: the first value that
// comes twice within a thousandth counts.
static uint64_t tsc_rate(void)
{
	uint64_t rates[CALIBRATIONS_MAX], rate = 0;
	uint8_t gate = inb(0x61);

	outb(0x61, (uint8_t)((gate & ~3) | 1));
	for (unsigned i = 0; i < CALIBRATIONS_MAX && !rate; i++) {
		rates[i] = tsc_rate_once();
		for (unsigned k = 0; k < i && !rate; k++)
			if (rates[i] - rates[k] + rates[i] / 1000 <= rates[i] / 500)
				rate = (rates[i] + rates[k]) / 2;
	}
	outb(0x61, gate);
	return rate ? rate : rates[0];
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
