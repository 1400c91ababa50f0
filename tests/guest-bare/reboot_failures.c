// SPDX-License-Identifier: MIT
// An SVSM in which each part of a reboot fails once (tests/svsm/inject): the guest goes on with all
// that it has, until the part has been called as often as it is called; then it is rebooted.
#include "tests/guest-bare/boots.h"
#include "tests/guest-bare/tpm.h"
#include "tests/svsm/inject/inject.h"

#include "lib/string.h"

#define BUFFER	   FRESH(24)
#define LARGE	   FRESH(1)
#define SMALL	   FRESH(2) // three pages with others between
#define SMALLS	   3
#define SHARED	   FRESH(3)
#define PATTERN	   0xb007b007b007b007ull
#define RUN_MS	   20000
#define HAS_FAILED (kept(KEPT_INJECT) >> 24)

static const char *const names[INJECT_SITES] = {
	[INJECT_SETTLE] = "requests of services",
	[INJECT_STOP] = "CPUs come back",
	[INJECT_FREEZE] = "vCPUs are frozen",
	[INJECT_DEVICES] = "devices",
	[INJECT_PREPARE_RESTART] = "what the firmware needs",
	[INJECT_WITHDRAW] = "memory is taken",
	[INJECT_PREPARE_RESET] = "services are prepared",
	[INJECT_REVOKE] = "rights to a page",
	[INJECT_UNSEAL] = "the first vCPU's VMSA",
	[INJECT_WAKE] = "an IPI",
	[INJECT_ALLOC] = "a page of the SVSM's",
};

static uint32_t image_mark;
static _Atomic uint32_t turns[BARE_CPUS_MAX];
static uint8_t measured[PCR_SIZE];
static bool has_tpm; // that lives

// --- what the guest has

static void job_turns(void)
{
	for (;;)
		if (svsm_core(SVSM_CORE_QUERY_PROTOCOL, 1, 0, 0) == SVSM_SUCCESS)
			turns[this_cpu()->index]++;
}

static void have_memory(void)
{
	need_large(LARGE);
	for (unsigned i = 0; i < SMALLS; i++)
		need_valid(SMALL + 2 * i * PAGE_SIZE);
	if (!ghcb_page_state(SHARED, PSC_OP_SHARED))
		report_abort("no shared page");
	for (uint64_t at = 0; at < LARGE_PAGE_SIZE; at += PAGE_SIZE)
		*(volatile uint64_t *)private_ptr(LARGE + at) = PATTERN + at;
	for (unsigned i = 0; i < SMALLS; i++)
		*(volatile uint64_t *)private_ptr(SMALL + 2 * i * PAGE_SIZE) = PATTERN + i;
	*(volatile uint64_t *)shared_ptr(SHARED) = PATTERN;
	image_mark = 1;
	if (svsm_core(SVSM_CORE_REMAP_CA, SPARE_CAA_GPA, 0, 0))
		report_abort("the calling area cannot be moved");
	svsm_caa_set(SPARE_CAA_GPA);
}

static void have_vcpus(void)
{
	for (uint32_t i = 1; i < cpu_count; i++) {
		if (!cpu_start(i))
			report_abort("boot %u: CPU %u does not start", boot_number(), i);
		cpu_begin(i, job_turns);
	}
}

static void have_a_tpm(void)
{
	if (vtpm_call(SVSM_VTPM_QUERY, 0) != SVSM_SUCCESS)
		report_abort("boot %u: no service", boot_number());
	need_valid(BUFFER);
	need_valid(BUFFER + PAGE_SIZE);
	// A program in the TPM's place dies of it.
	has_tpm = tpm_startup(BUFFER, TPM_SU_CLEAR) == TPM_RC_SUCCESS;
	if (has_tpm && (pcr_extend(BUFFER, 7, 1) || !pcr_read(BUFFER, 7, measured)))
		report_abort("the TPM does not work");
}

// --- and still has; NULL, or what it has not

static const char *lost_memory(void)
{
	for (uint64_t at = 0; at < LARGE_PAGE_SIZE; at += PAGE_SIZE)
		if (try_read(private_ptr(LARGE + at)) != PATTERN + at)
			return "a large page";
	for (unsigned i = 0; i < SMALLS; i++)
		if (try_read(private_ptr(SMALL + 2 * i * PAGE_SIZE)) != PATTERN + i)
			return "a small page";
	if (*(volatile uint64_t *)shared_ptr(SHARED) != PATTERN)
		return "a shared page";
	try_write(private_ptr(LARGE), PATTERN);
	if (trap_taken().vector != TRAP_NONE || image_mark != 1)
		return "the right to write";
	if (pvalidate_one(LARGE | VALID | LARGE_SIZE) != SVSM_FAIL(PVALIDATE_FAIL_UNCHANGED))
		return "the validity of a page";
	return NULL;
}

static const char *lost_vcpus(void)
{
	for (uint32_t i = 1; i < cpu_count; i++) {
		uint32_t now = turns[i];

		if (!wait_for(turns[i] > now + 1, RUN_MS))
			return "a vCPU";
		if (rmpquery(AP_VMSA_GPA(i), SVSM_GUEST_VMPL).rdx !=
			(RMPADJUST_RDX(SVSM_GUEST_VMPL, RMP_PERM_R) | RMPADJUST_VMSA))
			return "the VMSA of a vCPU";
	}
	return NULL;
}

static const char *lost_tpm(void)
{
	uint8_t value[PCR_SIZE];

	if (!has_tpm)
		return get_random(BUFFER, 8) == TPM_RC_FAILURE ? NULL : "the death of its service";
	if (!pcr_read(BUFFER, 7, value) || memcmp(value, measured, sizeof(value)) != 0)
		return "the PCRs";
	return NULL;
}

static const char *lost(void)
{
	const char *what = lost_memory();

	if (what == NULL)
		what = lost_vcpus();
	if (what == NULL)
		what = lost_tpm();
	return what;
}

// --- one failure after another

// Fails call n of the site, n + 1, and so on, until the guest is rebooted.
static _Noreturn void site_run(uint32_t site, uint32_t n)
{
	for (;; n++) {
		keep(KEPT_A, n);
		keep(KEPT_INJECT, site | n << 8);
		uint64_t code = reboot_once();

		if (code == SVSM_SUCCESS || !HAS_FAILED)
			report_abort("%s, call %u: no reboot, 0x%lx", names[site], n, code);
		const char *what = lost();

		if (what != NULL)
			report_abort("%s, call %u: the guest has lost %s", names[site], n, what);
		keep(KEPT_B, kept(KEPT_B) + 1);
	}
}

// A site has no more calls to fail when the guest is rebooted and nothing has failed.
static uint32_t site_next(uint32_t site, uint32_t *n)
{
	*n = kept(KEPT_A) + 1;
	if (boot_number() == 0 || HAS_FAILED)
		return site;
	print("# %s: %u calls\n", names[site], *n - 1);
	*n = 0;
	return site + 1;
}

void run_reboot_failures(void)
{
	uint32_t n = 0;
	uint32_t site = kept(KEPT_D);

	if (boot_number() == 0) {
		site = INJECT_SETTLE;
		keep(KEPT_A, 0);
	} else {
		site = site_next(site, &n);
	}
	keep(KEPT_D, site);
	if (site < INJECT_SITES) {
		have_memory();
		have_vcpus();
		have_a_tpm();
		site_run(site, n);
	}
	expect(site, INJECT_SITES, "all parts of a reboot have failed");
	// Each step once, settling twice, and each page twice at least.
	expect_true(kept(KEPT_B) > 100, "%u failures, after which the guest had all it had",
		kept(KEPT_B));
}
