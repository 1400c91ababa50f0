// SPDX-License-Identifier: MIT
// When an SVSM that serves a guest writes its counters out. The linker puts these before the
// kernel's own functions.
#include "kernel/request.h"
#include "kernel/role.h"
#include "tests/coverage/coverage.h"

const struct protocol *__real_protocol_find(uint32_t id);
const struct protocol *__wrap_protocol_find(uint32_t id);
void __real_role_ending(enum terminate_reason reason);
void __wrap_role_ending(enum terminate_reason reason);

const struct protocol *__wrap_protocol_find(uint32_t id)
{
	if (id == COVERAGE_PROTOCOL)
		coverage_dump();
	return __real_protocol_find(id);
}

void __wrap_role_ending(enum terminate_reason reason)
{
	coverage_dump();
	__real_role_ending(reason);
}
