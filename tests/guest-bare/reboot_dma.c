// SPDX-License-Identifier: MIT
/*
 * Devices that the old boot has told to write to memory: the time comes in the new boot, they try,
 * and nothing is written there; nor does their interrupt come. The host lets them at the guest's
 * memory, private or not (docs/caveats.md), so that what stops them here is the SVSM alone.
 */
#include "tests/guest-bare/boots.h"
#include "tests/guest-bare/controllers.h"
#include "tests/guest-bare/engines.h"

#define PATTERN	   0xd0a0d0a0c0c0c0c0ull
#define MARK	   0x600d600d600d600dull
#define CONTROL(n) (FRESH(0) + (n)*PAGE_SIZE) // shared
#define TARGET(n)  (FRESH(1) + (n)*PAGE_SIZE) // what the next boot may not find changed
#define DMA_MS	   2000

// A disk's controller on the root bus that can be reset by itself. Source: NVM Express base 1.4.
#define DISK	     PCI_AT(0, 8, 0)
#define DISK_BAR     0xc4000000u
#define DISK_CONFIG  0x14
#define DISK_STATUS  0x1c
#define DISK_QUEUES  0x24
#define DISK_ADDRESS 0x28 // of one queue, then of the other
#define DISK_ON	     0x00460001

// A device with eight ports, which can be laid over those of others: QEMU prefers them.
#define COVER	     PCI_AT(0, 9, 0)
#define PIC_PORTS    0x20
#define CONFIG_PORTS 0xcf8

static void fill(volatile uint64_t *words, uint64_t value)
{
	for (unsigned i = 0; i < ENGINE_BYTES / sizeof(*words); i++)
		words[i] = value;
}

static bool is_full(const volatile uint64_t *words, uint64_t value)
{
	uint64_t other = 0;

	for (unsigned i = 0; i < ENGINE_BYTES / sizeof(*words); i++)
		other |= words[i] ^ value;
	return other == 0;
}

static void need_shared(uint64_t gpa)
{
	if (!ghcb_page_state(gpa, PSC_OP_SHARED))
		report_abort("page 0x%lx cannot be shared", gpa);
}

static bool any_is_at_it(void)
{
	bool any = false;

	for (unsigned i = 0; i < ENGINES; i++)
		any |= engine_is_at_it(&engines[i]);
	return any;
}

static void engines_wait(void)
{
	if (!wait_for(!any_is_at_it(), DMA_MS))
		report_abort("boot %u: a device does not end", boot_number());
}

// --- with leave to write

static void engines_open(void)
{
	engines_reach();
	for (unsigned i = 0; i < ENGINES; i++) {
		engine_open(&engines[i]);
		engine_acknowledge(&engines[i]);
		if (engines[i].vector)
			pci_msi_enable(engines[i].function, engines[i].vector);
		else
			pin_open(engines[i].pin);
	}
}

static void engines_load(void)
{
	for (unsigned i = 0; i < ENGINES; i++) {
		need_shared(CONTROL(i));
		fill(shared_ptr(CONTROL(i)), PATTERN + i);
		engine_fill(&engines[i], CONTROL(i));
	}
	engines_wait();
}

static bool is_interrupted(const struct engine *engine)
{
	if (engine->vector)
		return vector_is_requested(engine->vector);
	return vector_is_requested(PIN_VECTOR(engine->pin)) && pin_is_requested();
}

// The engines can do it: NULL, or which one does not.
static const char *control(void)
{
	engines_open();
	engines_load();
	for (unsigned i = 0; i < ENGINES; i++) {
		fill(shared_ptr(CONTROL(i)), 0);
		engine_write(&engines[i], CONTROL(i));
	}
	engines_wait();
	for (unsigned i = 0; i < ENGINES; i++)
		if (!is_full(shared_ptr(CONTROL(i)), PATTERN + i) || !is_interrupted(&engines[i]))
			return engines[i].name;
	return NULL;
}

// --- the old boot

static void disk_open(void)
{
	pci_write(DISK, PCI_BAR0, 4, DISK_BAR);
	pci_write(DISK, PCI_BAR0 + 4, 4, 0);
	pci_write(DISK, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
}

static void disk_start(void)
{
	disk_open();
	pci_write(DISK, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	mmio_write(DISK_BAR + DISK_QUEUES, 0x001f001f);
	for (uint32_t i = 0; i < 4; i++)
		mmio_write(DISK_BAR + DISK_ADDRESS + 4 * i, i % 2 ? 0 : (uint32_t)CONTROL(i));
	mmio_write(DISK_BAR + DISK_CONFIG, DISK_ON);
	if (!wait_for(mmio_read(DISK_BAR + DISK_STATUS) & 1, DMA_MS))
		report_abort("the disk's controller does not start");
}

static void cover(uint32_t ports)
{
	pci_write(COVER, PCI_BAR0, 4, ports | 1);
	pci_write(COVER, PCI_COMMAND, 2, PCI_COMMAND_PORTS);
}

static void target_make(unsigned i)
{
	if (!engines[i].shared) {
		need_valid(TARGET(i));
		return;
	}
	need_shared(TARGET(i));
	fill(shared_ptr(TARGET(i)), MARK);
}

// Interrupts of the control stay requested, and one line is, when the reboot begins.
static _Noreturn void attack(void)
{
	const char *idle = control();

	if (idle)
		report_abort("boot %u: no DMA or interrupt: %s", boot_number(), idle);
	disk_start();
	for (unsigned i = 0; i < ENGINES; i++) {
		engine_acknowledge(&engines[i]);
		if (!engines[i].vector)
			engine_raise(&engines[i]);
		engine_write(&engines[i], TARGET(i));
	}
	cover(PIC_PORTS);
	engines_hide();
	reboot_or_abort();
}

// --- the new boot

static struct {
	bool in_time; // all were still at it
	const char *changed, *interrupt, *bridge, *engine, *undone;
	uint32_t disk_command, disk_bar, disk_config;
} seen;

// Before anything is programmed: what lies behind bridges is reset, and not only cut off.
static void look_engine(const struct engine *engine)
{
	uint32_t command = pci_read(engine->function, PCI_COMMAND, 2);
	uint32_t bar = pci_read(engine->function, PCI_BAR0, 4);
	bool behind = engine->function >> 16;

	if (command & ~PCI_COMMAND_INTX_OFF || pci_msi_is_enabled(engine->function) ||
		(behind ? bar != 0 : !(command & PCI_COMMAND_INTX_OFF)))
		seen.engine = engine->name;
}

static void look_disk(void)
{
	seen.disk_command = pci_read(DISK, PCI_COMMAND, 2);
	seen.disk_bar = pci_read(DISK, PCI_BAR0, 4) & ~15u;
	disk_open();
	seen.disk_config = mmio_read(DISK_BAR + DISK_CONFIG);
}

static bool is_untouched(unsigned i)
{
	return engines[i].shared ? is_full(shared_ptr(TARGET(i)), MARK)
				 : is_full(private_ptr(TARGET(i)), 0);
}

static void look_engines(void)
{
	seen.bridge = engine_bridges_are_quiet() ? NULL : "one may";
	engines_reach();
	seen.in_time = true;
	for (unsigned i = 0; i < ENGINES; i++) {
		look_engine(&engines[i]);
		engine_show(&engines[i]);
		seen.in_time &= engine_is_at_it(&engines[i]);
		target_make(i);
	}
	engines_wait();
	for (unsigned i = 0; i < ENGINES; i++) {
		uint32_t own = engines[i].vector ? 0 : ENGINE_STATUS_OWN;

		if (engine_status(&engines[i]) != (own | ENGINE_STATUS_DMA))
			seen.undone = engines[i].name;
		if (!is_untouched(i))
			seen.changed = engines[i].name;
	}
}

static void look(void)
{
	const char *at_start = controllers_look();

	look_engines();
	look_disk();
	seen.interrupt = at_start ? at_start : controllers_look();
}

static void expect_none(const char *which, const char *what)
{
	expect_true(which == NULL, "%s%s%s", what, which ? ": " : "", which ? which : "");
}

// What reaches all devices is covered: none would be found, so there is no reboot.
static void test_covered(void)
{
	cover(CONFIG_PORTS);
	expect(reboot(), SVSM_ERR_INVALID_REQUEST, "a reboot when no device can be reached");
	expect(reboot(), SVSM_ERR_INVALID_REQUEST, "the same again");
}

void run_reboot_dma(void)
{
	if (boot_number() == 0)
		attack();
	if (boot_number() > 1)
		report_abort("boot %u: rebooted with devices out of reach", boot_number());
	look();
	expect_true(seen.in_time, "the devices are still at it after the reboot");
	expect_none(seen.engine, "each device is cut off, and behind bridges as after a reset");
	expect_none(seen.bridge, "no bridge may write");
	expect_none(seen.undone, "each device has tried");
	expect_none(seen.changed, "nothing is written to memory of the new boot");
	expect_none(seen.interrupt, "no interrupt is requested, and no controller programmed");
	expect(seen.disk_command | seen.disk_bar, 0, "a device that can be reset by itself is");
	expect(seen.disk_config, 0, "and does nothing any more");
	expect_none(control(), "with leave, each writes and interrupts in the new boot");
	test_covered();
}
