// SPDX-License-Identifier: MIT
// QEMU's fw_cfg files by port I/O (QEMU docs/specs/fw_cfg): the parameters of a run.
#include "lib/string.h"
#include "tests/bare/ghcb.h"

#define PORT_SELECT 0x510
#define PORT_DATA   0x511
#define KEY_DIR	    0x19

struct file {
	uint32_t size; // big-endian, as the next
	uint16_t select, reserved;
	char name[56];
};
ASSERT_SIZE(struct file, 64);

size_t fwcfg_read(const char *name, void *to, size_t size)
{
	struct file file = {0};
	uint32_t count = 0;

	ghcb_out(PORT_SELECT, KEY_DIR, 2);
	ghcb_in_string(PORT_DATA, &count, sizeof(count));
	for (count = __builtin_bswap32(count); count; count--) {
		ghcb_in_string(PORT_DATA, &file, sizeof(file));
		if (strncmp(file.name, name, sizeof(file.name)) == 0)
			break;
	}
	if (!count)
		return 0;
	size = MIN(size, (size_t)__builtin_bswap32(file.size));
	ghcb_out(PORT_SELECT, __builtin_bswap16(file.select), 2);
	ghcb_in_string(PORT_DATA, to, size);
	return size;
}
