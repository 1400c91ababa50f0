// SPDX-License-Identifier: MIT
// What the test service does (probe.c): numbers of its calls. The argument is the first register.
#ifndef SUITE_PROBE_H
#define SUITE_PROBE_H

#include "abi/service.h"
#include "abi/svsm.h"

enum probe_call {
	PROBE_ECHO,	   // answers with the bytes in reverse
	PROBE_READ,	   // reads the argument as an address
	PROBE_WRITE,	   // writes there
	PROBE_JUMP,	   // jumps there
	PROBE_INSTRUCTION, // executes the instruction PROBE_HLT and following
	PROBE_USE_UP,	   // all memory that it is given
	PROBE_HEAP,	   // malloc and free; answers a sum
	PROBE_MAP_CODE,	   // asks for writable code; answers the errors
	PROBE_RUN_DATA,
	PROBE_RECURSE,
	PROBE_WORK, // for so many turns
	PROBE_SPIN, // the same without a system call
	PROBE_XMM_SET,
	PROBE_XMM_GET,
	PROBE_FLOAT, // the square root of 2, times 1e9
	PROBE_RANDOM,
	PROBE_SYSCALL, // number, parameter; answers errno
	PROBE_PRINT,
	PROBE_CHATTER, // so many lines
	PROBE_EXIT,
	PROBE_ABORT,
	PROBE_CALLS,
};

enum probe_instruction {
	PROBE_HLT,
	PROBE_CLI,
	PROBE_IN,
	PROBE_RDMSR,
	PROBE_VMGEXIT,
	PROBE_PVALIDATE,
	PROBE_SGDT,
	PROBE_INT,
	PROBE_UD,
	PROBE_DE,
	PROBE_INSTRUCTIONS,
};

#endif
