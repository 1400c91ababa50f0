// SPDX-License-Identifier: MIT
// Memory of a plane by its own linear addresses: packets m, M and X.
#include "machine/cpu/processor.h"
#include "machine/debug/gdb.h"

#define READ_MAX 1024 // bytes of one answer; gdb asks again for the rest

void memory_read(struct plane *plane, const char *text)
{
	static uint8_t bytes[READ_MAX];
	static char reply[2 * READ_MAX];
	uint64_t address = hex_number(&text), size, done = 0;

	size = hex_number_next(&text);
	size = size < READ_MAX ? size : READ_MAX;
	while (done < size) {
		uint64_t part = PAGE_SIZE - ((address + done) & ~PAGE_MASK);

		part = part < size - done ? part : size - done;
		if (!walk_read(plane, address + done, bytes + done, part))
			break;
		done += part;
	}
	if (size && !done) {
		packet_answer(false);
		return;
	}
	breakpoints_hide(address, bytes, done);
	packet_put(reply, hex_from(reply, bytes, done));
}

static size_t unescape(uint8_t *bytes, const char *text, const char *end)
{
	size_t size = 0;

	while (text < end && size < PACKET_MAX) {
		uint8_t byte = (uint8_t)*text++;

		if (byte == '}' && text < end)
			byte = (uint8_t)*text++ ^ 0x20;
		bytes[size++] = byte;
	}
	return size;
}

void memory_write(struct plane *plane, const char *text, size_t length, bool binary)
{
	static uint8_t bytes[PACKET_MAX];
	const char *end = text + length;
	uint64_t address = hex_number(&text), size, got;

	size = hex_number_next(&text);
	text++;
	got = text > end ? 0
	      : binary	 ? unescape(bytes, text, end)
			 : hex_to(bytes, text, sizeof(bytes));
	if (got != size || !walk_write(plane, address, bytes, size)) {
		packet_answer(false);
		return;
	}
	breakpoints_rewrite(plane, address, size);
	packet_answer(true);
}
