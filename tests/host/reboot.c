// SPDX-License-Identifier: MIT
#include "tests/host/reboot.h"

#include "hw/snp.h"
#include "hw/x86.h"
#include "kernel/core.h"
#include "kernel/cpu.h"
#include "kernel/cpus_stop.h"
#include "kernel/guest_memory.h"
#include "kernel/reboot.h"

const struct fake_config reboot_config = {.cpus = CPUS};

void pvalidate(uint64_t entry)
{
	const uint64_t list[2] = {1, entry};

	fake_write(LIST, list, sizeof(list));
	assert_int_equal(fake_core(SVSM_CORE_PVALIDATE, LIST, 0, 0), 0);
}

void pattern(uint64_t gpa, uint64_t size)
{
	memset(fake_ptr_write(gpa, size), 0x5a, size);
}

void old_boot(void)
{
	fake_reset();
	fake_cpu_select(0);
	pvalidate(LARGE | VALID | RMP_PAGE_2M);
	pattern(LARGE, PAGE_SIZE);
	for (unsigned int i = 0; i < SMALLS; i++) {
		pvalidate((SMALL + 2 * i * PAGE_SIZE) | VALID);
		pattern(SMALL + 2 * i * PAGE_SIZE, PAGE_SIZE);
	}
	pattern(FAKE_IMAGE_GPA + PAGE_SIZE, PAGE_SIZE);
	pattern(FAKE_CPUID_GPA, PAGE_SIZE);
	pattern(FAKE_MAP_GPA, PAGE_SIZE);
	assert_int_equal(fake_core(SVSM_CORE_REMAP_CA, CAA0, 0, 0), 0);
	for (unsigned int i = 1; i < CPUS; i++) {
		fake_vmsa_fill(VMSA(i));
		assert_int_equal(fake_core(SVSM_CORE_CREATE_VCPU, VMSA(i), CAA(i), 2 * i), 0);
	}
	assert_sound();
}

const uint64_t watched[WATCHED] = {LARGE, LARGE + MIB(1), SMALL, SMALL + PAGE_SIZE,
	SMALL + 2 * PAGE_SIZE, FAKE_IMAGE_GPA, FAKE_IMAGE_GPA + PAGE_SIZE, GIB(4) - PAGE_SIZE,
	FAKE_CPUID_GPA, FAKE_SECRETS_GPA, FAKE_MAP_GPA, LIST, CAA0, CAA(1), CAA(2), VMSA(1),
	VMSA(2), FAKE_FREE_END - PAGE_SIZE};

uint64_t vmsa_of(unsigned int cpu)
{
	fake_cpu_select(cpu);
	uint64_t gpa = fake_vcpu_vmsa();

	fake_cpu_select(0);
	return gpa;
}

void state_look(struct state *state)
{
	memset(state, 0, sizeof(*state));
	state->valid = guest_count_valid();
	state->runs = guest_count_runs();
	state->caa = fake_vcpu_caa();
	for (unsigned int i = 0; i < CPUS; i++) {
		state->vmsa[i] = vmsa_of(i);
		state->efer[i] = ((const struct vmsa *)fake_ptr(state->vmsa[i]))->efer;
	}
	for (size_t i = 0; i < WATCHED; i++) {
		state->page[i].valid = fake_is_valid(watched[i]);
		state->page[i].vmsa = fake_is_vmsa(watched[i]);
		state->page[i].rights = fake_rights(watched[i], 2);
		// VMSAs: what the guest had in its registers. Calling areas: not the flag.
		memcpy(state->page[i].bytes, fake_ptr(watched[i]) + 8,
			sizeof(state->page[i].bytes));
	}
}

void assert_same(const struct state *a, const struct state *b)
{
	assert_int_equal(a->valid, b->valid);
	assert_int_equal(a->runs, b->runs);
	assert_int_equal(a->caa, b->caa);
	assert_memory_equal(a->efer, b->efer, sizeof(a->efer));
	assert_memory_equal(a->vmsa, b->vmsa, sizeof(a->vmsa));
	for (size_t i = 0; i < WATCHED; i++) {
		if (memcmp(&a->page[i], &b->page[i], sizeof(a->page[i])) != 0)
			fail_msg("page 0x%lx: valid %d/%d, VMSA %d/%d, rights %u/%u", watched[i],
				a->page[i].valid, b->page[i].valid, a->page[i].vmsa,
				b->page[i].vmsa, a->page[i].rights, b->page[i].rights);
	}
}

uint64_t answer;
bool answered;

static void ask(void *cpu)
{
	struct fake_regs regs = {FAKE_CALL(SVSM_PROTOCOL_CORE, SVSM_CORE_REBOOT), 0, 0, 0, 0};

	fake_cpu_select(*(unsigned int *)cpu);
	answered = fake_call(&regs);
	answer = regs.rax;
	for (unsigned int i = 0; i < CPUS; i++)
		cpu_pause(); // the other CPUs' turn
	fake_cpu_select(0);
	reboot_wait();
}

bool is_new_boot(void)
{
	return !guest_is_valid(gpa_make(LARGE), PAGE_SIZE);
}

int reboot_on(unsigned int cpu)
{
	int reason = fake_try(ask, &cpu);

	fake_cpu_select(0);
	return reason;
}

void assert_new(void)
{
	assert_false(cpus_are_stopped());
	assert_true(is_new_boot());
	assert_int_equal(guest_count_valid(),
		(FAKE_FREE_END - FAKE_PARAMS_GPA + GIB(4) - FAKE_IMAGE_GPA) / PAGE_SIZE);
	for (uint64_t gpa = LIST; gpa < FAKE_FREE_END; gpa += PAGE_SIZE)
		assert_true(bytes_is_zero(bytes_make(fake_ptr(gpa), PAGE_SIZE)));
	for (uint64_t gpa = FAKE_IMAGE_GPA; gpa < GIB(4); gpa += PAGE_SIZE) {
		for (unsigned int i = 0; i < PAGE_SIZE; i++)
			assert_int_not_equal(fake_ptr(gpa)[i], 0x5a);
	}
	for (unsigned int i = 1; i < CPUS; i++)
		assert_int_equal(vmsa_of(i), 0);
	assert_int_equal(fake_vcpu_caa(), FAKE_CAA_GPA);
	const struct vmsa *first = (const struct vmsa *)fake_ptr(fake_vcpu_vmsa());

	assert_int_equal(first->rip, 0xfff0);
	assert_int_equal(first->efer, EFER_SVME);
	assert_true(fake_is_vmsa(fake_vcpu_vmsa()));
	assert_sound();
	// It can do what it could at first.
	pvalidate(LARGE | VALID | RMP_PAGE_2M);
	assert_true(bytes_is_zero(bytes_make(fake_ptr(LARGE), PAGE_SIZE)));
}
