// SPDX-License-Identifier: MIT
// QEMU's fw_cfg files by port I/O (QEMU docs/specs/fw_cfg): the parameters of a run.
#include "lib/string.h"
#include "tests/svsm/suite.h"

#define PORT_SELECT 0x510
#define PORT_DATA   0x511
#define KEY_DIR	    0x19

struct file {
	uint32_t size; // big-endian, as the next
	uint16_t select, reserved;
	char name[56];
};
ASSERT_SIZE(struct file, 64);

static void fwcfg_select(uint16_t key)
{
	if (platform_port_write(PORT_SELECT, 2, key) != OK)
		suite_abort("fw_cfg cannot be reached");
}

static void fwcfg_bytes(void *to, size_t size)
{
	uint8_t *bytes = to;

	for (size_t i = 0; i < size; i++) {
		uint32_t value = 0;

		if (platform_port_read(PORT_DATA, 1, &value) != OK)
			suite_abort("fw_cfg cannot be read");
		bytes[i] = (uint8_t)value;
	}
}

size_t fwcfg_read(const char *name, void *to, size_t size)
{
	struct file file = {0};
	uint32_t count = 0;

	fwcfg_select(KEY_DIR);
	fwcfg_bytes(&count, sizeof(count));
	for (count = __builtin_bswap32(count); count != 0; count--) {
		fwcfg_bytes(&file, sizeof(file));
		if (strncmp(file.name, name, sizeof(file.name)) == 0)
			break;
	}
	if (count == 0)
		return 0;
	size = MIN(size, (size_t)__builtin_bswap32(file.size));
	fwcfg_select(__builtin_bswap16(file.select));
	fwcfg_bytes(to, size);
	return size;
}
