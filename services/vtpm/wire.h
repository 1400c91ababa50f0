// SPDX-License-Identifier: MIT
// Big-endian numbers of the TPM. A writer that ran out of room writes no more, and says so at the
// end.
#ifndef SERVICES_VTPM_WIRE_H
#define SERVICES_VTPM_WIRE_H

#include <stdint.h>

#include "lib/bytes.h"

static inline uint32_t wire_get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline void wire_set32(uint8_t *p, uint32_t value)
{
	value = __builtin_bswap32(value);
	memcpy(p, &value, sizeof(value));
}

struct wire_writer {
	uint8_t *data;
	size_t room;
	size_t size;
	bool full;
};

static inline void wire_put(struct wire_writer *w, const void *bytes, size_t size)
{
	w->full = w->full || size > w->room - w->size;
	if (w->full || size == 0)
		return;
	memcpy(w->data + w->size, bytes, size);
	w->size += size;
}

static inline void wire_put8(struct wire_writer *w, uint8_t value)
{
	wire_put(w, &value, sizeof(value));
}

static inline void wire_put16(struct wire_writer *w, uint16_t value)
{
	value = __builtin_bswap16(value);
	wire_put(w, &value, sizeof(value));
}

static inline void wire_put32(struct wire_writer *w, uint32_t value)
{
	value = __builtin_bswap32(value);
	wire_put(w, &value, sizeof(value));
}

#endif
