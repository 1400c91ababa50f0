// SPDX-License-Identifier: MIT
// A small program for ring 3: an ELF file of one page, with code, constants, data and zeros. What
// it does is the target's business (ring3.h).
#ifndef TESTS_FUZZ_PROGRAM_H
#define TESTS_FUZZ_PROGRAM_H

#include <stdint.h>

#define PROGRAM_SIZE	  4096
#define PROGRAM_DATA_END  0x700 // in the file; the rest of it is zeros
#define PROGRAM_TEXT	  0x400000ul
#define PROGRAM_CPUID	  (PROGRAM_TEXT + 0x300) // the instruction
#define PROGRAM_CONSTANTS 0x401400ul
#define PROGRAM_DATA	  0x402600ul
#define PROGRAM_MESSAGE	  0x403000ul // zeros, for a struct service_message
#define PROGRAM_BUFFER	  0x404000ul // zeros, one page
#define PROGRAM_END	  0x405000ul

void program_make(uint8_t file[PROGRAM_SIZE]);

#endif
