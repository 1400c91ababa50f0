// SPDX-License-Identifier: MIT
#include "tests/guest-bare/engines.h"

#define STATUS	    0x24
#define RAISE	    0x60
#define ACKNOWLEDGE 0x64
#define FROM	    0x80
#define TO	    0x88
#define COUNT	    0x90
#define COMMAND	    0x98
#define RUN	    1
#define TO_MEMORY   2
#define INTERRUPT   4
#define BUFFER	    0x40000 // as the engine counts addresses

#define ROOT_PORT   PCI_AT(0, 5, 0)
#define OUTER	    PCI_AT(0, 6, 0)
#define INNER	    PCI_AT(2, 1, 0)
#define HIDDEN	    PCI_AT(0, 7, 0)

// A bus that is reset does not reset this device. So the last one, which nothing but a reset can
// find, raises its line in the new boot: PIRQF, which nobody leads to a controller.
const struct engine engines[ENGINES] = {
	{"on the root bus", PCI_AT(0, 4, 0), 0xc0000000, 0, 20, true},
	{"behind a root port", PCI_AT(1, 0, 0), 0xc1000000, 0x61, 0, false},
	{"behind two bridges", PCI_AT(3, 2, 0), 0xc2000000, 0x72, 0, true},
	{"behind a bridge without bus number", PCI_AT(4, 2, 0), 0xc3000000, 0x83, 0, false},
};

void engines_reach(void)
{
	pci_bridge_open(ROOT_PORT, 1, 1, engines[1].bar, MIB(1));
	pci_bridge_open(OUTER, 2, 3, engines[2].bar, MIB(1));
	pci_bridge_open(INNER, 3, 3, engines[2].bar, MIB(1));
	pci_bridge_open(HIDDEN, 4, 4, engines[3].bar, MIB(1));
}

void engines_hide(void)
{
	pci_write(HIDDEN, PCI_SECONDARY_BUS, 1, 0);
	pci_write(HIDDEN, PCI_LAST_BUS, 1, 0);
}

bool engine_bridges_are_quiet(void)
{
	return !((pci_read(ROOT_PORT, PCI_COMMAND, 2) | pci_read(OUTER, PCI_COMMAND, 2) |
			 pci_read(HIDDEN, PCI_COMMAND, 2)) &
		 PCI_COMMAND_MASTER);
}

void engine_show(const struct engine *engine)
{
	uint32_t command = pci_read(engine->function, PCI_COMMAND, 2);

	pci_write(engine->function, PCI_BAR0, 4, engine->bar);
	pci_write(engine->function, PCI_COMMAND, 2, command | PCI_COMMAND_MEMORY);
}

void engine_open(const struct engine *engine)
{
	engine_show(engine);
	pci_write(engine->function, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

static void start(const struct engine *engine, uint32_t from, uint32_t to, uint32_t command)
{
	mmio_write(engine->bar + FROM, from);
	mmio_write(engine->bar + TO, to);
	mmio_write(engine->bar + COUNT, ENGINE_BYTES);
	mmio_write(engine->bar + COMMAND, command);
}

void engine_fill(const struct engine *engine, uint64_t gpa)
{
	start(engine, (uint32_t)gpa, BUFFER, RUN);
}

void engine_write(const struct engine *engine, uint64_t gpa)
{
	start(engine, BUFFER, (uint32_t)gpa, RUN | TO_MEMORY | INTERRUPT);
}

void engine_raise(const struct engine *engine)
{
	mmio_write(engine->bar + RAISE, ENGINE_STATUS_OWN);
}

void engine_acknowledge(const struct engine *engine)
{
	mmio_write(engine->bar + ACKNOWLEDGE, ~0u);
}

bool engine_is_at_it(const struct engine *engine)
{
	return mmio_read(engine->bar + COMMAND) & RUN;
}

uint32_t engine_status(const struct engine *engine)
{
	return mmio_read(engine->bar + STATUS);
}
