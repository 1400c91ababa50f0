// SPDX-License-Identifier: MIT
/*
 * Each call of the core protocol with its nth allocation, nth PVALIDATE or RMPADJUST, nth access
 * to guest memory going wrong, for every n that there is. Afterwards nothing is lost, and the
 * state is sound; where nothing hostile happened, a call that failed has changed nothing.
 */
#include "kernel/error.h"
#include "kernel/guest_memory.h"
#include "kernel/vcpu.h"
#include "tests/host/host.h"

#define LIST FAKE_FREE_GPA
#define HERE (FAKE_FREE_GPA + PAGE_SIZE) // a valid page
#define CAA  (FAKE_FREE_GPA + 2 * PAGE_SIZE)
#define FREE MIB(64) // not valid, 2 MiB aligned
#define CPU1 2	     // APIC id

static const struct fake_config config = {.cpus = 2};

#define NO_ANSWER 1 // the host took the calling area

static uint32_t call(uint32_t call, uint64_t rcx, uint64_t rdx, uint64_t r8)
{
	struct fake_regs regs = {FAKE_CALL(SVSM_PROTOCOL_CORE, call), rcx, rdx, r8, 0};

	return fake_call(&regs) ? (uint32_t)regs.rax : NO_ANSWER;
}

static uint32_t pvalidate(uint64_t entry)
{
	const uint64_t list[2] = {1, entry};

	fake_write(LIST, list, sizeof(list));
	return call(SVSM_CORE_PVALIDATE, LIST, 0, 0);
}

static void none(void)
{
}

static void have_large(void)
{
	assert_int_equal(pvalidate(FREE | SVSM_PVALIDATE_VALIDATE | RMP_PAGE_2M), 0);
}

static void have_vmsa(void)
{
	fake_vmsa_fill(HERE);
}

static uint32_t create(void)
{
	return call(SVSM_CORE_CREATE_VCPU, HERE, CAA, CPU1);
}

static void have_vcpu(void)
{
	have_vmsa();
	assert_int_equal(create(), 0);
}

static uint32_t validate(void)
{
	return pvalidate(FREE | SVSM_PVALIDATE_VALIDATE);
}

static uint32_t validate_large(void)
{
	return pvalidate(FREE | SVSM_PVALIDATE_VALIDATE | RMP_PAGE_2M);
}

static uint32_t invalidate(void)
{
	return pvalidate(HERE);
}

static uint32_t invalidate_large(void)
{
	return pvalidate(FREE | RMP_PAGE_2M);
}

static uint32_t delete (void)
{
	return call(SVSM_CORE_DELETE_VCPU, HERE, 0, 0);
}

static uint32_t remap(void)
{
	return call(SVSM_CORE_REMAP_CA, CAA, 0, 0);
}

static const struct {
	const char *name;
	void (*prepare)(void);
	uint32_t (*call)(void);
} calls[] = {
	{"validate", none, validate},
	{"validate 2 MiB", none, validate_large},
	{"invalidate", none, invalidate},
	{"invalidate 2 MiB", have_large, invalidate_large},
	{"create a vCPU", have_vmsa, create},
	{"delete a vCPU", have_vcpu, delete},
	{"remap the calling area", none, remap},
};

// What a call that failed must have left alone
struct state {
	uint64_t valid;
	size_t runs;
	uint64_t caa;
	bool here_valid, here_vmsa, here_known, free_valid;
	uint8_t here_rights, free_rights;
};

static struct state state_now(void)
{
	struct state now = {0};

	now.valid = guest_count_valid();
	now.runs = guest_count_runs();
	now.caa = fake_vcpu_caa();
	now.here_valid = fake_is_valid(HERE);
	now.here_vmsa = fake_is_vmsa(HERE);
	now.here_known = vcpu_find_by_vmsa(gpa_make(HERE)) != NULL;
	now.free_valid = fake_is_valid(FREE);
	now.here_rights = fake_rights(HERE, SVSM_GUEST_VMPL);
	now.free_rights = fake_rights(FREE, SVSM_GUEST_VMPL);
	return now;
}

static bool state_equals(const struct state *a, const struct state *b)
{
	return a->valid == b->valid && a->runs == b->runs && a->caa == b->caa &&
	       a->here_valid == b->here_valid && a->here_vmsa == b->here_vmsa &&
	       a->here_known == b->here_known && a->free_valid == b->free_valid &&
	       a->here_rights == b->here_rights && a->free_rights == b->free_rights;
}

static void begin(size_t i)
{
	fake_reset();
	calls[i].prepare();
}

static void nth_instruction_fails(void **context)
{
	static const uint32_t codes[] = {RMP_FAIL_INPUT, RMP_FAIL_PERMISSION, RMP_FAIL_INUSE,
		RMP_FAIL_OVERLAP, RMP_FAIL_SIZEMISMATCH};

	(void)context;
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(codes) * 20; j++) {
			begin(i);
			struct state before = state_now();

			fake_fail_rmp(j / ARRAY_SIZE(codes), codes[j % ARRAY_SIZE(codes)]);
			uint32_t result = calls[i].call();
			struct state after = state_now();

			if (fake_failed() && result != 0 && !state_equals(&before, &after))
				fail_msg("%s, instruction %zu: answer 0x%x, and something changed",
					calls[i].name, j / ARRAY_SIZE(codes), result);
			assert_sound();
		}
	}
}

// Every second page of three hundred: the page states need more memory, and get it or not.
static uint32_t validate_many(uint64_t *done)
{
	struct svsm_pvalidate_list *list = (void *)fake_ptr_write(LIST, PAGE_SIZE);

	*list = (struct svsm_pvalidate_list){.count = 300};
	for (uint64_t i = 0; i < 300; i++)
		list->entry[i] = (FREE + 2 * i * PAGE_SIZE) | SVSM_PVALIDATE_VALIDATE;
	uint32_t result = call(SVSM_CORE_PVALIDATE, LIST, 0, 0);

	*done = list->next;
	return result;
}

static void nth_allocation_fails(void **context)
{
	uint64_t done = 0;

	(void)context;
	// Nothing else allocates.
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		begin(i);
		fake_fail_alloc(0);
		assert_int_equal(calls[i].call(), SVSM_SUCCESS);
		assert_false(fake_failed());
	}
	fake_reset();
	uint64_t valid = guest_count_valid();

	fake_fail_alloc(0);
	assert_int_equal(validate_many(&done), SVSM_ERR_INVALID_REQUEST);
	assert_true(fake_failed());
	assert_in_range(done, 200, 299);
	assert_int_equal(guest_count_valid(), valid + done);
	assert_false(fake_is_valid(FREE + 2 * done * PAGE_SIZE));
	assert_sound();
	// The guest goes on where it failed.
	assert_int_equal(call(SVSM_CORE_PVALIDATE, LIST, 0, 0), SVSM_SUCCESS);
	assert_int_equal(guest_count_valid(), valid + 300);
	assert_sound();
}

struct attempt {
	size_t i;
	uint32_t result;
};

static void attempt_run(void *p)
{
	struct attempt *attempt = p;

	attempt->result = calls[attempt->i].call();
}

// The kernel may end the VM when pages are taken under its hands; otherwise all is sound, then and
// after the host has put back what it had exchanged.
#define ONCE UINT64_MAX

static bool attack_holds(size_t i, uint64_t n, uint64_t later, enum fake_attack attack)
{
	struct attempt attempt = {.i = i};

	begin(i);
	if (later == ONCE)
		fake_attack_access(n, attack);
	else
		fake_attack_twice(n, later, attack);
	int reason = fake_try(attempt_run, &attempt);

	if (reason != FAKE_RETURNED) {
		assert_int_equal(reason, TERMINATE_NOT_VALIDATED);
		return true;
	}
	bool happened = fake_failed();
	const char *wrong = fake_check();

	if (wrong != NULL)
		fail_msg("%s, attack %d at access %lu, again %lu later: answer 0x%x, %s",
			calls[i].name, attack, n, later, attempt.result, wrong);
	// What the guest does when a call failed.
	if (happened && fake_try(attempt_run, &attempt) == FAKE_RETURNED)
		assert_sound();
	return happened;
}

static void nth_access_is_attacked(void **context)
{
	(void)context;
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		for (enum fake_attack attack = FAKE_TAKE; attack <= FAKE_RENEW; attack++) {
			uint64_t n = 0;

			while (attack_holds(i, n, ONCE, attack))
				n += n < 40 || n > 500 ? 1 : 37;
			assert_true(n > 1);
		}
	}
}

// Exchanges, and puts back.
static void two_accesses_are_attacked(void **context)
{
	(void)context;
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		for (uint64_t n = 0; n < 16; n++) {
			for (uint64_t later = 0; later < 16; later++)
				(void)attack_holds(i, n, later, FAKE_EXCHANGE);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nth_allocation_fails),
		cmocka_unit_test(nth_instruction_fails),
		cmocka_unit_test(nth_access_is_attacked),
		cmocka_unit_test(two_accesses_are_attacked),
	};

	return host_run("failures", tests, &config);
}
