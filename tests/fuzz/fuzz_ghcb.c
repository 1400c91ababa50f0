// SPDX-License-Identifier: MIT
/*
 * The host's side of the GHCB protocol: exits through the page, and the MSR protocol. The input is
 * a list of exits, each with the fields that it sets in the page and which of them it marks valid.
 * The host's other parts are played here; they answer as the input says.
 */
#include <string.h>

#include "machine/host/ghcb.h"
#include "machine/psp/psp.h"
#include "tests/fuzz/machine.h"

#define SHARED_PAGES 4
#define SHARED_GPA   0x10000ull
#define GHCB_GPA     (SHARED_GPA + PAGE_SIZE)
#define STEPS_MAX    16

struct cpu *cpus[CPUS_MAX];
uint32_t cpu_count;

static struct cpu cpu;
static struct host_plane own;
static struct input input;
static struct bytes shared[SHARED_PAGES];

static uint8_t *shared_at(uint64_t gpa)
{
	return (uint8_t *)(uintptr_t)shared[(gpa - SHARED_GPA) / PAGE_SIZE].data + gpa % PAGE_SIZE;
}

void *host_shared(uint64_t gpa, uint64_t size)
{
	bool inside = gpa >= SHARED_GPA && gpa < SHARED_GPA + SHARED_PAGES * PAGE_SIZE &&
		      size <= PAGE_SIZE - gpa % PAGE_SIZE;

	return inside ? shared_at(gpa) : NULL;
}

bool host_range_shared(uint64_t gpa, uint64_t size)
{
	return gpa >= SHARED_GPA && gpa <= SHARED_GPA + SHARED_PAGES * PAGE_SIZE &&
	       size <= SHARED_GPA + SHARED_PAGES * PAGE_SIZE - gpa;
}

bool host_read_shared(uint64_t gpa, void *to, uint64_t size)
{
	if (!host_range_shared(gpa, size))
		return false;
	for (uint64_t i = 0; i < size; i++)
		((uint8_t *)to)[i] = *shared_at(gpa + i);
	return true;
}

bool host_write_shared(uint64_t gpa, const void *from, uint64_t size)
{
	if (!host_range_shared(gpa, size))
		return false;
	for (uint64_t i = 0; i < size; i++)
		*shared_at(gpa + i) = ((const uint8_t *)from)[i];
	return true;
}

struct host_plane *host_plane(const struct plane *plane)
{
	FUZZ_CHECK(plane == &cpu.plane[0]);
	return &own;
}

bool host_io(struct plane *plane, uint16_t port, bool in, unsigned size, uint32_t *value)
{
	FUZZ_CHECK(plane == &cpu.plane[0] && (size == 1 || size == 2 || size == 4));
	if (in)
		*value = (uint32_t)input_take(&input, 1);
	return port != 0x666;
}

bool host_mmio(struct plane *plane, uint64_t gpa, bool write, unsigned size, uint64_t *value)
{
	FUZZ_CHECK(plane == &cpu.plane[0] && size >= 1 && size <= 8);
	FUZZ_CHECK(!write || size == 8 || *value >> (8 * size) == 0);
	if (!write)
		*value = input_take(&input, 1);
	return gpa != 0x666;
}

bool host_rdmsr(struct plane *plane, uint32_t msr, uint64_t *value)
{
	(void)plane;
	*value = input_take(&input, 8);
	return msr != 0x666;
}

bool host_wrmsr(struct plane *plane, uint32_t msr, uint64_t value)
{
	(void)plane;
	return msr != 0x666 && value != 0x666;
}

uint64_t host_page_state(uint64_t gpa, bool large, unsigned op)
{
	FUZZ_CHECK(gpa % (large ? LARGE_PAGE_SIZE : PAGE_SIZE) == 0);
	FUZZ_CHECK(op >= PSC_OP_PRIVATE && op <= PSC_OP_UNSMASH);
	return gpa % (7 * PAGE_SIZE) == 0 ? 1 : 0;
}

uint64_t host_ap_creation(struct plane *caller, uint32_t apic_id, unsigned vmpl, unsigned request,
	uint64_t vmsa_gpa, uint64_t features)
{
	(void)caller, (void)vmsa_gpa, (void)features;
	return apic_id > 1 || vmpl > 3 || request > 2 ? GHCB_ERR_INVALID_INPUT : 0;
}

bool host_switch(struct plane *from, unsigned vmpl)
{
	FUZZ_CHECK(from == &cpu.plane[0]);
	return vmpl < VMPL_COUNT;
}

bool host_hv_ipi(struct plane *from, uint64_t icr)
{
	(void)from;
	return (icr & 1) == 0;
}

struct cpuid_regs host_cpuid(struct cpu *of, uint32_t leaf, uint32_t sub)
{
	FUZZ_CHECK(of == &cpu);
	return (struct cpuid_regs){leaf, sub, leaf ^ sub, 1};
}

void host_terminate(struct plane *plane, unsigned set, unsigned reason)
{
	FUZZ_CHECK(plane == &cpu.plane[0] && set < 16 && reason < 256);
	machine_end(END_GUEST_TERMINATED);
}

int psp_guest_request(const uint8_t request[4096], uint8_t response[4096])
{
	response[0] = request[4095];
	response[4095] = request[0];
	return request[1];
}

void console_flush(struct cpu *of)
{
	FUZZ_CHECK(of == &cpu);
}

void trace_ghcb(const struct ghcb_exit *e)
{
	FUZZ_CHECK(e->plane == &cpu.plane[0]);
}

void trace_msr(const struct plane *plane, uint64_t request)
{
	(void)plane, (void)request;
}

// The fields that a guest sets for an exit.
static void set_field(struct ghcb *page, size_t offset, uint64_t value, bool valid)
{
	memcpy((uint8_t *)page + offset, &value, sizeof(value));
	if (valid)
		page->valid_bitmap[offset / 64] |= (uint8_t)(1u << (offset / 8 % 8));
}

static uint64_t take_code(void)
{
	uint64_t what = input_take(&input, 1);

	if (what < 224)
		return ghcb_handlers[what % ghcb_handler_count].code;
	return input_take(&input, 4);
}

// Addresses near what there is, and anything.
static uint64_t take_address(void)
{
	uint64_t what = input_take(&input, 1);

	if (what < 64)
		return GHCB_GPA + offsetof(struct ghcb, shared_buffer) +
		       input_take(&input, 2) % (GHCB_SHARED_BUFFER_SIZE + 16) - (what & 8);
	if (what < 128) // at the buffer's end
		return GHCB_GPA + offsetof(struct ghcb, shared_buffer) + GHCB_SHARED_BUFFER_SIZE +
		       8 - what % 64;
	if (what < 192)
		return SHARED_GPA + (what % (SHARED_PAGES + 1)) * PAGE_SIZE;
	return input_take(&input, 8);
}

static uint64_t take_info(void)
{
	uint64_t what = input_take(&input, 1);

	if (what < 64)
		return what;
	return what < 128 ? take_address() : input_take(&input, 8);
}

static void set_page(struct ghcb *page)
{
	static const size_t registers[] = {offsetof(struct ghcb, rax), offsetof(struct ghcb, rbx),
		offsetof(struct ghcb, rcx), offsetof(struct ghcb, rdx),
		offsetof(struct ghcb, xcr0)};
	uint64_t valid = input_take(&input, 2);

	memset(page->valid_bitmap, 0, sizeof(page->valid_bitmap));
	set_field(page, offsetof(struct ghcb, sw_exit_code), take_code(), (valid & 0x100) == 0);
	set_field(page, offsetof(struct ghcb, sw_exit_info_1), take_info(), (valid & 0x200) == 0);
	set_field(page, offsetof(struct ghcb, sw_exit_info_2), take_info(), (valid & 0x400) == 0);
	set_field(page, offsetof(struct ghcb, sw_scratch), take_address(), (valid & 0x800) == 0);
	for (size_t i = 0; i < ARRAY_SIZE(registers); i++) {
		if (valid & 1u << i)
			set_field(page, registers[i], take_info(), (valid & 0x80) == 0);
	}
	page->protocol_version = valid & 0x1000 ? (uint16_t)input_take(&input, 1) : 2;
	page->usage = valid & 0x2000 ? (uint32_t)input_take(&input, 1) : 0;
	if (valid & 0x4000)
		input_fill(&input, page->shared_buffer, input_below(&input, 64));
	if (valid & 0x8000)
		input_fill(&input, shared_at(SHARED_GPA + 2 * PAGE_SIZE), 0x60);
}

// Of the page itself the host writes the answer's fields and the shared buffer, nothing else.
static void check_page(const struct ghcb *before, const struct ghcb *after)
{
	struct ghcb allowed = *before;

	allowed.rax = after->rax;
	allowed.rbx = after->rbx;
	allowed.rcx = after->rcx;
	allowed.rdx = after->rdx;
	allowed.sw_exit_info_1 = after->sw_exit_info_1;
	allowed.sw_exit_info_2 = after->sw_exit_info_2;
	memcpy(allowed.valid_bitmap, after->valid_bitmap, sizeof(allowed.valid_bitmap));
	memcpy(allowed.shared_buffer, after->shared_buffer, sizeof(allowed.shared_buffer));
	FUZZ_CHECK(memcmp(&allowed, after, sizeof(allowed)) == 0);
}

static bool is_valid(const struct ghcb *page, size_t offset)
{
	return page->valid_bitmap[offset / 64] >> (offset / 8 % 8) & 1;
}

static void check_answer(const struct ghcb *before, const struct ghcb *after)
{
	uint64_t result = after->sw_exit_info_1;

	FUZZ_CHECK(is_valid(after, offsetof(struct ghcb, sw_exit_info_1)) &&
		   is_valid(after, offsetof(struct ghcb, sw_exit_info_2)));
	FUZZ_CHECK(!is_valid(after, offsetof(struct ghcb, sw_exit_code)));
	FUZZ_CHECK(result <= GHCB_RESULT_MALFORMED);
	if (result == GHCB_RESULT_MALFORMED)
		FUZZ_CHECK(after->sw_exit_info_2 >= GHCB_ERR_NOT_REGISTERED &&
			   after->sw_exit_info_2 <= GHCB_ERR_INVALID_EVENT);
	// An error comes without registers.
	if (result != GHCB_RESULT_OK)
		FUZZ_CHECK(!is_valid(after, offsetof(struct ghcb, rax)) &&
			   before->rax == after->rax && before->rdx == after->rdx);
	FUZZ_CHECK(before->usage == 0 || result == GHCB_RESULT_MALFORMED);
}

static void exit_page(void *argument)
{
	struct plane *plane = &cpu.plane[0];
	struct ghcb *page = (struct ghcb *)shared_at(GHCB_GPA);
	uint64_t code = 0;

	(void)argument;
	set_page(page);
	struct ghcb before = *page;

	code = before.sw_exit_code;
	host_ghcb_exit(plane, GHCB_GPA);
	// Two of the requests name pages that the host is to write, which may be this one.
	if (code == GHCB_EXIT_GUEST_REQUEST || code == GHCB_EXIT_EXT_GUEST_REQUEST ||
		code == GHCB_EXIT_APIC_ID_LIST)
		return;
	check_page(&before, page);
	check_answer(&before, page);
}

static void exit_msr(void *argument)
{
	struct plane *plane = &cpu.plane[0];
	uint64_t request = input_take(&input, 8);

	(void)argument;
	plane->ghcb_msr = request;
	host_msr_protocol(plane);
	// An answer's code is its request's and one more, or nobody answered.
	FUZZ_CHECK(plane->ghcb_msr == request ||
		   (plane->ghcb_msr & GHCB_MSR_INFO_MASK) == (request & GHCB_MSR_INFO_MASK) + 1 ||
		   (request & GHCB_MSR_INFO_MASK) == GHCB_MSR_SEV_INFO_REQ);
}

static void check_plane(const struct plane *plane)
{
	FUZZ_CHECK(plane->doorbell_gpa == 0 ||
		   (plane->doorbell_gpa % PAGE_SIZE == 0 && host_restricted(plane) &&
			   host_range_shared(plane->doorbell_gpa, PAGE_SIZE)));
	FUZZ_CHECK(plane->ghcb_registered % PAGE_SIZE == 0 &&
		   plane->ghcb_registered >> GUEST_PHYS_BITS == 0);
}

static void reset(void)
{
	static const uint8_t zeros[4096];

	for (size_t i = 0; i < SHARED_PAGES; i++)
		shared[i] = fuzz_copy(zeros, sizeof(zeros));
	cpu = (struct cpu){.apic_id = 0};
	own = (struct host_plane){0};
	cpu.plane[0] = (struct plane){.cpu = &cpu, .ghcb_registered = GHCB_GPA, .runnable = true};
	if (input_take(&input, 1) & 1)
		cpu.plane[0].sev_features = SEV_FEATURE_RESTRICTED_INJECTION;
	cpus[0] = cpus[1] = &cpu;
	cpu_count = 2;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	input = (struct input){data, size};
	reset();
	for (int i = 0; i < STEPS_MAX && input.size > 0; i++) {
		bool msr = input_take(&input, 1) < 32;

		if (machine_run(msr ? exit_msr : exit_page, NULL) != MACHINE_RETURNED)
			break;
		check_plane(&cpu.plane[0]);
	}
	for (size_t i = 0; i < SHARED_PAGES; i++)
		fuzz_free(shared[i]);
	return 0;
}
