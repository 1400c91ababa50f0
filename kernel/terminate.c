// SPDX-License-Identifier: MIT
#include "kernel/terminate.h"

#include "kernel/log.h"
#include "kernel/panic.h"
#include "kernel/platform.h"
#include "kernel/role.h"

const char *terminate_text(enum terminate_reason reason)
{
	switch (reason) {
#define X(name, code, text)                                                                        \
	case name:                                                                                 \
		return text;
		TERMINATE_REASONS(X)
#undef X
	}
	return "unknown";
}

_Noreturn void terminate(enum terminate_reason reason)
{
	log_error(
		"terminate: set %d, reason %d: %s", TERMINATE_SET, reason, terminate_text(reason));
	role_ending(reason);
	platform_terminate(reason);
}

_Noreturn void terminate_now(enum terminate_reason reason)
{
	platform_terminate(reason);
}
