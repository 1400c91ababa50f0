// SPDX-License-Identifier: MIT
#include "kernel/pci_config.h"

#include "lib/util.h"

#define CONFIG_ADDRESS 0xcf8
#define CONFIG_DATA    0xcfc
#define CONFIG_ENABLE  BIT(31)

static void select(struct device_access *access, uint32_t function, uint32_t reg)
{
	device_out(access, CONFIG_ADDRESS, 4, (uint32_t)CONFIG_ENABLE | function | (reg & 0xfc));
}

bool pci_config_is_there(struct device_access *access, uint32_t function)
{
	select(access, function, 0);
	return device_in(access, CONFIG_ADDRESS, 4) == ((uint32_t)CONFIG_ENABLE | function);
}

uint32_t pci_config_read(
	struct device_access *access, uint32_t function, uint32_t reg, unsigned int size)
{
	select(access, function, reg);
	return device_in(access, (uint16_t)(CONFIG_DATA + (reg & 3)), size);
}

void pci_config_write(struct device_access *access, uint32_t function, uint32_t reg,
	unsigned int size, uint32_t value)
{
	select(access, function, reg);
	device_out(access, (uint16_t)(CONFIG_DATA + (reg & 3)), size, value);
}

void pci_config_change(
	struct device_access *access, uint32_t function, uint32_t reg, uint32_t clear, uint32_t set)
{
	uint32_t value = pci_config_read(access, function, reg, 2) & 0xffff;

	if (((value & ~clear) | set) != value)
		pci_config_write(access, function, reg, 2, (value & ~clear) | set);
}
