// SPDX-License-Identifier: MIT
// Exits through a GHCB page: copy, check, hand to one handler, write the answer. Source: AMD
// document 56421, sections 2.5 and 4.1; order of the checks as KVM's.
#include "hw/ghcb.h"
#include "machine/host/ghcb.h"

#define ALWAYS 0
#define HANDLER(family, exit, needs, function)                                                     \
	{                                                                                          \
		family##_##exit, needs, function, #exit                                            \
	}
const struct ghcb_handler ghcb_handlers[] = {
	HANDLER(VMEXIT, DR7_READ, ALWAYS, ghcb_dr7_read),
	HANDLER(VMEXIT, DR7_WRITE, GHCB_RAX, ghcb_dr7_write),
	HANDLER(VMEXIT, RDTSC, ALWAYS, ghcb_rdtsc),
	HANDLER(VMEXIT, RDPMC, GHCB_RCX, ghcb_rdpmc),
	HANDLER(VMEXIT, CPUID, GHCB_RAX | GHCB_RCX, ghcb_cpuid),
	HANDLER(VMEXIT, INVD, ALWAYS, ghcb_nothing),
	HANDLER(VMEXIT, IOIO, ALWAYS, ghcb_ioio),
	HANDLER(VMEXIT, MSR, GHCB_RCX, ghcb_msr),
	HANDLER(VMEXIT, VMMCALL, GHCB_RAX | GHCB_CPL, ghcb_vmmcall),
	HANDLER(VMEXIT, RDTSCP, ALWAYS, ghcb_rdtscp),
	HANDLER(VMEXIT, WBINVD, ALWAYS, ghcb_nothing),
	HANDLER(VMEXIT, MONITOR, GHCB_RAX | GHCB_RCX | GHCB_RDX, ghcb_nothing),
	HANDLER(VMEXIT, MWAIT, GHCB_RAX | GHCB_RCX, ghcb_nothing),
	HANDLER(GHCB_EXIT, MMIO_READ, GHCB_SCRATCH, ghcb_mmio_read),
	HANDLER(GHCB_EXIT, MMIO_WRITE, GHCB_SCRATCH, ghcb_mmio_write),
	HANDLER(GHCB_EXIT, NMI_COMPLETE, ALWAYS, ghcb_nmi_complete),
	HANDLER(GHCB_EXIT, AP_RESET_HOLD, ALWAYS, ghcb_ap_reset_hold),
	HANDLER(GHCB_EXIT, AP_JUMP_TABLE, ALWAYS, ghcb_ap_jump_table),
	HANDLER(GHCB_EXIT, PSC, GHCB_SCRATCH, ghcb_page_state_change),
	HANDLER(GHCB_EXIT, GUEST_REQUEST, ALWAYS, ghcb_guest_request),
	HANDLER(GHCB_EXIT, EXT_GUEST_REQUEST, ALWAYS, ghcb_ext_guest_request),
	HANDLER(GHCB_EXIT, AP_CREATION, ALWAYS, ghcb_ap_creation),
	HANDLER(GHCB_EXIT, HV_DOORBELL, ALWAYS, ghcb_hv_doorbell),
	HANDLER(GHCB_EXIT, HV_IPI, ALWAYS, ghcb_hv_ipi),
	HANDLER(GHCB_EXIT, APIC_ID_LIST, GHCB_RAX, ghcb_apic_id_list),
	HANDLER(GHCB_EXIT, RUN_VMPL, ALWAYS, ghcb_run_vmpl),
	HANDLER(GHCB_EXIT, HV_FEATURES, ALWAYS, ghcb_hv_features),
	HANDLER(GHCB_EXIT, TERMINATE, ALWAYS, ghcb_terminate),
	HANDLER(GHCB_EXIT, UNSUPPORTED, ALWAYS, ghcb_unsupported),
};
const unsigned ghcb_handler_count = sizeof(ghcb_handlers) / sizeof(ghcb_handlers[0]);

void ghcb_fail(struct ghcb_exit *e, uint64_t error)
{
	e->result_1 = GHCB_RESULT_MALFORMED;
	e->result_2 = error;
	e->out = 0;
}

void ghcb_exception(struct ghcb_exit *e, uint8_t vector)
{
	e->result_1 = GHCB_RESULT_EXCEPTION;
	e->result_2 = EVENT_VALID | EVENT_TYPE_EXCP | vector;
	e->out = 0;
}

bool ghcb_needs(struct ghcb_exit *e, uint32_t fields)
{
	if ((e->valid & fields) == fields)
		return true;
	ghcb_fail(e, GHCB_ERR_MISSING_INPUT);
	return false;
}

void *ghcb_scratch(struct ghcb_exit *e, uint64_t size)
{
	uint64_t first = offsetof(struct ghcb, shared_buffer);
	uint64_t offset = e->scratch - e->gpa;

	// Protocol version 2: the area lies in the page's own shared buffer
	if (e->scratch < e->gpa || offset < first || offset > first + GHCB_SHARED_BUFFER_SIZE ||
		size > first + GHCB_SHARED_BUFFER_SIZE - offset) {
		ghcb_fail(e, GHCB_ERR_INVALID_SCRATCH_AREA);
		return NULL;
	}
	return (uint8_t *)e->page + offset;
}

// One read of a field of the page, of the given type.
#define READ_FIELD(page, type, field)                                                              \
	__atomic_load_n(                                                                           \
		(type *)((uint8_t *)(page) + offsetof(struct ghcb, field)), __ATOMIC_RELAXED)
#define FIELD_BIT(field) (offsetof(struct ghcb, field) / 8)

static bool bit_set(const uint64_t bitmap[2], unsigned bit)
{
	return bitmap[bit / 64] >> (bit % 64) & 1;
}

static void ghcb_copy_registers(struct ghcb_exit *e, const uint64_t bitmap[2])
{
	const struct {
		uint32_t flag;
		uint16_t offset;
		uint64_t *to;
	} fields[] = {
		{GHCB_RAX, offsetof(struct ghcb, rax), &e->rax},
		{GHCB_RBX, offsetof(struct ghcb, rbx), &e->rbx},
		{GHCB_RCX, offsetof(struct ghcb, rcx), &e->rcx},
		{GHCB_RDX, offsetof(struct ghcb, rdx), &e->rdx},
		{GHCB_XCR0, offsetof(struct ghcb, xcr0), &e->xcr0},
		{GHCB_XSS, offsetof(struct ghcb, xss), &e->xss},
		{GHCB_SCRATCH, offsetof(struct ghcb, sw_scratch), &e->scratch},
	};

	for (unsigned i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (!bit_set(bitmap, fields[i].offset / 8u))
			continue;
		e->valid |= fields[i].flag;
		*fields[i].to = __atomic_load_n(
			(uint64_t *)((uint8_t *)e->page + fields[i].offset), __ATOMIC_RELAXED);
	}
	if (bit_set(bitmap, FIELD_BIT(cpl))) {
		e->valid |= GHCB_CPL;
		e->cpl = __atomic_load_n(&e->page->cpl, __ATOMIC_RELAXED);
	}
}

// 0, or what is wrong with the page before its exit code matters.
static uint64_t ghcb_copy(struct ghcb_exit *e)
{
	uint64_t *map = (uint64_t *)e->page->valid_bitmap;
	const uint64_t bitmap[2] = {__atomic_load_n(&map[0], __ATOMIC_RELAXED),
		__atomic_load_n(&map[1], __ATOMIC_RELAXED)};

	e->code = READ_FIELD(e->page, uint64_t, sw_exit_code);
	e->info_1 = READ_FIELD(e->page, uint64_t, sw_exit_info_1);
	e->info_2 = READ_FIELD(e->page, uint64_t, sw_exit_info_2);
	ghcb_copy_registers(e, bitmap);
	e->rax_in = e->rax;
	e->rcx_in = e->rcx;
	if (e->plane->ghcb_registered != e->gpa)
		return GHCB_ERR_NOT_REGISTERED;
	if (READ_FIELD(e->page, uint32_t, usage))
		return GHCB_ERR_INVALID_USAGE;
	if (READ_FIELD(e->page, uint16_t, protocol_version) > GHCB_VERSION_MAX)
		return GHCB_ERR_INVALID_INPUT;
	if (!bit_set(bitmap, FIELD_BIT(sw_exit_code)) ||
		!bit_set(bitmap, FIELD_BIT(sw_exit_info_1)) ||
		!bit_set(bitmap, FIELD_BIT(sw_exit_info_2)))
		return GHCB_ERR_MISSING_INPUT;
	return 0;
}

static void ghcb_handle(struct ghcb_exit *e)
{
	for (unsigned i = 0; i < ghcb_handler_count; i++) {
		if (ghcb_handlers[i].code != e->code)
			continue;
		if (ghcb_needs(e, ghcb_handlers[i].need))
			ghcb_handlers[i].handle(e);
		return;
	}
	ghcb_fail(e, GHCB_ERR_INVALID_EVENT);
}

static void ghcb_return(
	struct ghcb_exit *e, uint32_t flag, unsigned offset, uint64_t value, uint64_t bitmap[2])
{
	if (!(e->out & flag))
		return;
	*(volatile uint64_t *)((uint8_t *)e->page + offset) = value;
	bitmap[offset / 8 / 64] |= 1ull << (offset / 8 % 64);
}

// Only what the answer holds is marked valid afterwards.
static void ghcb_answer(struct ghcb_exit *e)
{
	uint64_t bitmap[2] = {0};
	volatile uint64_t *map = (volatile uint64_t *)e->page->valid_bitmap;
	const uint32_t always = 1u << 31;

	e->out |= always;
	ghcb_return(e, GHCB_RAX, offsetof(struct ghcb, rax), e->rax, bitmap);
	ghcb_return(e, GHCB_RBX, offsetof(struct ghcb, rbx), e->rbx, bitmap);
	ghcb_return(e, GHCB_RCX, offsetof(struct ghcb, rcx), e->rcx, bitmap);
	ghcb_return(e, GHCB_RDX, offsetof(struct ghcb, rdx), e->rdx, bitmap);
	ghcb_return(e, always, offsetof(struct ghcb, sw_exit_info_1), e->result_1, bitmap);
	ghcb_return(e, always, offsetof(struct ghcb, sw_exit_info_2), e->result_2, bitmap);
	map[0] = bitmap[0];
	map[1] = bitmap[1];
}

void host_ghcb_exit(struct plane *plane, uint64_t ghcb_gpa)
{
	struct ghcb_exit e = {.plane = plane, .gpa = ghcb_gpa};
	uint64_t error = 0;

	e.page = ghcb_gpa ? host_shared(ghcb_gpa, PAGE_SIZE) : NULL;
	if (!e.page) {
		// Nowhere to answer: the guest goes on and finds its page as it was
		log_warn("cpu%u VMPL%u: GHCB at GPA 0x%lx is not shared memory", plane->cpu->index,
			plane->vmpl, ghcb_gpa);
		return;
	}
	error = ghcb_copy(&e);
	if (e.code != VMEXIT_IOIO)
		console_flush(plane->cpu);
	if (error)
		ghcb_fail(&e, error);
	else
		ghcb_handle(&e);
	if (e.result_1 == GHCB_RESULT_MALFORMED)
		log_warn("cpu%u VMPL%u: GHCB exit 0x%lx (0x%lx, 0x%lx) refused with error %lu",
			plane->cpu->index, plane->vmpl, e.code, e.info_1, e.info_2, e.result_2);
	trace_ghcb(&e);
	ghcb_answer(&e);
}
