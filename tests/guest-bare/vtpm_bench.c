// SPDX-License-Identifier: MIT
// What commands of the vTPM cost from the guest's side: the same ones that are timed in Linux
// (tests/bench/tpm_latency.c).
#include "lib/fmt.h"
#include "tests/bench/tpm_commands.h"
#include "tests/guest-bare/tpm.h"

#define BUFFER_GPA FRESH(24)
#define ROUNDS	   20

typedef size_t (*command_make)(uint8_t *buffer, uint32_t key);

static uint32_t signing_key;

// Adds the ticks of the call.
static bool run_command(command_make make, uint32_t key, uint64_t *ticks)
{
	struct vtpm_request *request = buffer_at(BUFFER_GPA);

	request->platform_command = VTPM_SEND_COMMAND;
	request->locality = 0;
	request->size = (uint32_t)make(request->data, key);
	uint64_t start = rdtsc();
	uint32_t code = command_run(BUFFER_GPA);

	*ticks += rdtsc() - start;
	return code == TPM_RC_SUCCESS;
}

static bool query_run(uint64_t *ticks)
{
	uint64_t start = rdtsc();
	bool done = vtpm_call(SVSM_VTPM_QUERY, 0) == SVSM_SUCCESS;

	*ticks += rdtsc() - start;
	return done;
}

// One time; NULL is the protocol's query.
static bool run_once(const struct tpm_command *command, uint64_t *ticks)
{
	uint64_t others = 0;

	if (command == NULL)
		return query_run(ticks);
	return run_command(command->make, signing_key, ticks) &&
	       (!command->makes_key ||
		       run_command(tpm_command_flush,
			       tpm_response_handle(response_data(BUFFER_GPA)), &others));
}

// Ticks of one, the first left out. 0: refused.
static uint64_t cost(const struct tpm_command *command)
{
	uint64_t ticks = 0;

	if (!run_once(command, &ticks))
		return 0;
	ticks = 0;
	for (unsigned i = 0; i < ROUNDS; i++)
		if (!run_once(command, &ticks))
			return 0;
	return ticks / ROUNDS;
}

// What a firmware does first, and the key that quotes need.
static bool set_up(void)
{
	static const command_make first[] = {tpm_command_startup, tpm_command_signing_key};
	uint64_t ticks = 0;

	need_valid(BUFFER_GPA);
	for (size_t i = 0; i < ARRAY_SIZE(first); i++)
		if (!run_command(first[i], 0, &ticks))
			return false;
	signing_key = tpm_response_handle(response_data(BUFFER_GPA));
	return true;
}

bool bench_vtpm(void (*line)(const char *what, uint64_t value, const char *unit))
{
	uint64_t ticks;

	if (!set_up())
		return false;
	ticks = cost(NULL);
	if (ticks)
		line("vTPM protocol, QUERY (ring 3 and back)", ticks, "instructions");
	for (size_t i = 0; i < TPM_COMMAND_COUNT && ticks; i++) {
		char name[64];

		ticks = cost(&tpm_commands[i]);
		fmt_snprintf(name, sizeof(name), "vTPM %s", tpm_commands[i].name);
		if (ticks)
			line(name, ticks, "instructions");
	}
	return ticks != 0;
}
