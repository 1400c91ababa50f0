// SPDX-License-Identifier: MIT
#include "tests/bare/fwcfg.h"

#include "hw/fwcfg.h"
#include "lib/string.h"

size_t fwcfg_read(const char *name, void *to, size_t size)
{
	struct fwcfg_file file = {0};
	uint32_t count = 0;

	fwcfg_select(FWCFG_KEY_DIRECTORY);
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
