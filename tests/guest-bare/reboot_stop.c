// SPDX-License-Identifier: MIT
// Whatever the other CPUs are at, the guest can be rebooted: one row a boot, from CPU 0 or another.
#include "tests/guest-bare/boots.h"
#include "tests/guest-bare/tpm.h"

#define BUFFERS(n)     (FRESH(24) + (n)*0x2000ull)
#define VICTIM_VMSA(n) (0x816000ull + (n)*PAGE_SIZE)
#define LISTS(n)       (FRESH(32) + (n)*2 * LARGE_PAGE_SIZE) // 2 MiB in small pages, and a large one
#define SETTLE_MS      20
#define WATCHED_PCR    7
#define RUNNING_MS     20000

static _Atomic uint32_t at_it; // CPUs that have begun

static uint64_t buffer_of(uint32_t cpu)
{
	return BUFFERS(cpu);
}

// --- what a CPU can be at; none of these returns

static void job_spin(void)
{
	at_it++;
	__asm__ volatile("cli\n0: jmp 0b");
}

static void job_halt(void)
{
	at_it++;
	for (;;)
		__asm__ volatile("cli; hlt");
}

static void job_hold(void)
{
	at_it++;
	for (;;)
		ghcb_exit(ghcb_begin(), GHCB_EXIT_AP_RESET_HOLD, 0, 0);
}

static void job_lists(void)
{
	uint64_t pages = LISTS(this_cpu()->index);
	uint64_t list = svsm_caa_gpa() + offsetof(struct svsm_caa, buffer);

	at_it++;
	for (uint64_t valid = VALID;; valid ^= VALID) {
		for (unsigned i = 0; i < 500; i++)
			list_entries(list)[i] = (pages + i * PAGE_SIZE) | valid | IGNORE_CF;
		list_entries(list)[500] =
			(pages + LARGE_PAGE_SIZE) | valid | LARGE_SIZE | IGNORE_CF;
		pvalidate_list(list, 501, 0);
	}
}

// The last CPU's vCPUs, which never run
static void job_vcpus(void)
{
	uint64_t vmsa = VICTIM_VMSA(this_cpu()->index);

	at_it++;
	for (;;) {
		vmsa_prepare(vmsa, cpu_count - 1);
		vcpu_create(vmsa, CAA_TRY_GPA, bare_cpus[cpu_count - 1].apic_id);
		while (vcpu_delete(vmsa))
			cpu_pause();
	}
}

static void job_random(void)
{
	at_it++;
	for (;;)
		get_random(buffer_of(this_cpu()->index), 32);
}

// What the next boot may not find in its PCR
static void job_extend(void)
{
	at_it++;
	for (;;)
		pcr_extend(buffer_of(this_cpu()->index), WATCHED_PCR, 0x77);
}

// CreatePrimary of an RSA key, which takes many slices
static void key_begin(uint64_t gpa)
{
	uint8_t *p = put_password(put32(body(gpa), TPM_RH_OWNER));

	p = put16(put16(put16(p, 4), 0), 0); // no secret of the caller's
	p = put16(put16(put16(p, 22), TPM_ALG_RSA), TPM_ALG_SHA256);
	p = put32(p, TPM_OBJECT_FIXED_TPM | TPM_OBJECT_FIXED_PARENT | TPM_OBJECT_SENSITIVE_ORIGIN |
			     TPM_OBJECT_USER_WITH_AUTH | TPM_OBJECT_DECRYPT);
	p = put16(put16(put16(p, 0), TPM_ALG_NULL), TPM_ALG_NULL); // policy, cipher, scheme
	p = put16(put32(put16(p, 2048), 0), 0);
	p = put32(put16(p, 0), 0); // outside information, PCRs
	command_put(gpa, TPM_ST_SESSIONS, TPM_CC_CREATE_PRIMARY, p);
}

static void job_keys(void)
{
	uint64_t gpa = buffer_of(this_cpu()->index);

	at_it++;
	for (;;) {
		key_begin(gpa);
		uint32_t code = command_run(gpa);

		if (code)
			report_abort("CreatePrimary: 0x%x", code);
		uint32_t handle = get32(response_data(gpa) + TPM_HEADER_SIZE);

		command_put(
			gpa, TPM_ST_NO_SESSIONS, TPM_CC_FLUSH_CONTEXT, put32(body(gpa), handle));
		command_run(gpa);
	}
}

static void job_reboot(void)
{
	at_it++;
	wait_for(at_it == cpu_count, RUNNING_MS);
	reboot_or_abort();
}

// --- one row a boot

enum state {
	SPIN,
	HALT,
	HOLD,
	LIST,
	VCPUS,
	RANDOM,
	EXTEND,
	KEYS,
	REBOOTS,
	RUNNING,	   // how many of these need a CPU that runs
	CREATED = RUNNING, // and never started
	AGAIN,		   // deleted, and created a second time
};

static void (*const jobs_of[RUNNING])(void) = {job_spin, job_halt, job_hold, job_lists, job_vcpus,
	job_random, job_extend, job_keys, job_reboot};

struct row {
	const char *name;
	enum state state[3];
	bool first_reboots;
};

static const struct row rows[] = {
	{"spinning, halted, in reset hold", {SPIN, HALT, HOLD}, true},
	{"the same, from another CPU", {REBOOTS, HALT, SPIN}, false},
	{"created, not started", {CREATED, AGAIN, HOLD}, true},
	{"deleted and created again", {AGAIN, REBOOTS, CREATED}, false},
	{"validating", {LIST, LIST, LIST}, true},
	{"validating, from another CPU", {LIST, REBOOTS, LIST}, false},
	{"creating and deleting vCPUs", {VCPUS, VCPUS, CREATED}, true},
	{"the same, from another CPU", {VCPUS, REBOOTS, CREATED}, false},
	{"all of that", {VCPUS, LIST, CREATED}, true},
	{"two reboot", {REBOOTS, LIST, HALT}, true},
	{"all reboot", {REBOOTS, REBOOTS, REBOOTS}, true},
	// with a vTPM
	{"TPM commands", {RANDOM, RANDOM, RANDOM}, true},
	{"TPM commands, from another CPU", {RANDOM, RANDOM, REBOOTS}, false},
	{"PCRs are extended", {EXTEND, EXTEND, EXTEND}, true},
	{"PCRs are extended, from another CPU", {EXTEND, REBOOTS, EXTEND}, false},
	{"a key is made", {KEYS, SPIN, HALT}, true},
	{"keys are made, from another CPU", {KEYS, KEYS, REBOOTS}, false},
	{"TPM and memory", {KEYS, LIST, RANDOM}, true},
};
#define ROWS_WITHOUT_TPM 11

static void state_prepare(uint32_t cpu, enum state state)
{
	if (state == CREATED || state == AGAIN) {
		vmsa_prepare(AP_VMSA_GPA(cpu), cpu);
		if (vcpu_create(AP_VMSA_GPA(cpu), AP_CAA_GPA(cpu), bare_cpus[cpu].apic_id) ||
			(state == AGAIN && !vcpu_delete_soon(AP_VMSA_GPA(cpu))))
			report_abort("boot %u: CPU %u is not created", boot_number(), cpu);
	}
	if (state != CREATED && !cpu_start(cpu))
		report_abort("boot %u: CPU %u does not start", boot_number(), cpu);
}

static void state_begin(uint32_t cpu, enum state state)
{
	if (state == CREATED)
		at_it++;
	else
		cpu_begin(cpu, state == AGAIN ? job_spin : jobs_of[state]);
}

static bool has_tpm(void)
{
	return vtpm_call(SVSM_VTPM_QUERY, 0) == SVSM_SUCCESS;
}

static void memory_make(void)
{
	for (uint32_t i = 0; i < 2 * cpu_count; i++)
		need_valid(BUFFERS(0) + i * PAGE_SIZE);
	for (uint32_t i = 1; i < cpu_count; i++) {
		for (unsigned page = 0; page < 500; page++)
			need_private(LISTS(i) + page * PAGE_SIZE, false);
		need_private(LISTS(i) + LARGE_PAGE_SIZE, true);
	}
}

// Each boot has a TPM that was just switched on, whatever the last one was telling it.
static void tpm_check(void)
{
	uint8_t value[PCR_SIZE], any = 0;
	uint64_t code = tpm_startup(BUFFERS(0), TPM_SU_CLEAR);

	if (code != TPM_RC_SUCCESS)
		report_abort("boot %u: TPM2_Startup: 0x%lx", boot_number(), code);
	if (!pcr_read(BUFFERS(0), WATCHED_PCR, value))
		report_abort("boot %u: PCR_Read", boot_number());
	for (size_t i = 0; i < sizeof(value); i++)
		any |= value[i];
	if (any)
		report_abort("boot %u: a PCR is not at its start", boot_number());
}

static _Noreturn void row_run(const struct row *row)
{
	uint64_t start = 0;

	for (uint32_t i = 1; i < cpu_count; i++)
		state_prepare(i, row->state[i - 1]);
	for (uint32_t i = 1; i < cpu_count; i++)
		state_begin(i, row->state[i - 1]);
	wait_for(at_it >= cpu_count - 1, RUNNING_MS);
	at_it++; // whoever reboots waits for it
	start = rdtsc();
	while (rdtsc() - start < SETTLE_MS * TSC_PER_MS)
		cpu_pause();
	if (row->first_reboots)
		reboot_or_abort();
	for (;;)
		cpu_pause();
}

void run_reboot_stop(void)
{
	bool tpm = has_tpm();
	uint32_t count = tpm ? ARRAY_SIZE(rows) : ROWS_WITHOUT_TPM;
	uint32_t boot = boot_number();

	if (cpu_count != 4)
		report_abort("four CPUs are wanted");
	memory_make();
	if (tpm)
		tpm_check();
	if (boot < count)
		row_run(&rows[boot]);
	expect(boot, count, "boots");
	for (uint32_t i = 0; i < count; i++)
		report_note("rebooted with the others: %s", rows[i].name);
	for (uint32_t i = 1; i < cpu_count; i++)
		expect_true(cpu_start(i), "CPU %u starts", i);
}
