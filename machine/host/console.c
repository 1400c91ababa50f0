// SPDX-License-Identifier: MIT
// The SVSM's log: VMPL0 sees a serial port at COM1 whose output goes to QEMU's second one, with the
// time in front of each line. Lines of several CPUs do not mix: each CPU collects its own.
#include "lib/fmt.h"
#include "lib/string.h"
#include "machine/host/host_plane.h"

#define COM2_DATA 0x2f8
#define LINE_MAX  240

#define UART_DATA 0
#define UART_IIR  2
#define UART_LCR  3
#define UART_LSR  5
#define UART_MSR  6
#define IIR_NONE  0x01 // no interrupt waits
#define LSR_READY 0x60 // transmitter empty
#define MSR_READY 0xb0 // carrier, set ready, clear to send
#define LCR_DLAB  0x80 // register 0 is the divisor, not data

static struct console {
	char line[LINE_MAX];
	unsigned length;
	bool continued; // the line's start is out already
	uint8_t reg[8];
} consoles[CPUS_MAX];
static struct spinlock console_lock;

static void put_text(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		outb(COM2_DATA, (uint8_t)text[i]);
}

static void line_out(struct console *console, bool ended)
{
	char stamp[32] = "";
	uint64_t now = time_us();

	fmt_snprintf(stamp, sizeof(stamp), "[%5lu.%06lu] ", now / 1000000, now % 1000000);
	spin_lock(&console_lock);
	if (!console->continued)
		put_text(stamp, strlen(stamp));
	put_text(console->line, console->length);
	spin_unlock(&console_lock);
	console->length = 0;
	console->continued = !ended;
}

void console_flush(struct cpu *cpu)
{
	if (consoles[cpu->index].length)
		line_out(&consoles[cpu->index], false);
}

static void console_put(struct console *console, char c)
{
	if (c == '\r')
		return;
	console->line[console->length++] = c;
	if (c == '\n')
		line_out(console, true);
	else if (console->length == LINE_MAX)
		line_out(console, false);
}

static uint8_t console_read(const struct console *console, unsigned reg)
{
	switch (reg) {
	case UART_IIR:
		return IIR_NONE;
	case UART_LSR:
		return LSR_READY;
	case UART_MSR:
		return MSR_READY;
	case UART_DATA:
		return 0; // no input
	default:
		return console->reg[reg];
	}
}

void console_io(struct plane *plane, unsigned reg, bool in, uint32_t *value)
{
	struct console *console = &consoles[plane->cpu->index];

	if (in)
		*value = console_read(console, reg);
	else if (reg == UART_DATA && !(console->reg[UART_LCR] & LCR_DLAB))
		console_put(console, (char)*value);
	else
		console->reg[reg] = (uint8_t)*value;
}
