// SPDX-License-Identifier: MIT
#include "tests/svsm/probing.h"

extern const uint8_t program_probe[], program_probe_end[];

struct service probe;
uint8_t probe_data[SERVICE_BUFFER_MAX];
uint32_t probe_size;
const struct vcpu *const caller = (const struct vcpu *)&probe;

struct bytes probe_program(void)
{
	return bytes_make(program_probe, (size_t)(program_probe_end - program_probe));
}

bool probe_start(void)
{
	return EXPECT_EQ(service_start(&probe, "probe", probe_program(), PROBE_MEMORY), OK);
}

void probe_stop(void)
{
	process_destroy(&probe.process);
	probe = (struct service){0};
}

enum error probe_call(uint32_t call, uint64_t *rcx, uint64_t *rdx)
{
	struct request request = {
		.vcpu = (struct vcpu *)caller,
		.call = call,
		.rcx = *rcx,
		.rdx = rdx == NULL ? 0 : *rdx,
	};
	enum error err = OK;

	for (unsigned int i = 0; i < 10000; i++) {
		struct request again = request;

		err = service_call(&probe, &again, probe_data, &probe_size);
		if (err == ERR_SVSM_INCOMPLETE)
			continue;
		*rcx = again.rcx;
		if (rdx != NULL)
			*rdx = again.rdx;
		return err;
	}
	return err;
}

uint64_t probe_ask(uint32_t call, uint64_t argument)
{
	EXPECT_EQ(probe_call(call, &argument, NULL), OK);
	return argument;
}
