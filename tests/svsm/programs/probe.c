// SPDX-License-Identifier: MIT
/*
 * A service for the tests of ring 3: an ordinary static program of the C library. What it does with
 * a request is the call's number (probe.h): answer, or try what a service must not be able to do.
 */
#include <unistd.h>

#include "tests/svsm/programs/calls.h"

uint8_t buffer[SERVICE_BUFFER_MAX];
struct service_message message = {
	.buffer = (uint64_t)buffer,
	.room = sizeof(buffer),
};

static void (*const calls[PROBE_CALLS])(void) = {
	[PROBE_ECHO] = echo_reversed,
	[PROBE_READ] = read_at,
	[PROBE_WRITE] = write_at,
	[PROBE_JUMP] = jump,
	[PROBE_INSTRUCTION] = instruction,
	[PROBE_USE_UP] = use_up_memory,
	[PROBE_HEAP] = use_heap,
	[PROBE_MAP_CODE] = map_executable,
	[PROBE_RUN_DATA] = run_data,
	[PROBE_RECURSE] = recurse,
	[PROBE_WORK] = work,
	[PROBE_SPIN] = spin,
	[PROBE_XMM_SET] = xmm_set,
	[PROBE_XMM_GET] = xmm_get,
	[PROBE_FLOAT] = floating_point,
	[PROBE_RANDOM] = ask_random,
	[PROBE_SYSCALL] = call_system,
	[PROBE_PRINT] = print,
	[PROBE_CHATTER] = chatter,
	[PROBE_EXIT] = end,
	[PROBE_ABORT] = abort_itself,
	[PROBE_WHO] = who,
	[PROBE_RAW] = raw,
	[PROBE_WHERE] = where,
	[PROBE_PUT] = put,
	[PROBE_GET] = get,
	[PROBE_MARK] = mark,
	[PROBE_ASK] = ask,
	[PROBE_REGISTERS] = keep_registers,
};

static void serve(void)
{
	if (message.call >= PROBE_CALLS) {
		message.result = SVSM_ERR_UNSUPPORTED_CALL;
		return;
	}
	message.result = SVSM_SUCCESS;
	calls[message.call]();
}

int main(void)
{
	while (syscall(SERVICE_CALL_REPLY_AND_WAIT, &message) == 0)
		serve();
	return 2;
}
