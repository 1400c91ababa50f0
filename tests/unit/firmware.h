// SPDX-License-Identifier: MIT
// A firmware image for tests, as small as can be, with OVMF's tables at its end.
#ifndef TESTS_UNIT_FIRMWARE_H
#define TESTS_UNIT_FIRMWARE_H

#include "hw/ovmf.h"
#include "tests/unit/unit.h"

#define FIRMWARE_SIZE	  0x3000
#define FIRMWARE_SECTIONS 32

// What the image says; firmware_make writes it as it is, right or wrong.
struct firmware {
	struct ovmf_metadata sev;
	struct ovmf_section sev_sections[FIRMWARE_SECTIONS];
	struct ovmf_metadata igvm;
	struct ovmf_section igvm_sections[FIRMWARE_SECTIONS];
	struct ovmf_sev_es_reset reset;
	uint32_t sev_from_end; // 0: where it really is
	uint32_t igvm_from_end;
	uint16_t sev_entry_length;
	uint16_t table_length; // 0: the right one
	uint8_t table_guid[OVMF_GUID_SIZE];
	bool sev_twice;
	bool no_sev;
	bool empty_entry; // an entry without data, first in the table
};

// A description like that of OVMF.
void firmware_init(struct firmware *firmware);

void firmware_add_sev(struct firmware *firmware, uint32_t type, uint32_t base, uint32_t size);

// The image, to be freed with unit_free.
struct bytes firmware_make(const struct firmware *firmware);

#endif
