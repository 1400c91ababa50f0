// SPDX-License-Identifier: MIT
#include "tests/guest-bare/pci.h"

#include "lib/string.h"

#define CONFIG_ADDRESS 0xcf8
#define CONFIG_DATA    0xcfc
#define CONFIG_ENABLE  (1u << 31)

#define PRIMARY_BUS    0x18
#define MEMORY_BASE    0x20 // 16 bits, then the limit

#define MSI_CONTROL    2
#define MSI_ENABLE     1
#define MSI_64BIT      0x80
#define MSI_ADDRESS    4
#define MSI_TO	       0xfee00000u // and the APIC id from bit 12

static void select(uint32_t function, uint32_t reg)
{
	ghcb_out(CONFIG_ADDRESS, CONFIG_ENABLE | function | (reg & 0xfc), 4);
}

uint32_t pci_read(uint32_t function, uint32_t reg, unsigned size)
{
	select(function, reg);
	return ghcb_in((uint16_t)(CONFIG_DATA + (reg & 3)), size);
}

void pci_write(uint32_t function, uint32_t reg, unsigned size, uint32_t value)
{
	select(function, reg);
	ghcb_out((uint16_t)(CONFIG_DATA + (reg & 3)), value, size);
}

void pci_bridge_open(
	uint32_t bridge, uint32_t secondary, uint32_t last, uint32_t memory, uint32_t size)
{
	uint32_t end = memory + size - 1;

	pci_write(bridge, PRIMARY_BUS, 1, bridge >> 16 & 0xff);
	pci_write(bridge, PCI_SECONDARY_BUS, 1, secondary);
	pci_write(bridge, PCI_LAST_BUS, 1, last);
	pci_write(bridge, MEMORY_BASE, 4, memory >> 16 | (end & 0xfff00000));
	pci_write(bridge, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

static uint32_t find(uint32_t function, uint32_t id)
{
	uint32_t at = pci_read(function, PCI_CAPABILITIES, 1);

	for (unsigned i = 0; i < 48 && at >= 0x40; i++) {
		if (pci_read(function, at, 1) == id)
			return at;
		at = pci_read(function, at + 1, 1) & 0xfc;
	}
	report_abort("function 0x%x has no capability 0x%x", function, id);
}

void pci_msi_enable(uint32_t function, uint8_t vector)
{
	uint32_t at = find(function, PCI_CAPABILITY_MSI);
	uint32_t control = pci_read(function, at + MSI_CONTROL, 2);
	uint32_t data = at + MSI_ADDRESS + (control & MSI_64BIT ? 8 : 4);

	pci_write(function, at + MSI_ADDRESS, 4, MSI_TO | this_cpu()->apic_id << 12);
	if (control & MSI_64BIT)
		pci_write(function, at + MSI_ADDRESS + 4, 4, 0);
	pci_write(function, data, 2, vector);
	pci_write(function, at + MSI_CONTROL, 2, control | MSI_ENABLE);
}

bool pci_msi_is_enabled(uint32_t function)
{
	uint32_t at = find(function, PCI_CAPABILITY_MSI);

	return pci_read(function, at + MSI_CONTROL, 2) & MSI_ENABLE;
}

static struct ghcb *mmio_begin(void)
{
	struct ghcb *ghcb = ghcb_begin();

	GHCB_SET(ghcb, sw_scratch, this_cpu()->ghcb_gpa + offsetof(struct ghcb, shared_buffer));
	return ghcb;
}

uint32_t mmio_read(uint64_t gpa)
{
	struct ghcb *ghcb = mmio_begin();
	uint32_t value = 0;

	if (ghcb_exit(ghcb, GHCB_EXIT_MMIO_READ, gpa, sizeof(value)).info_1)
		report_abort("reading 0x%lx is refused", gpa);
	memcpy(&value, ghcb->shared_buffer, sizeof(value));
	return value;
}

void mmio_write(uint64_t gpa, uint32_t value)
{
	struct ghcb *ghcb = mmio_begin();

	memcpy(ghcb->shared_buffer, &value, sizeof(value));
	if (ghcb_exit(ghcb, GHCB_EXIT_MMIO_WRITE, gpa, sizeof(value)).info_1)
		report_abort("writing 0x%lx is refused", gpa);
}
