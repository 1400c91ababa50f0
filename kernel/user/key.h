// SPDX-License-Identifier: MIT
/*
 * Keys of services: made of the processor's random numbers when the first service that holds one
 * starts, wiped when the last one has ended. Per boot, and sealed to nothing.
 */
#ifndef KERNEL_USER_KEY_H
#define KERNEL_USER_KEY_H

#include "abi/boot.h"
#include "lib/util.h"

struct key;

// The key of this name. It has no value yet. NULL: more keys than there can be.
MUST_USE struct key *key_find(const char *name);

// One holder more, and one less. Services are started while no other CPU starts or ends one that
// holds the same key. False: the processor gives no random numbers.
MUST_USE bool key_hold(struct key *key);
void key_drop(struct key *key);

// For a holder.
const uint8_t *key_value(const struct key *key);

#endif
