// SPDX-License-Identifier: MIT
// How a request comes and goes: VMSA, calling area, dispatch, the core protocol's small calls.
#include "hw/svm.h"
#include "hw/x86.h"
#include "kernel/error.h"
#include "kernel/percpu.h"
#include "kernel/request.h"
#include "kernel/vcpu.h"
#include "tests/host/host.h"

static const struct fake_config config = {.cpus = 2};

static struct vmsa *own_vmsa(void)
{
	return (struct vmsa *)fake_ptr_write(fake_vcpu_vmsa(), PAGE_SIZE);
}

static uint8_t *pending(void)
{
	return fake_ptr_write(FAKE_CAA_GPA, 1);
}

static void serve(void)
{
	struct vcpu *vcpu = vcpu_begin();

	assert_non_null(vcpu);
	assert_true(request_serve(vcpu));
	vcpu_end(vcpu);
}

static void answers_in_the_registers(void **context)
{
	struct fake_regs regs = {
		FAKE_CALL(SVSM_PROTOCOL_CORE, SVSM_CORE_QUERY_PROTOCOL), 1, 2, 3, 4};

	(void)context;
	fake_reset();
	assert_true(fake_call(&regs));
	assert_int_equal(regs.rax, SVSM_SUCCESS);
	assert_int_equal(regs.rcx, (uint64_t)2 << 32 | 1);
	assert_int_equal(regs.rdx, 2);
	assert_int_equal(regs.r8, 3);
	assert_int_equal(regs.r9, 4);
	assert_int_equal(*pending(), 0);
	assert_sound();
}

// Whatever came in the upper half of RAX, nothing of it is left in the answer.
static void unknown_protocols_and_calls(void **context)
{
	static const struct {
		uint64_t rax;
		uint32_t answer;
	} rows[] = {
		{FAKE_CALL(5, 0), SVSM_ERR_UNSUPPORTED_PROTOCOL},
		{FAKE_CALL(1, 0), SVSM_ERR_UNSUPPORTED_PROTOCOL},
		{FAKE_CALL(UINT32_MAX, UINT32_MAX), SVSM_ERR_UNSUPPORTED_PROTOCOL},
		{FAKE_CALL(0, SVSM_CORE_DEPOSIT_MEM), SVSM_ERR_UNSUPPORTED_CALL},
		{FAKE_CALL(0, SVSM_CORE_WITHDRAW_MEM), SVSM_ERR_UNSUPPORTED_CALL},
		{FAKE_CALL(0, 10), SVSM_ERR_UNSUPPORTED_CALL},
		{FAKE_CALL(0, UINT32_MAX), SVSM_ERR_UNSUPPORTED_CALL},
		{FAKE_CALL(0, 0x80000000u), SVSM_ERR_UNSUPPORTED_CALL},
	};

	(void)context;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct fake_regs regs = {.rax = rows[i].rax, .rcx = 11, .rdx = 12, .r8 = 13};

		fake_reset();
		assert_true(fake_call(&regs));
		assert_int_equal(regs.rax, rows[i].answer);
		assert_int_equal(regs.rcx, 11);
		assert_int_equal(regs.rdx, 12);
		assert_int_equal(regs.r8, 13);
		assert_sound();
	}
}

static uint64_t query(uint32_t protocol, uint32_t version)
{
	struct fake_regs regs = {.rax = FAKE_CALL(0, SVSM_CORE_QUERY_PROTOCOL)};

	regs.rcx = (uint64_t)protocol << 32 | version;
	assert_true(fake_call(&regs));
	assert_int_equal(regs.rax, SVSM_SUCCESS);
	return regs.rcx;
}

static void queries_protocols(void **context)
{
	(void)context;
	fake_reset();
	assert_int_equal(query(SVSM_PROTOCOL_CORE, 1), (uint64_t)2 << 32 | 1);
	assert_int_equal(query(SVSM_PROTOCOL_CORE, 0), 0);
	assert_int_equal(query(SVSM_PROTOCOL_CORE, 2), (uint64_t)2 << 32 | 1);
	assert_int_equal(query(SVSM_PROTOCOL_CORE, 3), 0);
	assert_int_equal(query(SVSM_PROTOCOL_CORE, UINT32_MAX), 0);
	assert_int_equal(query(77, 1), 0);
	assert_int_equal(query(UINT32_MAX, 1), 0);
}

static void asks_for_virtual_top_of_memory(void **context)
{
	struct fake_regs regs = {.rax = FAKE_CALL(0, SVSM_CORE_CONFIGURE_VTOM), .rcx = 1};

	(void)context;
	fake_reset();
	assert_true(fake_call(&regs));
	assert_int_equal(regs.rax, SVSM_SUCCESS);
	assert_int_equal(regs.rcx, 0);
	assert_int_equal(fake_core(SVSM_CORE_CONFIGURE_VTOM, 0, 0, 0), SVSM_ERR_INVALID_REQUEST);
	assert_int_equal(
		fake_core(SVSM_CORE_CONFIGURE_VTOM, GIB(1) | 2, 0, 0), SVSM_ERR_INVALID_REQUEST);
}

// Only VMGEXIT with the flag set is a call, and each flag is taken once.
static void other_exits_are_no_calls(void **context)
{
	static const uint64_t exits[] = {
		VMEXIT_CPUID, VMEXIT_HLT, VMEXIT_INTR, VMEXIT_NPF, VMEXIT_VMMCALL, ~0ull, 0};

	(void)context;
	fake_reset();
	struct vmsa *vmsa = own_vmsa();

	vmsa->rax = FAKE_CALL(0, SVSM_CORE_CONFIGURE_VTOM);
	vmsa->rcx = 1;
	*pending() = 1;
	for (size_t i = 0; i < ARRAY_SIZE(exits); i++) {
		vmsa->guest_exit_code = exits[i];
		serve();
		assert_int_equal(vmsa->rax, FAKE_CALL(0, SVSM_CORE_CONFIGURE_VTOM));
		assert_int_equal(*pending(), 1);
	}
	vmsa->guest_exit_code = VMEXIT_VMGEXIT;
	serve();
	assert_int_equal(vmsa->rax, SVSM_SUCCESS);
	assert_int_equal(*pending(), 0);
	vmsa->rax = FAKE_CALL(0, 10);
	serve();
	assert_int_equal(vmsa->rax, FAKE_CALL(0, 10));
	*pending() = 0xff; // any value but 0 is a call
	serve();
	assert_int_equal(vmsa->rax, SVSM_ERR_UNSUPPORTED_CALL);
	assert_sound();
}

static uint64_t efer_seen;

static void look_at_efer(uint64_t gpa)
{
	assert_int_equal(gpa, FAKE_CAA_GPA);
	efer_seen = own_vmsa()->efer;
}

// The VMSA cannot be run while it is looked at, and can again afterwards.
static void the_vcpu_cannot_run_meanwhile(void **context)
{
	(void)context;
	fake_reset();
	uint64_t efer = own_vmsa()->efer;

	assert_true((efer & EFER_SVME) != 0);
	efer_seen = efer;
	fake_on_access(look_at_efer);
	assert_int_equal(fake_core(SVSM_CORE_CONFIGURE_VTOM, 1, 0, 0), SVSM_SUCCESS);
	assert_int_equal(efer_seen, efer & ~(uint64_t)EFER_SVME);
	assert_int_equal(own_vmsa()->efer, efer);
}

// Guest or host have taken the calling area: no request, no answer, no harm.
static void does_without_a_calling_area(void **context)
{
	struct fake_regs regs = {.rax = FAKE_CALL(0, SVSM_CORE_CONFIGURE_VTOM), .rcx = 1};

	(void)context;
	fake_reset();
	fake_attack(FAKE_CAA_GPA, FAKE_EXCHANGE);
	assert_false(fake_call(&regs));
	assert_int_equal(regs.rax, FAKE_CALL(0, SVSM_CORE_CONFIGURE_VTOM));
	assert_sound();
	fake_attack(FAKE_CAA_GPA, FAKE_EXCHANGE); // back
	assert_true(fake_call(&regs));
	assert_int_equal(regs.rax, SVSM_SUCCESS);
}

static void call_any(void *regs)
{
	ignore_result(fake_call(regs));
}

// The first VMSA is a page of the kernel's: without it there is nothing to serve.
static void a_taken_vmsa_ends_the_vm(void **context)
{
	struct fake_regs regs = {.rax = FAKE_CALL(0, SVSM_CORE_CONFIGURE_VTOM), .rcx = 1};

	(void)context;
	fake_reset();
	fake_attack(fake_vcpu_vmsa(), FAKE_TAKE);
	assert_int_equal(fake_try(call_any, &regs), TERMINATE_NOT_VALIDATED);
}

static void cpus_without_a_vcpu_do_nothing(void **context)
{
	struct fake_regs regs = {0};

	(void)context;
	fake_reset();
	fake_cpu_select(1);
	assert_null(vcpu_begin());
	assert_false(fake_call(&regs));
	assert_sound();
}

static void every_error_has_an_answer(void **context)
{
	static const struct {
		enum error err;
		uint32_t answer;
	} rows[] = {
		{OK, 0},
		{ERR_NO_MEMORY, SVSM_ERR_INVALID_REQUEST},
		{ERR_FAULT, SVSM_ERR_INVALID_ADDRESS},
		{ERR_HOST, SVSM_ERR_INVALID_REQUEST},
		{ERR_FORMAT, SVSM_ERR_INVALID_FORMAT},
		{ERR_LIMIT, SVSM_ERR_INVALID_REQUEST},
		{ERR_UNSUPPORTED_PROTOCOL, 0x80000001},
		{ERR_UNSUPPORTED_CALL, 0x80000002},
		{ERR_INVALID_ADDRESS, 0x80000003},
		{ERR_INVALID_FORMAT, 0x80000004},
		{ERR_INVALID_PARAMETER, 0x80000005},
		{ERR_INVALID_REQUEST, 0x80000006},
		{ERR_BUSY, 0x80000007},
		{ERR_RMP_INPUT, 0x80001001},
		{ERR_RMP_PERMISSION, 0x80001002},
		{ERR_RMP_INUSE, 0x80001003},
		{ERR_RMP_SIZEMISMATCH, 0x80001006},
		{ERR_RMP_UNCHANGED, 0x80001010},
	};

	(void)context;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(error_to_svsm(rows[i].err), rows[i].answer);
}

static void random_calls_stay_sound(void **context)
{
	static const uint64_t places[] = {FAKE_FREE_GPA, FAKE_FREE_GPA + PAGE_SIZE, FAKE_CAA_GPA,
		MIB(64), KERNEL_GPA, 0, FAKE_IMAGE_GPA, FAKE_RAM_END};

	(void)context;
	for (int round = 0; round < 20000; round++) {
		struct fake_regs regs = {
			.rax = FAKE_CALL(unit_random(10) == 0, unit_random(9)),
			.rcx = places[unit_random(ARRAY_SIZE(places))],
			.rdx = places[unit_random(ARRAY_SIZE(places))],
			.r8 = unit_random(3) * 2,
		};

		if (round % 200 == 0)
			fake_reset();
		if (unit_random(3) == 0)
			regs.rcx ^= BIT(unit_random(64));
		if (unit_random(3) == 0)
			fake_vmsa_fill(FAKE_FREE_GPA);
		fake_cpu_select((uint32_t)unit_random(2));
		ignore_result(fake_call(&regs));
		if (round % 5 == 0)
			assert_sound();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_in_the_registers),
		cmocka_unit_test(unknown_protocols_and_calls),
		cmocka_unit_test(queries_protocols),
		cmocka_unit_test(asks_for_virtual_top_of_memory),
		cmocka_unit_test(other_exits_are_no_calls),
		cmocka_unit_test(the_vcpu_cannot_run_meanwhile),
		cmocka_unit_test(does_without_a_calling_area),
		cmocka_unit_test(a_taken_vmsa_ends_the_vm),
		cmocka_unit_test(cpus_without_a_vcpu_do_nothing),
		cmocka_unit_test(every_error_has_an_answer),
		cmocka_unit_test(random_calls_stay_sound),
	};

	return host_run("request", tests, &config);
}
