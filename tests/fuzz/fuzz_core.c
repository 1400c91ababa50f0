// SPDX-License-Identifier: MIT
/*
 * Requests of the core and the vTPM protocol, from three CPUs, by the whole kernel on fake hardware
 * (tests/host/fake/fake.h). The input is a list of what guest and host do: calls with registers and
 * lists, writes to guest memory, rights given on, pages taken or exchanged by the host at any
 * moment, instructions and allocations that fail. Every few steps, and in the end: page states
 * equal the RMP, nobody has rights that he must not have, no lock is held, nothing of the heap is
 * lost, the answer is one of the documented; and the VM ends only where a host took something away,
 * never by a panic.
 */
#include <string.h>

#include "abi/vtpm.h"
#include "kernel/error.h"
#include "kernel/guest_memory.h"
#include "kernel/percpu.h"
#include "kernel/request.h"
#include "kernel/vcpu.h"
#include "tests/fuzz/fuzz.h"
#include "tests/host/fake/fake.h"

#define STEPS_MAX   24
#define CHECK_STEPS 6 // it takes longer than the steps
#define CPUS	    3
#define LIST	    FAKE_FREE_GPA // a valid page for lists
#define INVALID	    MIB(64)	  // 2 MiB and more of guest memory that is not valid
#define ENTRIES_MAX 12
#define JUNK	    0xd6
#define REGION_END  (KERNEL_GPA + KERNEL_REGION_SIZE)

#define PAGES(start, end)                                                                          \
	{                                                                                          \
		.starting_gpa_page_number = (start) / PAGE_SIZE,                                   \
		.number_of_pages = ((end) - (start)) / PAGE_SIZE                                   \
	}

static struct input input;
static bool hostile; // the host has done something since the start

// Addresses by which something can go wrong, and any.
static uint64_t take_gpa(void)
{
	static const uint64_t places[] = {LIST, FAKE_FREE_GPA + PAGE_SIZE,
		FAKE_FREE_GPA + 2 * PAGE_SIZE, INVALID, INVALID + HUGE_PAGE_SIZE, KERNEL_GPA,
		KERNEL_GPA + HUGE_PAGE_SIZE - PAGE_SIZE, 0xa0000, 0x9f000, FAKE_IMAGE_GPA,
		GIB(4) - PAGE_SIZE, GIB(4), FAKE_RAM_END - PAGE_SIZE, FAKE_RAM_END, FAKE_CAA_GPA, 0,
		REGION_END};
	uint64_t what = input_take(&input, 1);
	uint64_t gpa = places[what % ARRAY_SIZE(places)];

	if (what < 64)
		return gpa;
	if (what < 192)
		return FAKE_FREE_GPA + (what % 48) * PAGE_SIZE;
	if (what < 224)
		return gpa + input_take(&input, 2);
	if (what < 240)
		return fake_vcpu_vmsa() + (what & 1 ? 0 : PAGE_SIZE);
	if (what < 248)
		return fake_vcpu_caa();
	return input_take(&input, 8);
}

static uint64_t take_page(void)
{
	return ALIGN_DOWN(take_gpa(), (uint64_t)PAGE_SIZE) % FAKE_GPA_END;
}

// A page that a hostile host or a guest may touch: not the kernel's.
static bool is_outside(uint64_t gpa)
{
	return gpa < KERNEL_GPA || gpa >= REGION_END;
}

struct entry_before {
	uint64_t entry;
	bool valid;
};
static struct entry_before list_before[ENTRIES_MAX];
static uint16_t list_next, list_count; // of the entries that were written
static uint16_t list_total;	       // as the header says
static uint64_t list_gpa;

// One of a list: pages that are valid or not, some of 2 MiB, and anything at all.
static uint64_t take_entry(void)
{
	uint64_t what = input_take(&input, 1);
	uint64_t flags = input_take(&input, 1);
	uint64_t gpa = take_gpa() & ~0xfffull;
	uint64_t size = RMP_PAGE_4K;

	if (what < 96)
		gpa = INVALID + (what % 12) * PAGE_SIZE;
	else if (what < 144)
		gpa = INVALID + (what % 3) * HUGE_PAGE_SIZE;
	else if (what < 224)
		gpa = FAKE_FREE_GPA + (what % 48) * PAGE_SIZE;
	if (what >= 96 && what < 144)
		size = RMP_PAGE_2M;
	if (flags >= 224)
		return gpa | flags << 4 | (what & 15);
	return gpa | size | (flags & (SVSM_PVALIDATE_VALIDATE | SVSM_PVALIDATE_IGNORE_CF));
}

// Header and entries, at any place of a page.
static void write_list(void)
{
	struct svsm_pvalidate_list header = {0};
	uint64_t how = input_take(&input, 1);

	list_gpa = how < 192 ? LIST : take_gpa();
	if ((how & 15) == 15)
		list_gpa = LIST + PAGE_SIZE - 8 * (how >> 4);
	list_count = (uint16_t)input_below(&input, ENTRIES_MAX + 1);
	list_next = (uint16_t)(how & 3 ? 0 : input_below(&input, ENTRIES_MAX + 2));
	header.count = (how & 0x30) == 0x30 ? (uint16_t)input_take(&input, 2) : list_count;
	header.next = list_next;
	list_total = header.count;
	for (unsigned int i = 0; i < list_count; i++) {
		uint64_t entry = take_entry();

		list_before[i] = (struct entry_before){entry, fake_is_valid(entry % FAKE_GPA_END)};
	}
	if (list_gpa >= FAKE_GPA_END - 2 * PAGE_SIZE || !is_outside(list_gpa) ||
		!is_outside(list_gpa + PAGE_SIZE))
		return;
	fake_write(list_gpa, &header, sizeof(header));
	for (unsigned int i = 0; i < list_count; i++)
		fake_write(list_gpa + sizeof(header) + 8 * i, &list_before[i].entry, 8);
}

static bool is_zero(uint64_t gpa)
{
	return bytes_is_zero(bytes_make(fake_ptr(gpa), PAGE_SIZE));
}

// What was validated now holds zeros, save what the kernel itself wrote back into the list.
static void check_list(uint32_t result)
{
	const struct svsm_pvalidate_list *list;

	if (hostile || list_gpa >= FAKE_GPA_END - PAGE_SIZE || !is_outside(list_gpa) ||
		list_gpa % 8 != 0)
		return;
	list = (const struct svsm_pvalidate_list *)fake_ptr(list_gpa);
	// The count may be gone: a list can take away its own page, and bring it back as zeros.
	FUZZ_CHECK(result != SVSM_SUCCESS || list->next == list_total);
	for (uint16_t i = list_next; result == SVSM_SUCCESS && i < list_count; i++) {
		uint64_t gpa = list_before[i].entry & ~0xfffull;

		if (!list_before[i].valid && (list_before[i].entry & SVSM_PVALIDATE_VALIDATE) &&
			fake_is_valid(gpa) && gpa != ALIGN_DOWN(list_gpa, PAGE_SIZE))
			FUZZ_CHECK(is_zero(gpa));
	}
}

static bool is_documented(uint32_t result)
{
	switch (result) {
	case SVSM_SUCCESS:
	case SVSM_ERR_UNSUPPORTED_PROTOCOL:
	case SVSM_ERR_UNSUPPORTED_CALL:
	case SVSM_ERR_INVALID_ADDRESS:
	case SVSM_ERR_INVALID_FORMAT:
	case SVSM_ERR_INVALID_PARAMETER:
	case SVSM_ERR_INVALID_REQUEST:
		return true;
	default:
		return result == (uint32_t)ERR_RMP_UNCHANGED ||
		       (result > SVSM_ERR_PROTOCOL_BASE &&
			       result <= SVSM_ERR_PROTOCOL_BASE + RMP_FAIL_SIZEMISMATCH);
	}
}

static uint32_t take_protocol(uint64_t odd)
{
	if (odd == 1)
		return (uint32_t)input_take(&input, 4);
	return odd >= 224 ? SVSM_PROTOCOL_VTPM : SVSM_PROTOCOL_CORE;
}

static void take_registers(struct fake_regs *regs)
{
	uint64_t call = input_below(&input, 16);
	uint64_t odd = input_take(&input, 1);

	if (call > SVSM_CORE_REBOOT_QUERY)
		call = call < 14 ? SVSM_CORE_PVALIDATE : SVSM_CORE_CREATE_VCPU;
	regs->rax = FAKE_CALL(take_protocol(odd), odd == 2 ? odd << 8 : call);
	regs->rcx = take_gpa();
	regs->rdx = take_gpa();
	regs->r8 = odd < 8 ? input_take(&input, 5) : 2 * (odd % (CPUS + 1));
	regs->r9 = odd;
	if (call == SVSM_CORE_PVALIDATE) {
		write_list();
		regs->rcx = list_gpa;
	} else if (call == SVSM_CORE_CREATE_VCPU && odd < 192 && is_outside(regs->rcx) &&
		   regs->rcx < FAKE_GPA_END - PAGE_SIZE && !fake_is_vmsa(regs->rcx)) {
		fake_vmsa_fill(regs->rcx & ~0xfull);
	} else if (call == SVSM_CORE_REBOOT || call == SVSM_CORE_REBOOT_QUERY) {
		regs->rcx = odd & 1 ? odd >> 1 & 3 : regs->rcx;
	} else if (call == SVSM_CORE_QUERY_PROTOCOL) {
		regs->rcx = (odd & 7) << 32 | (odd >> 3 & 3);
	}
}

// The service behind protocol 2: it may answer anything, or die. What lies behind its answer in the
// buffer is not the guest's to see.
#define SECRET 0xe7
static bool served;

static uint32_t serve(struct request *request, uint8_t *buffer, uint32_t *size)
{
	static const uint32_t answers[] = {
		OK, OK, OK, SVSM_ERR_INVALID_PARAMETER, SVSM_ERR_INVALID_FORMAT};
	uint64_t what = input_take(&input, 1);

	FUZZ_CHECK(request->protocol == SVSM_PROTOCOL_VTPM);
	if (request->call != SVSM_VTPM_CMD)
		return answers[what % ARRAY_SIZE(answers)];
	FUZZ_CHECK(*size == VTPM_BUFFER_SIZE);
	served = true;
	memset(buffer, SECRET, VTPM_BUFFER_SIZE);
	*size = (uint32_t)input_below(&input, VTPM_BUFFER_SIZE + 1);
	memset(buffer, 0x11, *size);
	if (what > 250)
		fake_service_kill();
	return answers[what % ARRAY_SIZE(answers)];
}

static bool has_secret(uint64_t gpa)
{
	if (gpa >= FAKE_GPA_END - VTPM_BUFFER_SIZE)
		return false;
	for (uint64_t at = gpa; at < gpa + VTPM_BUFFER_SIZE; at++) {
		if (*fake_ptr(at) == SECRET)
			return true;
	}
	return false;
}

// Commands and answers carry keys: no copy stays with the kernel.
static void check_served(uint64_t gpa, bool had_secret)
{
	if (!served)
		return;
	FUZZ_CHECK(bytes_is_zero(bytes_make(this_cpu()->request_buffer, VTPM_BUFFER_SIZE)));
	FUZZ_CHECK(had_secret || !has_secret(gpa));
}

struct call {
	struct fake_regs regs;
	bool answered;
};

static void run_call(void *argument)
{
	struct call *call = argument;

	call->answered = fake_call(&call->regs);
}

// False: the VM ended.
static bool do_call(void)
{
	struct call call = {0};
	bool has_vcpu = fake_vcpu_vmsa() != 0;

	take_registers(&call.regs);
	uint64_t rcx = call.regs.rcx;

	// The TPM's answer can overwrite the flag of the calling area, if the guest wants it there.
	bool on_caa = call.regs.rax >> 32 == SVSM_PROTOCOL_VTPM &&
		      rcx - (fake_vcpu_caa() - VTPM_BUFFER_SIZE) < VTPM_BUFFER_SIZE + PAGE_SIZE;

	bool had_secret = has_secret(rcx); // the same number in data of its own

	served = false;
	fake_service(serve);
	bool is_reboot = call.regs.rax == FAKE_CALL(SVSM_PROTOCOL_CORE, SVSM_CORE_REBOOT);
	bool is_list = call.regs.rax == FAKE_CALL(SVSM_PROTOCOL_CORE, SVSM_CORE_PVALIDATE);
	int reason = fake_try(run_call, &call);

	if (reason != FAKE_RETURNED) {
		FUZZ_CHECK(hostile);
		FUZZ_CHECK(reason == TERMINATE_NOT_VALIDATED || reason == TERMINATE_CALL_BACK ||
			   (is_reboot &&
				   (reason == TERMINATE_REBOOT || reason == TERMINATE_FIRMWARE)));
		return false;
	}
	FUZZ_CHECK(call.answered == has_vcpu || ((hostile || on_caa) && has_vcpu));
	if (!call.answered)
		return true;
	FUZZ_CHECK(call.regs.rax <= UINT32_MAX && is_documented((uint32_t)call.regs.rax));
	check_served(rcx, had_secret);
	if (is_list)
		check_list((uint32_t)call.regs.rax);
	return true;
}

// To VMPL 3: taking the page back has to take that too.
static void give_rights(void)
{
	uint64_t gpa = take_page();
	uint8_t rights = input_take(&input, 1) & RMP_PERM_RWX;

	if (is_outside(gpa))
		fake_guest_gives(gpa, rights);
}

static void write_memory(void)
{
	uint64_t gpa = take_page();
	uint8_t junk[64];

	memset(junk, JUNK, sizeof(junk));
	if (is_outside(gpa) && !fake_is_vmsa(gpa))
		fake_write(gpa, junk, sizeof(junk));
}

// What the host does by itself, or at the nth moment from now.
static void be_hostile(void)
{
	uint64_t what = input_take(&input, 1);
	uint64_t n = input_take(&input, 1) % 64;
	enum fake_attack attack = (enum fake_attack)(n % (FAKE_SHARE + 1));
	uint64_t gpa = take_page();

	hostile = true;
	switch (what % 7) {
	case 0:
		if (is_outside(gpa))
			fake_attack(gpa, attack);
		break;
	case 1:
		fake_fail_alloc(n % 4);
		break;
	case 2:
		fake_fail_rmp(n, (uint32_t)(what >> 3) % RMP_FAIL_SIZEMISMATCH + 1);
		break;
	case 3:
		fake_attack_access(n, (enum fake_attack)(what >> 3 & 3));
		break;
	case 4:
		fake_attack_twice(n, what >> 3, FAKE_EXCHANGE);
		break;
	case 5:
		fake_vmsa_run(gpa, n * n * n);
		break;
	default:
		fake_drop_ipis((n & 1) != 0);
		break;
	}
}

static bool step(void)
{
	uint64_t what = input_take(&input, 1);

	if (what < 8)
		write_memory();
	else if (what < 16)
		give_rights();
	else if (what < 32)
		fake_cpu_select((uint32_t)(what % CPUS));
	else if (what < 64)
		be_hostile();
	else
		return do_call();
	return true;
}

static void start(void)
{
	// The fake looks at 16 MiB as the kernel's, however much it has.
	static const struct fake_config config = {
		.cpus = CPUS,
		.service = SVSM_PROTOCOL_VTPM,
		.map_count = 3,
		.map = {PAGES(0, KERNEL_GPA), PAGES(REGION_END, FAKE_RAM_END),
			PAGES(GIB(4), GIB(4) + MIB(16))},
	};
	static bool started;

	if (!started)
		FUZZ_CHECK(fake_boot(&config) == FAKE_RETURNED);
	else
		fake_reset();
	started = true;
	hostile = false;
	// What the host left where nothing is valid yet.
	memset(fake_ptr_write(INVALID, 12 * PAGE_SIZE), JUNK, 12 * PAGE_SIZE);
	for (uint64_t i = 0; i < 3; i++)
		memset(fake_ptr_write(INVALID + (i + 1) * HUGE_PAGE_SIZE - 64, 64), JUNK, 64);
}

static void check_all(void)
{
	const char *wrong = fake_check();

	if (wrong != NULL)
		fuzz_fail(__FILE__, __LINE__, wrong);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	input = (struct input){data, size};
	start();
	for (int i = 0; i < STEPS_MAX && input.size > 0; i++) {
		if (!step())
			return 0;
		if (i % CHECK_STEPS == CHECK_STEPS - 1)
			check_all();
	}
	check_all();
	return 0;
}
