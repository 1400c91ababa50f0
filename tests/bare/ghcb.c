// SPDX-License-Identifier: MIT
#include "tests/bare/ghcb.h"

#include "hw/fwcfg.h"
#include "lib/string.h"
#include "tests/bare/fwcfg.h"
#include "tests/bare/report.h"

uint64_t ghcb_msr(uint64_t request)
{
	wrmsr(MSR_GHCB, request);
	vmgexit();
	return rdmsr(MSR_GHCB);
}

void ghcb_register(void)
{
	uint64_t gpa = this_cpu()->ghcb_gpa;

	if (ghcb_msr(gpa | GHCB_MSR_REGISTER_REQ) != (gpa | GHCB_MSR_REGISTER_RESP))
		for (;;) // nowhere to say it: the watchdog ends the run
			cpu_pause();
	this_cpu()->ghcb_ready = true;
}

struct ghcb *ghcb_page(void)
{
	return shared_ptr(this_cpu()->ghcb_gpa);
}

struct ghcb *ghcb_begin(void)
{
	struct ghcb *ghcb = ghcb_page();

	memset(ghcb->valid_bitmap, 0, sizeof(ghcb->valid_bitmap));
	ghcb->protocol_version = GHCB_VERSION_MAX;
	ghcb->usage = 0;
	return ghcb;
}

void ghcb_mark(struct ghcb *ghcb, size_t offset)
{
	ghcb->valid_bitmap[offset / 64] |= (uint8_t)(1u << offset / 8 % 8);
}

bool ghcb_is_valid(const struct ghcb *ghcb, size_t offset)
{
	return ghcb->valid_bitmap[offset / 64] >> (offset / 8 % 8) & 1;
}

struct ghcb_answer ghcb_go(struct ghcb *ghcb)
{
	wrmsr(MSR_GHCB, this_cpu()->ghcb_gpa);
	vmgexit();
	return (struct ghcb_answer){ghcb->sw_exit_info_1, ghcb->sw_exit_info_2};
}

struct ghcb_answer ghcb_exit(struct ghcb *ghcb, uint64_t code, uint64_t info_1, uint64_t info_2)
{
	GHCB_SET(ghcb, sw_exit_code, code);
	GHCB_SET(ghcb, sw_exit_info_1, info_1);
	GHCB_SET(ghcb, sw_exit_info_2, info_2);
	return ghcb_go(ghcb);
}

static uint64_t io_info(uint16_t port, unsigned size)
{
	return (uint64_t)port << IOIO_PORT_SHIFT | size << 4;
}

void ghcb_out(uint16_t port, uint32_t value, unsigned size)
{
	struct ghcb *ghcb = ghcb_begin();

	GHCB_SET(ghcb, rax, value);
	ghcb_exit(ghcb, VMEXIT_IOIO, io_info(port, size), 0);
}

uint32_t ghcb_in(uint16_t port, unsigned size)
{
	struct ghcb *ghcb = ghcb_begin();

	GHCB_SET(ghcb, rax, 0);
	ghcb_exit(ghcb, VMEXIT_IOIO, io_info(port, size) | IOIO_IN, 0);
	return (uint32_t)ghcb->rax;
}

static void string_io(uint16_t port, bool in, size_t count)
{
	struct ghcb *ghcb = ghcb_page();
	uint64_t info = io_info(port, 1) | IOIO_STR | IOIO_REP | (in ? IOIO_IN : 0);

	GHCB_SET(ghcb, sw_scratch, this_cpu()->ghcb_gpa + offsetof(struct ghcb, shared_buffer));
	ghcb_exit(ghcb, VMEXIT_IOIO, info, count);
}

void ghcb_out_string(uint16_t port, const char *text, size_t length)
{
	if (!this_cpu()->ghcb_ready)
		return;
	while (length) {
		size_t part = MIN(length, (size_t)GHCB_SHARED_BUFFER_SIZE);

		memcpy(ghcb_begin()->shared_buffer, text, part);
		string_io(port, false, part);
		text += part;
		length -= part;
	}
}

void ghcb_in_string(uint16_t port, void *to, size_t length)
{
	uint8_t *bytes = to;

	while (length) {
		size_t part = MIN(length, (size_t)GHCB_SHARED_BUFFER_SIZE);

		ghcb_begin();
		string_io(port, true, part);
		memcpy(bytes, ghcb_page()->shared_buffer, part);
		bytes += part;
		length -= part;
	}
}

bool ghcb_page_state(uint64_t gpa, unsigned op)
{
	return ghcb_msr(gpa | (uint64_t)op << PSC_ENTRY_OP_SHIFT | GHCB_MSR_PSC_REQ) ==
	       GHCB_MSR_PSC_RESP;
}

struct ghcb_answer ghcb_ap_creation(
	uint32_t apic_id, unsigned vmpl, unsigned request, uint64_t vmsa_gpa, uint64_t features)
{
	struct ghcb *ghcb = ghcb_begin();

	GHCB_SET(ghcb, rax, features);
	return ghcb_exit(ghcb, GHCB_EXIT_AP_CREATION,
		(uint64_t)apic_id << 32 | (uint64_t)vmpl << 16 | request, vmsa_gpa);
}

uint32_t ghcb_apic_ids(uint64_t list_gpa, uint32_t *ids, uint32_t max)
{
	const volatile uint32_t *list = shared_ptr(list_gpa);
	struct ghcb *ghcb = ghcb_begin();
	uint32_t count = 0;

	GHCB_SET(ghcb, rax, 1);
	if (ghcb_exit(ghcb, GHCB_EXIT_APIC_ID_LIST, list_gpa, 0).info_1)
		return 0;
	count = MIN(list[0], max);
	for (uint32_t i = 0; i < count; i++)
		ids[i] = list[1 + i];
	return count;
}

void fwcfg_select(uint16_t key)
{
	ghcb_out(FWCFG_PORT_SELECT, key, 2);
}

void fwcfg_bytes(void *to, size_t size)
{
	ghcb_in_string(FWCFG_PORT_DATA, to, size);
}
