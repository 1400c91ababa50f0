// SPDX-License-Identifier: MIT
// What Debian's libbearssl.a wants of a C library besides lib/string.c: the fortified forms, and
// the end of the stack protector, the machine's own too.
#include "lib/string.h"
#include "machine/base/machine.h"

void *__memcpy_chk(void *dst, const void *src, size_t size, size_t room);
void *__memmove_chk(void *dst, const void *src, size_t size, size_t room);
void *__memset_chk(void *dst, int byte, size_t size, size_t room);
_Noreturn void __stack_chk_fail(void);

static void check_room(size_t size, size_t room)
{
	if (size > room)
		machine_bug("libbearssl writes %lu bytes where %lu fit", (unsigned long)size,
			(unsigned long)room);
}

void *__memcpy_chk(void *dst, const void *src, size_t size, size_t room)
{
	check_room(size, room);
	return memcpy(dst, src, size);
}

void *__memmove_chk(void *dst, const void *src, size_t size, size_t room)
{
	check_room(size, room);
	return memmove(dst, src, size);
}

void *__memset_chk(void *dst, int byte, size_t size, size_t room)
{
	check_room(size, room);
	return memset(dst, byte, size);
}

_Noreturn void __stack_chk_fail(void)
{
	machine_bug("stack overrun in a function that %p called", __builtin_return_address(0));
}
