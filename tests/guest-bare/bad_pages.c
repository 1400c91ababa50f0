// SPDX-License-Identifier: MIT
// Addresses that are no memory of the guest's, whatever call names them.
#include "tests/guest-bare/guest.h"

size_t bad_pages(struct bad_page *list, size_t max)
{
	const uint64_t base = secrets->svsm_base, size = secrets->svsm_size;
	const struct bad_page all[] = {
		{"first page behind memory", memory_end()},
		{"a device", 0xfed00000},
		{"behind 4 GiB", 1ull << 32},
		{"C-bit set", SPARE_CAA_GPA | bare_cbit},
		{"bit 51 set", SPARE_CAA_GPA | 1ull << 51},
		{"bit 52 set", SPARE_CAA_GPA | 1ull << 52},
		{"bit 63 set", SPARE_CAA_GPA | 1ull << 63},
		{"last page of 64 bits", ~0xfffull},
		{"the SVSM's first page", base},
		{"the SVSM's middle", base + size / 2},
		{"the SVSM's last page", base + size - PAGE_SIZE},
	};
	size_t count = MIN(max, ARRAY_SIZE(all));

	for (size_t i = 0; i < count; i++)
		list[i] = all[i];
	return count;
}
