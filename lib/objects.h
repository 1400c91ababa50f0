// SPDX-License-Identifier: MIT
// Rules for the objects of services (abi/boot.h) that need nothing but the table: the builder and
// the kernel both ask, the one to say it early, the other to be sure.
#ifndef LIB_OBJECTS_H
#define LIB_OBJECTS_H

#include "abi/boot.h"
#include "lib/util.h"

// What is wrong with an object, whoever holds it, and what to do; NULL: nothing.
MUST_USE const char *object_wrong(const struct boot_object *object);

// Why both cannot be in one image, held by one service or two; NULL: they can.
MUST_USE const char *objects_conflict(const struct boot_object *a, const struct boot_object *b);

MUST_USE bool object_is_device(const struct boot_object *object);

#endif
