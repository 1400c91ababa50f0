// SPDX-License-Identifier: MIT
// Spans: pointer and length together, for data whose size comes from outside. Offsets are checked
// on each access; readers are little-endian and need no alignment.
#ifndef LIB_BYTES_H
#define LIB_BYTES_H

#include "lib/overflow.h"
#include "lib/string.h"

struct bytes {
	const uint8_t *data;
	size_t size;
};

static inline struct bytes bytes_make(const void *data, size_t size)
{
	return (struct bytes){.data = data, .size = size};
}

static inline MUST_USE bool bytes_is_empty(struct bytes b)
{
	return b.size == 0;
}

static inline MUST_USE bool bytes_slice(
	struct bytes b, uint64_t offset, uint64_t size, struct bytes *slice)
{
	if (!range_fits(offset, size, b.size))
		return false;
	*slice = bytes_make(size == 0 ? NULL : b.data + offset, size);
	return true;
}

// Copies `size` bytes out: the way to read a structure.
static inline MUST_USE bool bytes_read(struct bytes b, uint64_t offset, void *dst, size_t size)
{
	if (!range_fits(offset, size, b.size))
		return false;
	if (size > 0)
		memcpy(dst, b.data + offset, size);
	return true;
}

// The machine is little-endian, so a copy is a little-endian read.
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "little-endian processors only"
#endif

static inline MUST_USE bool get_le16(struct bytes b, uint64_t offset, uint16_t *value)
{
	return bytes_read(b, offset, value, sizeof(*value));
}

static inline MUST_USE bool get_le32(struct bytes b, uint64_t offset, uint32_t *value)
{
	return bytes_read(b, offset, value, sizeof(*value));
}

static inline MUST_USE bool get_le64(struct bytes b, uint64_t offset, uint64_t *value)
{
	return bytes_read(b, offset, value, sizeof(*value));
}

static inline MUST_USE bool bytes_equal(struct bytes a, struct bytes b)
{
	return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static inline MUST_USE bool bytes_is_zero(struct bytes b)
{
	for (size_t i = 0; i < b.size; i++) {
		if (b.data[i] != 0)
			return false;
	}
	return true;
}

#endif
