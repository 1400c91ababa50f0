// SPDX-License-Identifier: MIT
// Access to fw_cfg by the kernel's own port I/O.
#include "tests/bare/fwcfg.h"

#include "hw/fwcfg.h"
#include "tests/svsm/suite.h"

void fwcfg_select(uint16_t key)
{
	if (platform_port_write(FWCFG_PORT_SELECT, 2, key) != OK)
		suite_abort("fw_cfg cannot be reached");
}

void fwcfg_bytes(void *to, size_t size)
{
	uint8_t *bytes = to;

	for (size_t i = 0; i < size; i++) {
		uint32_t value = 0;

		if (platform_port_read(FWCFG_PORT_DATA, 1, &value) != OK)
			suite_abort("fw_cfg cannot be read");
		bytes[i] = (uint8_t)value;
	}
}
