// SPDX-License-Identifier: MIT
// Stand-in for memory encryption where it shows: a page that changes between shared and private
// does not keep its contents. XOR with a key stream that depends on the page's address and a key of
// this run, so twice gives the contents back, as with the processor's address-tweaked AES.
#ifndef CPU_SCRAMBLE_H
#define CPU_SCRAMBLE_H

#include <stdint.h>

void scramble_init(void);
void scramble_page(uint64_t spa);

#endif
