// SPDX-License-Identifier: MIT
// Protocols of other services than the TPM: the template, the palindrome service that calls it, and
// a service that the guest may not call. The image has the vTPM too.
#include "abi/service.h"
#include "lib/string.h"
#include "tests/guest-bare/guest.h"
#include "tests/guest-bare/tpm.h"

#define TEMPLATE      0xc0000000u
#define COUNT	      0
#define REVERSE	      1
#define PALINDROME    0xc0000001u
#define TEST	      0
#define INTERNAL      0xc0000002u
#define NOBODYS	      0xc0000003u

#define BUFFER_GPA(n) (FRESH(26) + (n)*0x2000ull) // two pages for each CPU
#define CALLS_EACH    30

static uint64_t own_buffer(void)
{
	return BUFFER_GPA(this_cpu()->index);
}

// Again while the SVSM says that it is not done, or busy with another CPU.
static uint64_t call_again(struct svsm_call *call)
{
	struct svsm_call again = *call;
	uint64_t code = SVSM_ERR_BUSY;

	while (code == SVSM_ERR_BUSY || code == SVSM_ERR_INCOMPLETE) {
		again = *call;
		code = svsm_call(&again);
	}
	*call = again;
	return code;
}

static uint64_t ask(uint32_t protocol, uint32_t number, uint64_t rcx, uint64_t gpa, uint64_t size)
{
	struct svsm_call c = {SVSM_CALL(protocol, number), rcx, 0, gpa, size};

	return call_again(&c);
}

static uint64_t version_of(uint32_t protocol)
{
	struct svsm_call c = {SVSM_CALL(SVSM_PROTOCOL_CORE, SVSM_CORE_QUERY_PROTOCOL),
		(uint64_t)protocol << 32 | 1, 0, 0, 0};

	expect(svsm_call(&c), SVSM_SUCCESS, "query of protocol 0x%x", protocol);
	return c.rcx;
}

static void test_discovery(void)
{
	expect(version_of(TEMPLATE), 1ull << 32 | 1, "the template's version");
	expect(version_of(PALINDROME), 1ull << 32 | 1, "the palindrome service's version");
	expect(version_of(INTERNAL), 0, "an internal service is not there");
	expect(version_of(NOBODYS), 0, "nor a protocol that nobody serves");
	expect(ask(INTERNAL, 0, 0, 0, 0), SVSM_ERR_UNSUPPORTED_PROTOCOL, "a call to it");
	expect(ask(NOBODYS, 0, 0, 0, 0), SVSM_ERR_UNSUPPORTED_PROTOCOL, "a call to nobody");
	expect(ask(0xffffffffu, 0, 0, 0, 0), SVSM_ERR_UNSUPPORTED_PROTOCOL,
		"the kernel's own protocol for services");
	expect(ask(TEMPLATE, 77, 0, 0, 0), SVSM_ERR_UNSUPPORTED_CALL, "a call that is not there");
}

static void test_template(void)
{
	struct svsm_call add = {SVSM_CALL(TEMPLATE, COUNT), 5, 0, 0, 0};
	uint64_t gpa = BUFFER_GPA(0) + PAGE_SIZE - 3; // across two pages
	char *text = private_ptr(gpa);

	expect(call_again(&add), SVSM_SUCCESS, "count");
	add = (struct svsm_call){SVSM_CALL(TEMPLATE, COUNT), 7, 0, 0, 0};
	expect(call_again(&add), SVSM_SUCCESS, "count again");
	expect(add.rcx, 12, "the sum");
	expect(add.r8, 0, "no data");
	memcpy(text, "abcdefgh", 8);
	struct svsm_call turn = {SVSM_CALL(TEMPLATE, REVERSE), 0, 0, gpa, 6};

	expect(call_again(&turn), SVSM_SUCCESS, "reverse");
	expect(turn.r8, 6, "size of the answer");
	expect_true(memcmp(text, "fedcbagh", 8) == 0, "turned round, and not more than that");
}

static void test_refused(void)
{
	struct bad_page bad[16];
	size_t count = bad_pages(bad, ARRAY_SIZE(bad));
	struct svsm_call c = {SVSM_CALL(TEMPLATE, REVERSE), 11, 12, 13, 4097};

	expect(svsm_call(&c), SVSM_ERR_INVALID_PARAMETER, "a buffer of 4097 bytes");
	expect_true(c.rcx == 11 && c.rdx == 12 && c.r8 == 13, "registers are as they were");
	expect(ask(TEMPLATE, REVERSE, 0, own_buffer(), ~0ull), SVSM_ERR_INVALID_PARAMETER,
		"a buffer of 2^64 - 1 bytes");
	expect(ask(TEMPLATE, REVERSE, 0, own_buffer(), 1ull << 32 | 8), SVSM_ERR_INVALID_PARAMETER,
		"a buffer of 4 GiB and 8 bytes");
	expect(ask(TEMPLATE, REVERSE, 0, 0, 0), SVSM_ERR_INVALID_PARAMETER, "no text");
	expect(ask(TEMPLATE, REVERSE, 0, own_buffer(), 65), SVSM_ERR_INVALID_PARAMETER,
		"a text of 65 bytes");
	for (size_t i = 0; i < count; i++)
		expect(ask(TEMPLATE, REVERSE, 0, bad[i].gpa, 8), SVSM_ERR_INVALID_ADDRESS, "%s",
			bad[i].name);
	expect(ask(TEMPLATE, REVERSE, 0, FRESH(25), 8), SVSM_ERR_INVALID_ADDRESS,
		"a page that is not validated");
}

static bool is_palindrome(const char *text, uint64_t size)
{
	uint64_t gpa = own_buffer();
	struct svsm_call c = {SVSM_CALL(PALINDROME, TEST), 0, 0, gpa, size};

	memcpy(private_ptr(gpa), text, size);
	return call_again(&c) == SVSM_SUCCESS && c.rcx == 1;
}

static void test_service_calls_service(void)
{
	struct svsm_call c = {SVSM_CALL(PALINDROME, TEST), 0, 0, own_buffer(), 5};

	expect_true(is_palindrome("radar", 5), "radar is one");
	expect_true(!is_palindrome("sonar", 5), "sonar is none");
	memcpy(private_ptr(own_buffer()), "level", 5);
	expect(call_again(&c), SVSM_SUCCESS, "level");
	expect(c.rcx, 1, "is one");
	expect(c.rdx, 2, "the second, by the namespace");
	expect(ask(PALINDROME, TEST, 0, own_buffer(), 65), SVSM_ERR_INVALID_PARAMETER,
		"a text of 65 bytes");
}

static _Atomic uint32_t wrong_answers;

// Chains and single calls, with the TPM between them
static void job_mixed(void)
{
	for (unsigned i = 0; i < CALLS_EACH; i++) {
		if (!is_palindrome("anna", 4) || is_palindrome("annas", 5))
			wrong_answers++;
		if (get_random(own_buffer(), 16))
			wrong_answers++;
		if (ask(TEMPLATE, COUNT, 1, 0, 0))
			wrong_answers++;
	}
}

static void test_all_cpus(void)
{
	struct svsm_call sum = {SVSM_CALL(TEMPLATE, COUNT), 0, 0, 0, 0};

	for (uint32_t i = 1; i < cpu_count; i++)
		expect_true(cpu_start(i), "CPU %u", i);
	for (uint32_t i = 1; i < cpu_count; i++)
		cpu_begin(i, job_mixed);
	job_mixed();
	for (uint32_t i = 1; i < cpu_count; i++)
		expect_true(cpu_wait(i, 60000), "CPU %u comes back", i);
	expect(wrong_answers, 0, "wrong answers to %u CPUs", cpu_count);
	expect(call_again(&sum), SVSM_SUCCESS, "the sum");
	expect(sum.rcx, 12 + (uint64_t)CALLS_EACH * cpu_count, "each was counted once");
}

static bool bench_count(void)
{
	return ask(TEMPLATE, COUNT, 1, 0, 0) == SVSM_SUCCESS;
}

static bool bench_palindrome(void)
{
	return is_palindrome("anna", 4);
}

// Ticks of one, the first left out. 0: refused.
static uint64_t bench_cost(bool (*run)(void))
{
	uint64_t start = 0;

	for (unsigned i = 0; i <= CALLS_EACH; i++) {
		if (i == 1)
			start = rdtsc();
		if (!run())
			return 0;
	}
	return (rdtsc() - start) / CALLS_EACH;
}

bool bench_services(void (*line)(const char *what, uint64_t value, const char *unit))
{
	need_valid(own_buffer());
	uint64_t count = bench_cost(bench_count);
	uint64_t palindrome = bench_cost(bench_palindrome);

	line("service, a call without data", count, "instructions");
	line("service that asks another, and keeps a blob", palindrome, "instructions");
	return count != 0 && palindrome != 0;
}

void run_services(void)
{
	for (uint64_t i = 0; i < 2ull * cpu_count; i++)
		need_valid(BUFFER_GPA(0) + i * PAGE_SIZE);
	expect(tpm_startup(own_buffer(), 0), TPM_RC_SUCCESS, "the TPM's start");
	test_discovery();
	test_reboot_query();
	test_template();
	test_refused();
	test_service_calls_service();
	test_all_cpus();
}
