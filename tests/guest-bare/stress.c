// SPDX-License-Identifier: MIT
// All CPUs call at once, at random, rightly and wrongly, for a while. fw_cfg: opt/copra/seconds,
// opt/copra/seed (decimal numbers).
#include "tests/guest-bare/guest.h"

#include "lib/string.h"
#include "tests/bare/fwcfg.h"

#define SECONDS_DEFAULT 30
#define POOL		FRESH(16) // shared by all CPUs
#define POOL_PAGES	4096u
#define OWN_CAAS	0x830000ull // two pages for each CPU: it moves between them
#define OWN_VMSA(n)	(0x816000ull + (n)*PAGE_SIZE)
#define ENTRIES_MAX	16
#define STOP_MS		20000
#define CODES		4

static _Atomic bool stress_end;
static _Atomic uint64_t calls[BARE_CPUS_MAX], answers[BARE_CPUS_MAX][CODES];
static _Atomic uint64_t strange_code, strange_request;
static uint64_t random_state[BARE_CPUS_MAX];
static bool victim_created[BARE_CPUS_MAX];
static uint32_t victim_id;
static _Atomic uint64_t victim_code;

static uint64_t random(void)
{
	uint64_t *state = &random_state[this_cpu()->index];

	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static uint64_t random_page(void)
{
	return POOL + (random() % POOL_PAGES) * PAGE_SIZE;
}

static uint64_t random_address(void)
{
	switch (random() % 8) {
	case 0:
		return random();
	case 1:
		return random() & ~0xfffull;
	case 2:
		return secrets->svsm_base + random() % secrets->svsm_size;
	case 3:
		return random_page() | bare_cbit;
	case 4:
		return random_page() + random() % PAGE_SIZE;
	case 5:
		return AP_VMSA_GPA(random() % BARE_CPUS_MAX);
	default:
		return random_page();
	}
}

// What the answer of a core call may be
static bool code_allowed(uint64_t code)
{
	if (code == SVSM_SUCCESS)
		return true;
	if (code >= SVSM_ERR_UNSUPPORTED_PROTOCOL && code <= SVSM_ERR_BUSY)
		return true;
	code -= SVSM_ERR_PROTOCOL_BASE;
	return (code >= RMP_FAIL_INPUT && code <= RMP_FAIL_SIZEMISMATCH) ||
	       code == PVALIDATE_FAIL_UNCHANGED;
}

static uint64_t call(uint64_t rax, uint64_t rcx, uint64_t rdx, uint64_t r8)
{
	uint32_t index = this_cpu()->index;
	struct svsm_call c = {rax, rcx, rdx, r8, 0};
	uint64_t code = svsm_call(&c);

	calls[index]++;
	answers[index][code == SVSM_SUCCESS		  ? 0
		       : code >= SVSM_ERR_PROTOCOL_BASE	  ? 1
		       : code == SVSM_ERR_INVALID_ADDRESS ? 2
							  : 3]++;
	if (!code_allowed(code)) {
		strange_code = code;
		strange_request = rax;
	}
	return code;
}

static void random_list(void)
{
	uint64_t gpa = svsm_caa_gpa() + offsetof(struct svsm_caa, buffer);
	struct svsm_pvalidate_list *list = private_ptr(gpa);
	unsigned count = 1 + random() % ENTRIES_MAX;

	for (unsigned i = 0; i < count; i++) {
		uint64_t page = random() % 64 ? random_page() : random_address();
		uint64_t large = random() % 64 ? 0 : LARGE_SIZE;

		if (large)
			page &= ~(LARGE_PAGE_SIZE - 1);

		// mostly in order, with the carry ignored, so that lists get further than one entry
		list->entry[i] = (page & ~0xfffull) | large | (random() & VALID) |
				 (random() % 4 ? IGNORE_CF : 0) |
				 (random() % 32 ? 0 : random() & 0xfff);
	}
	list->count = (uint16_t)(random() % 32 ? count : random());
	list->next = (uint16_t)(random() % 16 ? 0 : random() % (count + 2));
	call(SVSM_CORE_PVALIDATE, random() % 32 ? gpa : random_address(), 0, 0);
}

static void random_remap(void)
{
	uint64_t own = OWN_CAAS + this_cpu()->index * 2 * PAGE_SIZE + (random() & PAGE_SIZE);
	uint64_t gpa = random() % 4 ? own : random_address();

	if (call(SVSM_CORE_REMAP_CA, gpa, 0, 0) == SVSM_SUCCESS)
		svsm_caa_set(gpa);
}

// Each CPU has a VMSA page, which it registers for the last CPU, that never runs, and deletes
// again: both have to succeed whatever the others do. (In use: that CPU's SVSM looks at it now.)
static void victim_create(void)
{
	uint32_t index = this_cpu()->index;
	uint64_t vmsa = OWN_VMSA(index), code;

	if (victim_created[index]) {
		code = call(SVSM_CORE_DELETE_VCPU, vmsa, 0, 0);
	} else {
		vmsa_prepare(vmsa, 0);
		code = call(SVSM_CORE_CREATE_VCPU, vmsa, CAA_TRY_GPA, victim_id);
	}
	if (code == SVSM_SUCCESS)
		victim_created[index] = !victim_created[index];
	else if (!victim_created[index] || code != SVSM_FAIL(RMP_FAIL_INUSE))
		victim_code = code;
}

// Only for a CPU that is not there: one that runs would lose its own calls.
static void random_create(void)
{
	uint64_t apic_id = random() % 2 ? 1000 + random() % 1000 : random() | 1ull << 40;

	call(SVSM_CORE_CREATE_VCPU, random_address(), random_address(), apic_id);
}

// A VMSA that is refused for what it holds: revoked, looked at, given back.
static void refused_create(void)
{
	uint64_t gpa = OWN_CAAS + this_cpu()->index * 2 * PAGE_SIZE;

	if (gpa == svsm_caa_gpa())
		gpa += PAGE_SIZE;
	if (call(SVSM_CORE_CREATE_VCPU, gpa, CAA_TRY_GPA, this_cpu()->apic_id) == SVSM_SUCCESS)
		report_abort("a page of anything became a VMSA");
}

// Not the VMSAs of this test: a vCPU that is between two runs can be deleted, and would be gone.
static void random_delete(void)
{
	uint64_t gpa = random_address();

	if (gpa - AP_VMSA_GPA(0) < BARE_CPUS_MAX * 2 * PAGE_SIZE)
		return;
	call(SVSM_CORE_DELETE_VCPU, gpa, 0, 0);
}

static void random_other(void)
{
	uint64_t rax = random() % 4 ? 4 + random() % 6 : random();

	if (rax >> 32 == SVSM_PROTOCOL_CORE && (uint32_t)rax <= SVSM_CORE_DELETE_VCPU)
		return;
	call(rax, random(), random(), random());
}

static void random_call(void)
{
	switch (random() % 16) {
	case 0:
	case 1:
		random_remap();
		break;
	case 2:
		random_create();
		break;
	case 3:
		random_delete();
		break;
	case 4:
		refused_create();
		break;
	case 5:
	case 6:
		random_other();
		break;
	case 7:
	case 8:
		victim_create();
		break;
	default:
		random_list();
	}
}

static void stress_job(void)
{
	while (!stress_end)
		random_call();
}

uint64_t parameter(const char *name, uint64_t value)
{
	char text[24] = "";
	uint64_t result = 0;
	size_t size = fwcfg_read(name, text, sizeof(text) - 1);

	for (size_t i = 0; i < size && text[i] >= '0' && text[i] <= '9'; i++)
		result = result * 10 + (uint64_t)(text[i] - '0');
	return size ? result : value;
}

uint8_t clock_seconds(void)
{
	ghcb_out(0x70, 0, 1);
	return (uint8_t)ghcb_in(0x71, 1); // BCD: only a change counts
}

void work_for(uint64_t seconds, void (*work)(void))
{
	uint8_t last = clock_seconds();

	while (seconds) {
		uint8_t now = clock_seconds();

		if (now != last)
			seconds--;
		last = now;
		work();
	}
}

static void random_calls(void)
{
	for (unsigned i = 0; i < 4; i++)
		random_call();
}

static void pool_clear(void)
{
	unsigned failed = 0;

	for (unsigned page = 0; page < POOL_PAGES; page++)
		failed += pvalidate_one((POOL + page * PAGE_SIZE) | IGNORE_CF) != SVSM_SUCCESS;
	expect(failed, 0, "pages of the pool that cannot be invalidated");
	for (unsigned page = 0; page < POOL_PAGES; page++)
		failed += pvalidate_one((POOL + page * PAGE_SIZE) | VALID) != SVSM_SUCCESS;
	expect(failed, 0, "pages of the pool that cannot be validated afterwards");
}

static void check_alive(uint32_t started)
{
	uint64_t all = 0, count[CODES] = {0};

	for (uint32_t i = 0; i < BARE_CPUS_MAX; i++) {
		all += calls[i];
		for (unsigned c = 0; c < CODES; c++)
			count[c] += answers[i][c];
	}
	report_note("%lu calls: %lu successful, %lu RMP errors, %lu bad addresses, %lu others", all,
		count[0], count[1], count[2], count[3]);
	expect(victim_code, SVSM_SUCCESS, "CREATE_VCPU and DELETE_VCPU of each CPU's own VMSA");
	expect(strange_code, 0, "answers that no rule has (request 0x%lx)", strange_request);
	for (uint32_t i = 1; i <= started; i++)
		expect_true(cpu_wait(i, STOP_MS) && calls[i], "CPU %u made calls and ends", i);
	expect(svsm_core(SVSM_CORE_REMAP_CA, GUEST_CAA_GPA, 0, 0), SVSM_SUCCESS,
		"the SVSM is still there");
	svsm_caa_set(GUEST_CAA_GPA);
	for (uint32_t i = 0; i <= started; i++)
		if (victim_created[i])
			expect_true(vcpu_delete_soon(OWN_VMSA(i)), "VMSA of CPU %u", i);
	for (uint32_t i = 1; i <= started; i++)
		expect_true(cpu_stop(i), "CPU %u is deleted", i);
}

void run_stress(void)
{
	uint64_t seconds = parameter("opt/copra/seconds", SECONDS_DEFAULT);
	uint64_t seed = parameter("opt/copra/seed", rdtsc());
	uint32_t started = 0;

	if (cpu_count < 3)
		report_abort("the stress test needs three CPUs or more");
	report_note("%lu s, %u CPUs, seed %lu", seconds, cpu_count, seed);
	test_limits();
	for (uint32_t i = 0; i < BARE_CPUS_MAX; i++)
		random_state[i] = (seed + i + 1) * 0x9e3779b97f4a7c15ull | 1;
	victim_id = bare_cpus[cpu_count - 1].apic_id;
	while (started + 2 < cpu_count && cpu_start(started + 1))
		started++;
	expect(started, cpu_count - 2, "CPUs started");
	for (uint32_t i = 1; i <= started; i++)
		cpu_begin(i, stress_job);
	work_for(seconds, random_calls);
	stress_end = true;
	check_alive(started);
	pool_clear();
	test_limits();
}
