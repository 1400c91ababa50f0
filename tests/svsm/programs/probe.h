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
	// Like the others these are the service's own doing; a test can make it do anything.
	PROBE_WHO,	 // answers caller, caller_id and protocol
	PROBE_RAW,	 // system call: number; data: six parameters. Answers the result, or -errno
	PROBE_WHERE,	 // answers the addresses of its scratch memory, its code, and of nothing
	PROBE_PUT,	 // data goes to the scratch memory, to this offset
	PROBE_GET,	 // the data there: offset, size
	PROBE_MARK,	 // argument into a register and onto the stack, then #UD
	PROBE_ASK,	 // calls another service: handle, call, its parameter; the data go along.
			 // Answers its first register, the result or -errno, and its result
	PROBE_REGISTERS, // registers_keep(data, turns, AVX); answers the data (registers.h)
	PROBE_CALLS,
};

#define PROBE_SCRATCH 16384

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
