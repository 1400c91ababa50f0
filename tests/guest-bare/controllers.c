// SPDX-License-Identifier: MIT
// Sources: Intel 8259A and 82093AA data sheets; ICH9 data sheet, 13.1.17 (PIRQ routes); APM volume
// 2, chapter 16.
#include "tests/guest-bare/controllers.h"

#include "tests/guest-bare/pci.h"

#define PIC	      0x20
#define PIC_OTHER     0xa0
#define PIC_READ_IRR  0x0a
#define PIC_READ_ISR  0x0b
#define PIC_MASK      1 // its port, from the command's
#define EDGE_OTHER    0x4d1
#define LINE	      11
#define LINE_BIT      (1u << (LINE - 8))

#define LPC	      PCI_AT(0, 31, 0)
#define LPC_ROUTE_E   0x68

#define IOAPIC	      0xfec00000ull
#define IOAPIC_WINDOW 0xfec00010ull
#define IOAPIC_PINS   24
#define IOAPIC_MASKED 0x10000
#define IOAPIC_LEVEL  0x08000

#define APIC_ISR      0xfee00100ull
#define APIC_IRR      0xfee00200ull
#define APIC_STEP     0x10 // for 32 vectors

static uint32_t pic_get(uint16_t port, uint8_t what)
{
	ghcb_out(port, what, 1);
	return ghcb_in(port, 1);
}

static uint32_t ioapic_get(uint32_t index)
{
	mmio_write(IOAPIC, index);
	return mmio_read(IOAPIC_WINDOW);
}

static void ioapic_set(uint32_t index, uint32_t value)
{
	mmio_write(IOAPIC, index);
	mmio_write(IOAPIC_WINDOW, value);
}

void pin_open(uint8_t pin)
{
	pci_write(LPC, LPC_ROUTE_E, 1, LINE);
	ghcb_out(EDGE_OTHER, LINE_BIT, 1);
	ioapic_set(0x11 + 2u * pin, this_cpu()->apic_id << 24);
	ioapic_set(0x10 + 2u * pin, IOAPIC_LEVEL | PIN_VECTOR(pin));
}

bool pin_is_requested(void)
{
	return pic_get(PIC_OTHER, PIC_READ_IRR) & LINE_BIT;
}

bool vector_is_requested(uint8_t vector)
{
	return mmio_read(APIC_IRR + vector / 32u * APIC_STEP) >> vector % 32 & 1;
}

// But for line 0: the timer that begins to run at power-on raises it.
static bool pics_are_clean(void)
{
	uint32_t any = (pic_get(PIC, PIC_READ_IRR) & ~1u) | pic_get(PIC_OTHER, PIC_READ_IRR) |
		       pic_get(PIC, PIC_READ_ISR) | pic_get(PIC_OTHER, PIC_READ_ISR);
	uint32_t masks = ghcb_in(PIC + PIC_MASK, 1) & ghcb_in(PIC_OTHER + PIC_MASK, 1);

	return any == 0 && masks == 0xff;
}

static bool ioapic_is_clean(void)
{
	for (uint32_t pin = 0; pin < IOAPIC_PINS; pin++)
		if (ioapic_get(0x10 + 2 * pin) != IOAPIC_MASKED)
			return false;
	return true;
}

static bool apic_is_clean(void)
{
	uint32_t any = 0;

	for (unsigned i = 0; i < 8; i++)
		any |= mmio_read(APIC_ISR + i * APIC_STEP) | mmio_read(APIC_IRR + i * APIC_STEP);
	return any == 0;
}

const char *controllers_look(void)
{
	if (!pics_are_clean())
		return "8259 controllers";
	if (!ioapic_is_clean())
		return "I/O APIC";
	return apic_is_clean() ? NULL : "local APIC";
}
