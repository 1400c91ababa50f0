// SPDX-License-Identifier: MIT
// A PC's interrupt controllers. Nothing is accepted here: what comes stays requested, and is seen.
#ifndef GUEST_CONTROLLERS_H
#define GUEST_CONTROLLERS_H

#include "tests/guest-bare/guest.h"

#define PIN_VECTOR(pin) (0x40 + (pin))

// The I/O APIC's pin as level-triggered interrupt of this CPU; the PCI line of pin 20, which is
// PIRQE, also as level-triggered interrupt 11 of the old controllers.
void pin_open(uint8_t pin);
bool pin_is_requested(void); // by the old controllers

bool vector_is_requested(uint8_t vector); // by the local APIC

// NULL, or which of them is not as after a reset.
const char *controllers_look(void);

#endif
