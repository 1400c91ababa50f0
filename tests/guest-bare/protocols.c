// SPDX-License-Identifier: MIT
// Protocols and calls that exist or do not, and the calling area's flag. Source: document 58019,
// sections 4 and 6.
#include "tests/guest-bare/guest.h"

#define MARK 0x1234567887654321ull

static uint64_t call(uint32_t protocol, uint32_t number)
{
	struct svsm_call c = {SVSM_CALL(protocol, number), 0, 0, 0, 0};

	return svsm_call(&c);
}

static uint64_t query(uint32_t protocol, uint32_t version)
{
	struct svsm_call c = {SVSM_CALL(SVSM_PROTOCOL_CORE, SVSM_CORE_QUERY_PROTOCOL),
		(uint64_t)protocol << 32 | version, 0, 0, 0};

	return svsm_call(&c) ? ~0ull : c.rcx;
}

static void vtom(uint64_t rcx, uint64_t want_code)
{
	struct svsm_call c = {
		SVSM_CALL(SVSM_PROTOCOL_CORE, SVSM_CORE_CONFIGURE_VTOM), rcx, 0, 0, 0};

	if (expect(svsm_call(&c), want_code, "CONFIGURE_VTOM 0x%lx", rcx) && !want_code)
		expect(c.rcx, 0, "virtual TOM is not offered");
}

void test_protocols(void)
{
	static const uint32_t unknown[] = {99, 0x7fffffff, 0x80000000, 0xffffffff};

	for (unsigned i = 0; i < ARRAY_SIZE(unknown); i++) {
		expect(call(unknown[i], 0), SVSM_ERR_UNSUPPORTED_PROTOCOL, "protocol 0x%x",
			unknown[i]);
		expect(query(unknown[i], 1), 0, "query of protocol 0x%x", unknown[i]);
		expect(call(SVSM_PROTOCOL_CORE, unknown[i]), SVSM_ERR_UNSUPPORTED_CALL,
			"core call 0x%x", unknown[i]);
	}
	expect(call(SVSM_PROTOCOL_CORE, 10), SVSM_ERR_UNSUPPORTED_CALL, "core call 10");
	expect(call(SVSM_PROTOCOL_CORE, SVSM_CORE_DEPOSIT_MEM), SVSM_ERR_UNSUPPORTED_CALL,
		"DEPOSIT_MEM");
	expect(call(SVSM_PROTOCOL_CORE, SVSM_CORE_WITHDRAW_MEM), SVSM_ERR_UNSUPPORTED_CALL,
		"WITHDRAW_MEM");
	expect(query(SVSM_PROTOCOL_CORE, 1), 2ull << 32 | 1, "query of core version 1");
	expect(query(SVSM_PROTOCOL_CORE, 0), 0, "query of core version 0");
	expect(query(SVSM_PROTOCOL_CORE, 2), 2ull << 32 | 1, "query of core version 2");
	expect(query(SVSM_PROTOCOL_CORE, 3), 0, "query of core version 3");
	expect(query(SVSM_PROTOCOL_CORE, 0xffffffff), 0, "query of core version 0xffffffff");
	vtom(1, SVSM_SUCCESS);
	vtom(0, SVSM_ERR_INVALID_REQUEST);
	vtom(0x10000002, SVSM_ERR_INVALID_REQUEST);
}

// A call that must not run: RAX stays.
static uint64_t exit_only(void)
{
	struct svsm_call c = {
		SVSM_CALL(SVSM_PROTOCOL_CORE, SVSM_CORE_QUERY_PROTOCOL), 1, MARK, MARK, MARK};

	return svsm_exit(&c);
}

void test_call_pending(void)
{
	const uint64_t request = SVSM_CALL(SVSM_PROTOCOL_CORE, SVSM_CORE_QUERY_PROTOCOL);
	struct svsm_call c = {request, 1, MARK, MARK + 1, MARK + 2};
	struct svsm_caa *caa = svsm_caa();

	expect(svsm_call(&c), SVSM_SUCCESS, "call");
	expect(c.rdx, MARK, "RDX comes back");
	expect(c.r8, MARK + 1, "R8 comes back");
	expect(c.r9, MARK + 2, "R9 comes back");
	expect(caa->mem_available, 0, "the SVSM offers no memory back");
	caa->call_pending = 0;
	expect(exit_only(), request, "no call without call_pending");
	caa->call_pending = 1;
	ghcb_exit(ghcb_begin(), GHCB_EXIT_HV_FEATURES, 0, 0);
	expect(caa->call_pending, 1, "another exit does not take the call");
	expect(exit_only(), SVSM_SUCCESS, "the next switch does");
	expect(caa->call_pending, 0, "call_pending is taken");
	caa->reserved_03[0] = 0x5a;
	caa->buffer[sizeof(caa->buffer) - 1] = 0xa5;
	c = (struct svsm_call){request, 1, 0, 0, 0};
	expect(svsm_call_msr(&c), SVSM_SUCCESS, "call by the MSR protocol");
	expect(c.rcx, 2ull << 32 | 1, "and its answer");
	expect(caa->reserved_03[0] << 8 | caa->buffer[sizeof(caa->buffer) - 1], 0x5aa5,
		"the rest of the calling area is left alone");
	caa->reserved_03[0] = 0;
}
