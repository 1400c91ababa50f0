// SPDX-License-Identifier: MIT
// How each service of an image takes part in a reboot: its manifest says it, and REBOOT_QUERY.
#include "abi/service.h"
#include "tests/guest-bare/guest.h"

#define INDEXES_MAX 16

static struct svsm_call found[INDEXES_MAX];
static uint64_t found_count;

static void ask_all(void)
{
	struct svsm_call call = {0};

	for (found_count = 0; found_count < INDEXES_MAX; found_count++) {
		call = (struct svsm_call){SVSM_CALL(SVSM_PROTOCOL_CORE, SVSM_CORE_REBOOT_QUERY),
			found_count, 0, 0, 0};
		if (svsm_call(&call) != SVSM_SUCCESS)
			break;
		found[found_count] = call;
	}
}

static void expect_protocol(
	const char *name, uint32_t protocol, uint64_t flags, uint64_t guid_low, uint64_t guid_high)
{
	const uint64_t rcx =
		found_count << SVSM_REBOOT_COUNT_SHIFT | SVSM_REBOOT_POSSIBLE | flags | protocol;
	uint64_t seen = 0;

	for (uint64_t i = 0; i < found_count; i++)
		seen += found[i].rcx == rcx && found[i].rdx == guid_low && found[i].r8 == guid_high;
	expect(seen, 1, "a reboot and %s", name);
}

void test_reboot_query(void)
{
	ask_all();
	expect(found_count, 5, "the core protocol and four services take part in a reboot");
	expect((uint32_t)found[0].rcx, SVSM_PROTOCOL_CORE, "the core protocol is the first");
	expect_protocol("the core protocol: reset", SVSM_PROTOCOL_CORE, SVSM_REBOOT_RESETS, 0, 0);
	expect_protocol("the vTPM: reset", SVSM_PROTOCOL_VTPM, SVSM_REBOOT_RESETS,
		0x45a50123c476f1eb, 0xe3bfe5dde7b44196);
	for (uint32_t i = 0; i < 3; i++)
		expect_protocol("a service whose manifest does not say so: kept",
			SERVICE_PROTOCOL_OWN + i, 0, 0, 0);
}
