// SPDX-License-Identifier: MIT
/*
 * Addresses are types: a guest-physical, a virtual and a machine-physical address cannot be mixed
 * up, and turn into a number only where a named function says so.
 *
 * For each of gpa (guest-physical), vaddr (virtual) and spa (system-physical: what the machine,
 * and nobody else, sees):
 *	gpa_make(number), gpa_value(a)         in and out, in bytes
 *	gpa_from_page(n), gpa_page(a)          by 4 KiB page number
 *	gpa_offset(a)                          offset in its 4 KiB page
 *	gpa_is_aligned(a, align), gpa_align_down(a, align)
 *	gpa_equal(a, b), gpa_less(a, b), gpa_distance(from, to)
 *	gpa_add(a, size)                       wraps; for sizes that are known to fit
 *	gpa_add_checked(a, size, &result)      for sizes from outside
 */
#ifndef LIB_ADDR_H
#define LIB_ADDR_H

#include "lib/overflow.h"

#define ADDR_PAGE_SHIFT 12

// The name of a type cannot stand in parentheses.
// NOLINTBEGIN(bugprone-macro-parentheses)
#define DEFINE_ADDRESS(name, type)                                                                 \
	typedef struct {                                                                           \
		uint64_t v;                                                                        \
	} type;                                                                                    \
	static inline type name##_make(uint64_t value)                                             \
	{                                                                                          \
		return (type){value};                                                              \
	}                                                                                          \
	static inline uint64_t name##_value(type a)                                                \
	{                                                                                          \
		return a.v;                                                                        \
	}                                                                                          \
	static inline type name##_from_page(uint64_t page)                                         \
	{                                                                                          \
		return (type){page << ADDR_PAGE_SHIFT};                                            \
	}                                                                                          \
	static inline uint64_t name##_page(type a)                                                 \
	{                                                                                          \
		return a.v >> ADDR_PAGE_SHIFT;                                                     \
	}                                                                                          \
	static inline uint64_t name##_offset(type a)                                               \
	{                                                                                          \
		return a.v & MASK(ADDR_PAGE_SHIFT);                                                \
	}                                                                                          \
	static inline bool name##_is_aligned(type a, uint64_t align)                               \
	{                                                                                          \
		return IS_ALIGNED(a.v, align);                                                     \
	}                                                                                          \
	static inline type name##_align_down(type a, uint64_t align)                               \
	{                                                                                          \
		return (type){ALIGN_DOWN(a.v, align)};                                             \
	}                                                                                          \
	static inline bool name##_equal(type a, type b)                                            \
	{                                                                                          \
		return a.v == b.v;                                                                 \
	}                                                                                          \
	static inline bool name##_less(type a, type b)                                             \
	{                                                                                          \
		return a.v < b.v;                                                                  \
	}                                                                                          \
	static inline uint64_t name##_distance(type from, type to)                                 \
	{                                                                                          \
		return to.v - from.v;                                                              \
	}                                                                                          \
	static inline type name##_add(type a, uint64_t size)                                       \
	{                                                                                          \
		return (type){a.v + size};                                                         \
	}                                                                                          \
	static inline MUST_USE bool name##_add_checked(type a, uint64_t size, type *result)        \
	{                                                                                          \
		return add_checked(a.v, size, &result->v);                                         \
	}                                                                                          \
	_Static_assert(sizeof(type) == sizeof(uint64_t), "an address is passed in a register")
// NOLINTEND(bugprone-macro-parentheses)

DEFINE_ADDRESS(gpa, gpa_t);
DEFINE_ADDRESS(vaddr, vaddr_t);
DEFINE_ADDRESS(spa, spa_t);

static inline vaddr_t vaddr_from_ptr(const void *p)
{
	return (vaddr_t){(uintptr_t)p};
}

static inline void *vaddr_to_ptr(vaddr_t a)
{
	return (void *)(uintptr_t)a.v;
}

#endif
