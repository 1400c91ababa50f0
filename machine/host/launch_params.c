// SPDX-License-Identifier: MIT
// Parameters: what the guest asks its host for. Each is written into a parameter area, which a
// later directive inserts into guest memory.
#include "machine/host/launch.h"

struct parameter_writer {
	uint8_t *out;
	size_t room;
};

void launch_area_add(struct launch *launch, const struct igvm_header *header)
{
	struct launch_area *area = &launch->area[launch->area_count];

	if (launch->area_count == ARRAY_SIZE(launch->area))
		launch_fail("IGVM file: more than %d parameter areas", IGVM_AREAS_MAX);
	area->index = header->u.area.parameter_area_index;
	area->size = ALIGN_UP(header->u.area.number_of_bytes, PAGE_SIZE);
	area->data = pool_alloc(area->size);
	if (!area->data)
		launch_fail("IGVM file: parameter area of %lu bytes (file offset 0x%lx): the "
			    "machine has %lu left",
			(unsigned long)area->size, (unsigned long)header->offset,
			(unsigned long)pool_free_bytes());
	if (header->data.size > 0)
		memcpy(area->data, header->data.data, MIN(header->data.size, (size_t)area->size));
	launch->area_count++;
}

const struct launch_area *launch_area_find(const struct launch *launch, uint32_t index)
{
	for (uint32_t i = 0; i < launch->area_count; i++) {
		if (launch->area[i].index == index)
			return &launch->area[i];
	}
	launch_fail("IGVM file: parameter area %u is used before it is declared", index);
}

static size_t value_write(struct parameter_writer to, uint32_t value)
{
	if (to.room < sizeof(value))
		return 0;
	memcpy(to.out, &value, sizeof(value));
	return sizeof(value);
}

static size_t parameter_write(uint32_t type, struct parameter_writer to)
{
	switch (type) {
	case IGVM_VP_COUNT:
		return value_write(to, cpu_count);
	case IGVM_ENVIRONMENT_INFO: // RAM belongs to the host until the guest asks for it
		return value_write(to, IGVM_ENVIRONMENT_MEMORY_SHARED);
	case IGVM_MADT:
		return acpi_madt(to.out, to.room);
	case IGVM_MEMORY_MAP:
		return memory_map(to.out, to.room);
	case IGVM_DEVICE_TREE:
		return device_tree_empty(to.out, to.room);
	case IGVM_COMMAND_LINE: // this host has none to give: the empty string
		return to.room;
	default:
		launch_fail("IGVM file: it asks for %s, which this host does not give",
			igvm_type_name(type));
	}
}

void launch_parameter(struct launch *launch, const struct igvm_header *header)
{
	const struct launch_area *area =
		launch_area_find(launch, header->u.parameter.parameter_area_index);
	const uint64_t offset = header->u.parameter.byte_offset;
	struct parameter_writer to;

	if (offset >= area->size)
		launch_fail("IGVM file: parameter %s at file offset 0x%lx lies outside its area",
			igvm_type_name(header->type), (unsigned long)header->offset);
	to = (struct parameter_writer){area->data + offset, area->size - offset};
	if (parameter_write(header->type, to) == 0)
		launch_fail("IGVM file: parameter area %u has %lu bytes for %s, too few",
			area->index, (unsigned long)to.room, igvm_type_name(header->type));
}
