// SPDX-License-Identifier: MIT
// All of a boot's memory is full of a pattern, and none of it is in the next boot's: neither in
// what that is given nor in what it can validate. Its firmware's pages are what the first boot's
// were.
#include "tests/guest-bare/boots.h"

#include "lib/string.h"

#define PATTERN		0x5ec4e7c0ffee0000ull
#define SMALL		FRESH(0) // 2 MiB of small pages, of which every second one is given away again
#define WAS_SHARED	FRESH(1)		   // validated, then shared
#define LARGE		FRESH(2)		   // 2 MiB pages from here to the end of memory
#define FREE_IMAGE	(GUEST_IMAGE_END - 0x5000) // behind .bss, before the page of the reset vector
#define GUEST_IMAGE_END (1ull << 32)
#define LAST		2

extern const uint8_t image_start[], ex_table_end[], image_end[];

static void fill(uint64_t gpa, uint64_t size)
{
	volatile uint64_t *words = private_ptr(gpa);

	for (uint64_t i = 0; i < size / sizeof(*words); i++)
		words[i] = PATTERN + gpa + i;
}

static bool is_zero(uint64_t gpa, uint64_t size)
{
	const volatile uint64_t *words = private_ptr(gpa);
	uint64_t any = 0;

	for (uint64_t i = 0; i < size / sizeof(*words); i++)
		any |= words[i];
	return any == 0;
}

static bool is_svsm(uint64_t gpa)
{
	return gpa + LARGE_PAGE_SIZE > secrets->svsm_base &&
	       gpa < secrets->svsm_base + secrets->svsm_size;
}

// --- fill

static void small_change(unsigned step, uint64_t flags)
{
	uint16_t count = 0;

	for (unsigned i = 0; i < 512; i += step) {
		list_entries(LIST_GPA)[count++] = (SMALL + i * PAGE_SIZE) | flags;
		if (count < 500 && i + step < 512)
			continue;
		if (pvalidate_list(LIST_GPA, count, 0))
			report_abort("small pages: entry %u", list_next(LIST_GPA));
		count = 0;
	}
}

// What look_fresh() has validated is filled, and part of it given away.
static void fill_small(void)
{
	fill(SMALL, LARGE_PAGE_SIZE);
	small_change(2, 0);
}

static void fill_shared(void)
{
	volatile uint64_t *words = shared_ptr(WAS_SHARED);

	fill(WAS_SHARED, PAGE_SIZE);
	if (pvalidate_one(WAS_SHARED) || !ghcb_page_state(WAS_SHARED, PSC_OP_SHARED))
		report_abort("a page cannot be shared");
	for (unsigned i = 0; i < PAGE_SIZE / sizeof(*words); i++)
		words[i] = PATTERN + i;
}

// A VMSA has room behind its fields.
static void fill_vmsa(void)
{
	if (cpu_count < 2)
		return;
	if (!cpu_start(1) || !cpu_stop(1))
		report_abort("CPU 1 does not start and stop");
	fill(AP_VMSA_GPA(1), PAGE_SIZE);
	vmsa_prepare(AP_VMSA_GPA(1), 1);
	fill(AP_VMSA_GPA(1) + PAGE_SIZE / 2, PAGE_SIZE / 2);
	if (vcpu_create(AP_VMSA_GPA(1), AP_CAA_GPA(1), bare_cpus[1].apic_id))
		report_abort("a VMSA with a pattern");
}

static void fill_image(void)
{
	fill(FREE_IMAGE, 2 * PAGE_SIZE);
	if (pvalidate_one(FREE_IMAGE + PAGE_SIZE) == SVSM_SUCCESS)
		ghcb_page_state(FREE_IMAGE + PAGE_SIZE, PSC_OP_SHARED);
}

// The pages that told the firmware where it is; one of them is given to the host.
static void fill_given(void)
{
	fill(GUEST_CPUID_GPA, PAGE_SIZE);
	if (pvalidate_one(GUEST_PARAMS_GPA) || !ghcb_page_state(GUEST_PARAMS_GPA, PSC_OP_SHARED))
		report_abort("the memory map's page cannot be shared");
	memset(shared_ptr(GUEST_PARAMS_GPA), 0x5e, PAGE_SIZE);
	if (svsm_core(SVSM_CORE_REMAP_CA, SPARE_CAA_GPA, 0, 0))
		report_abort("the calling area cannot be moved");
	svsm_caa_set(SPARE_CAA_GPA);
	fill(GUEST_CAA_GPA, PAGE_SIZE);
	fill(SPARE_CAA_GPA + 8, PAGE_SIZE - 8);
	fill(GUEST_SECRETS_GPA, PAGE_SIZE); // the last: `secrets` point there
}

static void fill_all(void)
{
	for (uint64_t gpa = LARGE; gpa < memory_end(); gpa += LARGE_PAGE_SIZE)
		if (!is_svsm(gpa))
			fill(gpa, LARGE_PAGE_SIZE);
	fill_small();
	fill_shared();
	fill_vmsa();
	fill_image();
	fill_given();
}

// --- look

static uint64_t hash_more(uint64_t hash, const void *from, size_t size)
{
	const uint8_t *bytes = from;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3;
	return hash;
}

// Of the image what does not change while it runs, and the firmware's pages without the counts of
// messages, which go on.
static uint64_t hash_given(void)
{
	const uint8_t *end = image_start + GUEST_IMAGE_SIZE;
	const uint8_t *behind = secrets->os_area + 16;
	uint64_t hash = 0xcbf29ce484222325;

	hash = hash_more(hash, image_start, (size_t)(ex_table_end - image_start));
	hash = hash_more(hash, image_end, (size_t)(end - image_end));
	hash = hash_more(hash, private_ptr(GUEST_CPUID_GPA), PAGE_SIZE);
	hash = hash_more(hash, private_ptr(GUEST_PARAMS_GPA), PAGE_SIZE);
	hash = hash_more(hash, secrets, offsetof(struct snp_secrets_page, os_area));
	return hash_more(hash, behind, PAGE_SIZE - (size_t)(behind - (const uint8_t *)secrets));
}

// NULL, or where there is something.
static const char *look_fresh(void)
{
	for (unsigned i = 0; i < 512; i++)
		need_private(SMALL + i * PAGE_SIZE, false);
	small_change(1, VALID);
	if (!is_zero(SMALL, LARGE_PAGE_SIZE))
		return "small pages";
	need_valid(WAS_SHARED);
	if (!is_zero(WAS_SHARED, PAGE_SIZE))
		return "a page that was shared";
	for (uint64_t gpa = LARGE; gpa < memory_end(); gpa += LARGE_PAGE_SIZE) {
		if (is_svsm(gpa))
			continue;
		need_large(gpa);
		if (!is_zero(gpa, LARGE_PAGE_SIZE))
			return "large pages";
	}
	return NULL;
}

static const char *look_given(void)
{
	const uint64_t hash = hash_given();
	const uint64_t *counts = (const uint64_t *)secrets->os_area;

	if (boot_number() == 0) {
		keep(KEPT_A, (uint32_t)hash);
		keep(KEPT_B, (uint32_t)(hash >> 32));
	}
	if (hash != (kept(KEPT_A) | (uint64_t)kept(KEPT_B) << 32))
		return "image, CPUID, secrets or map, which have changed";
	if (counts[0])
		return "counts of messages of keys that are not the guest's";
	if (svsm_caa_gpa() != GUEST_CAA_GPA || !is_zero(GUEST_CAA_GPA + 8, PAGE_SIZE - 8))
		return "the calling area";
	if (!is_zero(GUEST_MEMORY_GPA, GUEST_MEMORY_SIZE) ||
		!is_zero(GUEST_MEMORY2_GPA, GUEST_MEMORY2_SIZE))
		return "memory that is validated at the start";
	return NULL;
}

static _Atomic bool ap_goes;

static void job_reboot(void)
{
	ap_goes = true;
	reboot_or_abort();
}

// Boot 0 reboots from CPU 0, boot 1 from another.
void run_reboot_pattern(void)
{
	uint32_t boot = boot_number();
	const char *found = look_given();

	if (found == NULL)
		found = look_fresh();
	if (boot < LAST && found != NULL)
		report_abort("boot %u: the pattern is in %s", boot, found);
	if (boot == LAST) {
		expect_true(found == NULL, "nothing of two boots is left in %s",
			found == NULL ? "any page" : found);
		expect(boot, LAST, "boots");
		return;
	}
	if (boot == 1 && cpu_count > 2) {
		if (!cpu_start(2))
			report_abort("CPU 2 does not start");
		fill_all();
		cpu_begin(2, job_reboot);
		for (;;)
			cpu_pause();
	}
	fill_all();
	reboot_or_abort();
}
