// SPDX-License-Identifier: MIT
// Port I/O of the planes: QEMU's devices, except what belongs to the machine. VMPL0's COM1 is the
// SVSM's log; the other planes' COM1 is QEMU's.
#include "lib/util.h"
#include "machine/host/host_plane.h"

#define COM1	    0x3f8
#define FWCFG_FIRST 0x510
#define FWCFG_LAST  0x51b
#define CMOS_INDEX  0x70
#define CMOS_DATA   0x71
#define TESTDEV	    0xf4
#define PM1_CONTROL 0x604 // of QEMU's q35 as its firmware sets it up
#define PM1_SLEEP   (1u << 13)
#define RESET	    0xcf9
#define RESET_CPU   (1u << 2)

// Ports that no plane sees: reads give ones, writes go nowhere.
static const struct {
	uint16_t first, last;
} hidden[] = {
	{0x0e8, 0x0e9},				// machine's log and exit trace
	{TESTDEV, TESTDEV + 3}, {0x2e8, 0x2ef}, // COM4
	{0x2f8, 0x2ff},				// COM2: the SVSM's log
	{0x3e8, 0x3ef},				// COM3
};

static bool port_hidden(uint16_t port, unsigned size)
{
	for (unsigned i = 0; i < ARRAY_SIZE(hidden); i++) {
		if (port > hidden[i].last || port + size - 1 < hidden[i].first)
			continue;
		if (hidden[i].first == TESTDEV && options.testdev)
			continue;
		return true;
	}
	return false;
}

static void port_in(uint16_t port, unsigned size, uint32_t *value)
{
	*value = size == 1 ? inb(port) : size == 2 ? inw(port) : inl(port);
}

// After which QEMU may be gone.
static bool ends_run(uint16_t port, uint32_t value)
{
	return port == TESTDEV || (port == PM1_CONTROL && value & PM1_SLEEP) ||
	       (port == RESET && value & RESET_CPU);
}

static void port_out(uint16_t port, unsigned size, uint32_t value)
{
	if (ends_run(port, value))
		machine_last_words();
	if (size == 1)
		outb(port, (uint8_t)value);
	else if (size == 2)
		outw(port, (uint16_t)value);
	else
		outl(port, value);
}

static void cmos_io(uint16_t port, bool in, uint32_t *value)
{
	static uint8_t index; // under host_lock

	spin_lock(&host_lock);
	if (port == CMOS_INDEX && !in)
		index = *value & 0x7f;
	if (in)
		port_in(port, 1, value);
	else
		port_out(port, 1, *value);
	if (in && port == CMOS_DATA)
		*value = host_cmos_memory(index, (uint8_t)*value);
	spin_unlock(&host_lock);
}

// An SVSM is expected to use its console and little else: each other port is named once.
static void note_port(const struct plane *plane, uint16_t port)
{
	static uint8_t seen[0x10000 / 8];

	if (plane->vmpl || seen[port / 8] & (1u << (port % 8)))
		return;
	seen[port / 8] |= (uint8_t)(1u << (port % 8));
	log_debug("cpu%u VMPL0 uses port 0x%x", plane->cpu->index, port);
}

bool host_io(struct plane *plane, uint16_t port, bool in, unsigned size, uint32_t *value)
{
	if (port + size > 0x10000)
		return false;
	if (plane->vmpl == 0 && port >= COM1 && port + size <= COM1 + 8) {
		console_io(plane, port - COM1, in, value);
		return true;
	}
	if (port_hidden(port, size)) {
		if (in)
			*value = (uint32_t)((1ull << (8 * size)) - 1);
		return true;
	}
	note_port(plane, port);
	if (port >= FWCFG_FIRST && port <= FWCFG_LAST)
		fwcfg_io(plane, port, in, size, value);
	else if (size == 1 && (port == CMOS_INDEX || port == CMOS_DATA))
		cmos_io(port, in, value);
	else if (in)
		port_in(port, size, value);
	else
		port_out(port, size, *value);
	return true;
}
