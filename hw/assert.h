// SPDX-License-Identifier: MIT
// Compile-time checks of hardware layouts: one line for each field that crosses a boundary.
#ifndef HW_ASSERT_H
#define HW_ASSERT_H

#include <stddef.h>
#include <stdint.h>

#define ASSERT_SIZE(type, bytes)                                                                   \
	_Static_assert(sizeof(type) == (size_t)(bytes), "size of " #type " is not " #bytes)
#define ASSERT_OFFSET(type, field, off)                                                            \
	_Static_assert(offsetof(type, field) == (off), #type "." #field " is not at " #off)

#endif
