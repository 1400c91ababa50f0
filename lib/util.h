// SPDX-License-Identifier: MIT
// Small macros that every part uses. Arguments of MIN and MAX are evaluated once.
#ifndef LIB_UTIL_H
#define LIB_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The result says whether the call failed: the compiler refuses to drop it.
#define MUST_USE __attribute__((warn_unused_result))

#define PRINTF_LIKE(format_index, first_arg)                                                       \
	__attribute__((format(printf, format_index, first_arg)))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define BIT(n)	      (1ull << (n))
#define MASK(n)	      (BIT(n) - 1) // n low bits, n < 64
#define KIB(n)	      ((n)*1024ull)
#define MIB(n)	      ((n)*1024ull * 1024)
#define GIB(n)	      ((n)*1024ull * 1024 * 1024)

// `align` is a power of two. ALIGN_UP wraps past the end: use align_up_checked of lib/overflow.h
// for numbers that come from outside.
#define ALIGN_DOWN(x, align) ((x) & ~((__typeof__(x))(align)-1))
#define ALIGN_UP(x, align)   ALIGN_DOWN((x) + ((__typeof__(x))(align)-1), (align))
#define IS_ALIGNED(x, align) (((x) & ((__typeof__(x))(align)-1)) == 0)

#define MIN(a, b)                                                                                  \
	({                                                                                         \
		__typeof__(a) min_a_ = (a);                                                        \
		__typeof__(b) min_b_ = (b);                                                        \
		min_a_ < min_b_ ? min_a_ : min_b_;                                                 \
	})

#define MAX(a, b)                                                                                  \
	({                                                                                         \
		__typeof__(a) max_a_ = (a);                                                        \
		__typeof__(b) max_b_ = (b);                                                        \
		max_a_ > max_b_ ? max_a_ : max_b_;                                                 \
	})

#define container_of(ptr, type, member)                                                            \
	({                                                                                         \
		__typeof__(((type *)0)->member) *member_ptr_ = (ptr);                              \
		(type *)((char *)member_ptr_ - offsetof(type, member));                            \
	})

// A result that is deliberately not looked at: the reason stands beside the call.
static inline void ignore_result(bool result)
{
	(void)result;
}

#endif
