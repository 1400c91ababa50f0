// SPDX-License-Identifier: MIT
/*
 * Ring 3 for targets: the kernel's own processes on fake hardware, in the place of the fake's
 * services (tests/host/fake/ring3.c). What a program does is up to the target.
 */
#ifndef TESTS_FUZZ_RING3_H
#define TESTS_FUZZ_RING3_H

#include "kernel/trap.h"
#include "kernel/user/process.h"
#include "tests/fuzz/fuzz.h"

// The target's: the program runs on this CPU with these registers, and leaves there what it needs
// the kernel for, as processor and entries would.
void ring3_run(struct trap_frame *frame);

// Whether ring 3 of this CPU sees this space.
bool ring3_is_entered(const struct user_space *space);

// The last-level entry of an address; 0: none.
uint64_t ring3_entry(const struct user_space *space, uint64_t va);
bool ring3_entry_allows(uint64_t entry, uint32_t access);

// Contents of the page of an entry.
const uint8_t *ring3_page(uint64_t entry);

// Address spaces, one after the other: areas in order, nothing writable and executable, page
// tables that say what the areas say, every page either the program's own, counted, and in no
// other space since ring3_check_begin(), or one of its file that nobody may write.
void ring3_check_begin(void);
void ring3_check_space(const struct user_space *space, struct bytes program);

// bytes_is_zero() for up to a page, and faster
bool ring3_is_zero(const void *bytes, size_t size);

// After all of them are gone: nothing is left in any page that a space had.
void ring3_check_wiped(void);
void ring3_forget(void); // the pages that spaces had

#endif
