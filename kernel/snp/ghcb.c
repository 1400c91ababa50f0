// SPDX-License-Identifier: MIT
#include "kernel/snp/ghcb.h"

#include "hw/svm.h"
#include "kernel/cpu.h"
#include "kernel/percpu.h"
#include "lib/string.h"

#define IOIO_ADDR_64 BIT(9) // address size, APM 2 section 15.10.2

static volatile struct ghcb *ghcb_page(void)
{
	return (volatile struct ghcb *)GHCB_VA;
}

// The bitmap has one bit for each eight bytes.
#define GHCB_MARK(field) ghcb_mark(offsetof(struct ghcb, field))
static void ghcb_mark(size_t offset)
{
	ghcb_page()->valid_bitmap[offset / 64] |= (uint8_t)(1u << (offset / 8 % 8));
}

#define GHCB_IS_MARKED(field) ghcb_is_marked(offsetof(struct ghcb, field))
static bool ghcb_is_marked(size_t offset)
{
	return (ghcb_page()->valid_bitmap[offset / 64] >> (offset / 8 % 8) & 1) != 0;
}

#define GHCB_SET(field, value)                                                                     \
	do {                                                                                       \
		ghcb_page()->field = (value);                                                      \
		GHCB_MARK(field);                                                                  \
	} while (0)

static void ghcb_begin(void)
{
	volatile struct ghcb *g = ghcb_page();

	for (size_t i = 0; i < sizeof(g->valid_bitmap); i++)
		g->valid_bitmap[i] = 0;
	g->protocol_version = GHCB_VERSION_MAX;
	g->usage = 0;
}

static void ghcb_msr_point(struct percpu *cpu)
{
	if (cpu->ghcb_msr_is_gpa)
		return;
	cpu_write_msr(MSR_GHCB, gpa_value(cpu->ghcb_gpa));
	cpu->ghcb_msr_is_gpa = true;
}

void ghcb_disarm(void)
{
	ghcb_begin();
	ghcb_msr_point(this_cpu());
}

static void ghcb_ask(struct percpu *cpu, uint64_t code, uint64_t info_1, uint64_t info_2)
{
	GHCB_SET(sw_exit_code, code);
	GHCB_SET(sw_exit_info_1, info_1);
	GHCB_SET(sw_exit_info_2, info_2);
	ghcb_msr_point(cpu);
}

static MUST_USE enum error ghcb_exit(uint64_t code, uint64_t info_1, uint64_t info_2)
{
	struct percpu *cpu = this_cpu();

	if (!cpu->ghcb_ready)
		return ERR_HOST;
	ghcb_ask(cpu, code, info_1, info_2);
	cpu_vmgexit();
	if (!GHCB_IS_MARKED(sw_exit_info_1))
		return ERR_HOST;
	// An exception (result 1) is never what the kernel asked for.
	return (uint32_t)ghcb_page()->sw_exit_info_1 == GHCB_RESULT_OK ? OK : ERR_HOST;
}

static void ghcb_set_scratch(void)
{
	GHCB_SET(
		sw_scratch, gpa_value(this_cpu()->ghcb_gpa) + offsetof(struct ghcb, shared_buffer));
}

static void ghcb_buffer_write(const void *data, size_t size)
{
	memcpy((void *)&ghcb_page()->shared_buffer[0], data, size);
}

enum error ghcb_port_write_string(uint16_t port, const char *data, size_t size)
{
	if (!this_cpu()->ghcb_ready)
		return ERR_HOST;
	while (size > 0) {
		size_t piece = MIN(size, (size_t)GHCB_SHARED_BUFFER_SIZE);

		ghcb_begin();
		ghcb_buffer_write(data, piece);
		ghcb_set_scratch();
		enum error err = ghcb_exit(VMEXIT_IOIO,
			(uint64_t)port << IOIO_PORT_SHIFT | IOIO_ADDR_64 | IOIO_SZ8 | IOIO_REP |
				IOIO_STR,
			piece);

		if (err != OK)
			return err;
		data += piece;
		size -= piece;
	}
	return OK;
}

// EXITINFO1 of one IN or OUT: of the three size bits, the one of that number of bytes.
static uint64_t ioio_info(uint16_t port, unsigned int size)
{
	return (uint64_t)port << IOIO_PORT_SHIFT | IOIO_ADDR_64 | IOIO_SZ8 * (uint64_t)size;
}

enum error ghcb_port_read(uint16_t port, unsigned int size, uint32_t *value)
{
	ghcb_begin();
	enum error err = ghcb_exit(VMEXIT_IOIO, ioio_info(port, size) | IOIO_IN, 0);

	if (err != OK)
		return err;
	if (!GHCB_IS_MARKED(rax))
		return ERR_HOST;
	*value = (uint32_t)(ghcb_page()->rax & MASK(size * 8));
	return OK;
}

enum error ghcb_port_write(uint16_t port, unsigned int size, uint32_t value)
{
	ghcb_begin();
	GHCB_SET(rax, value & MASK(size * 8));
	return ghcb_exit(VMEXIT_IOIO, ioio_info(port, size), 0);
}

enum error ghcb_mmio_read(gpa_t gpa, unsigned int size, uint64_t *value)
{
	uint64_t copy = 0;

	ghcb_begin();
	ghcb_set_scratch();
	enum error err = ghcb_exit(GHCB_EXIT_MMIO_READ, gpa_value(gpa), size);

	if (err != OK)
		return err;
	memcpy(&copy, (const void *)&ghcb_page()->shared_buffer[0], size);
	*value = copy;
	return OK;
}

enum error ghcb_mmio_write(gpa_t gpa, unsigned int size, uint64_t value)
{
	ghcb_begin();
	ghcb_buffer_write(&value, size);
	ghcb_set_scratch();
	return ghcb_exit(GHCB_EXIT_MMIO_WRITE, gpa_value(gpa), size);
}

enum error ghcb_msr_read(uint32_t msr, uint64_t *value)
{
	ghcb_begin();
	GHCB_SET(rcx, msr);
	enum error err = ghcb_exit(VMEXIT_MSR, 0, 0);

	if (err != OK)
		return err;
	if (!GHCB_IS_MARKED(rax) || !GHCB_IS_MARKED(rdx))
		return ERR_HOST;
	*value = ghcb_page()->rdx << 32 | (uint32_t)ghcb_page()->rax;
	return OK;
}

enum error ghcb_msr_write(uint32_t msr, uint64_t value)
{
	ghcb_begin();
	GHCB_SET(rcx, msr);
	GHCB_SET(rax, (uint32_t)value);
	GHCB_SET(rdx, value >> 32);
	return ghcb_exit(VMEXIT_MSR, 1, 0);
}

enum error ghcb_set_doorbell(gpa_t page)
{
	ghcb_begin();
	return ghcb_exit(GHCB_EXIT_HV_DOORBELL, HV_DOORBELL_SET, gpa_value(page));
}

enum error ghcb_send_ipi(uint32_t apic_id, uint8_t vector)
{
	ghcb_begin();
	// x2APIC ICR: destination in the upper half, physical and fixed
	return ghcb_exit(GHCB_EXIT_HV_IPI, (uint64_t)apic_id << 32 | vector, 0);
}

enum error ghcb_create_ap(
	uint32_t apic_id, unsigned int vmpl, unsigned int request, gpa_t vmsa, uint64_t features)
{
	ghcb_begin();
	GHCB_SET(rax, features);
	return ghcb_exit(GHCB_EXIT_AP_CREATION, (uint64_t)apic_id << 32 | vmpl << 16 | request,
		gpa_value(vmsa));
}

void ghcb_ask_run(unsigned int vmpl)
{
	ghcb_begin();
	ghcb_ask(this_cpu(), GHCB_EXIT_RUN_VMPL, vmpl, 0);
}

enum error ghcb_take_run(bool *ran)
{
	uint32_t result = (uint32_t)ghcb_page()->sw_exit_info_1;

	*ran = result == GHCB_RESULT_OK;
	if (!GHCB_IS_MARKED(sw_exit_info_1) || result == GHCB_RESULT_EXCEPTION ||
		result > GHCB_RESULT_MALFORMED)
		return ERR_HOST;
	return OK;
}

// Fills the shared buffer with entries from *start on, and moves it past them. Returns how many.
static uint16_t psc_fill(gpa_t *start, gpa_t end, uint64_t operation)
{
	volatile uint64_t *entries =
		(volatile uint64_t *)&ghcb_page()->shared_buffer[sizeof(struct psc_header)];
	uint16_t count = 0;

	while (count < PSC_ENTRIES_MAX && gpa_less(*start, end)) {
		bool huge = gpa_is_aligned(*start, HUGE_PAGE_SIZE) &&
			    gpa_distance(*start, end) >= HUGE_PAGE_SIZE;

		entries[count++] = gpa_value(*start) | operation << PSC_ENTRY_OP_SHIFT |
				   (huge ? PSC_ENTRY_2M : 0);
		*start = gpa_add(*start, huge ? HUGE_PAGE_SIZE : PAGE_SIZE);
	}
	return count;
}

// The host may do part of the list and has to be called again. It must get on each time.
static MUST_USE enum error psc_run(uint16_t count)
{
	volatile struct psc_header *header =
		(volatile struct psc_header *)&ghcb_page()->shared_buffer[0];
	uint32_t current = 0;

	header->cur_entry = 0;
	header->end_entry = (uint16_t)(count - 1);
	header->reserved = 0;
	while (current < count) {
		ghcb_begin();
		ghcb_set_scratch();
		enum error err = ghcb_exit(GHCB_EXIT_PSC, 0, 0);

		if (err != OK)
			return err;
		if (ghcb_page()->sw_exit_info_2 != 0)
			return ERR_HOST;
		uint32_t next = header->cur_entry;

		if (next <= current || next > count)
			return ERR_HOST;
		current = next;
	}
	return OK;
}

enum error ghcb_page_state(gpa_t start, uint64_t size, uint64_t operation)
{
	gpa_t end = gpa_add(start, size);

	while (gpa_less(start, end)) {
		enum error err = psc_run(psc_fill(&start, end, operation));

		if (err != OK)
			return err;
	}
	return OK;
}
