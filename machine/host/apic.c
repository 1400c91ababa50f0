// SPDX-License-Identifier: MIT
// The local APIC of the plane that owns the CPU's real one. The real one is an xAPIC (QEMU 7.2 has
// no x2APIC), so x2APIC registers are carried out on xAPIC registers. Source: APM volume 2, chapter
// 16.
#include "hw/ghcb.h"
#include "machine/host/apic.h"

#define APIC_BASE_ALLOWED (APIC_BASE_ADDRESS | APIC_BASE_BSP | APIC_BASE_X2 | APIC_BASE_ENABLE)

// What the guest wrote: the machine's own kicks use the ICR in between, and other CPUs' logical ids
// cannot be read.
static struct {
	uint32_t icr_low, icr_high, ldr, dfr;
} shadow[CPUS_MAX];

void apic_send_raw(uint32_t high, uint32_t low)
{
	*apic_reg(APIC_ICR_HIGH) = high;
	*apic_reg(APIC_ICR) = low;
}

// Timer and the other local sources first, so that nothing comes while what is there is dropped.
// The software-enable bit stays: without it no kick is accepted. LINT1 becomes the machine's again
// at the next entry.
void apic_reset(struct cpu *cpu)
{
	for (uint32_t lvt = APIC_LVT_FIRST; lvt <= APIC_LVT_LAST; lvt += 0x10)
		*apic_reg(lvt) = APIC_LVT_MASKED;
	*apic_reg(APIC_TIMER_COUNT) = 0;
	*apic_reg(APIC_SVR) = APIC_SVR_ENABLE | 0xff;
	*apic_reg(APIC_TPR) = 0;
	if (!cpu_drop_interrupts())
		log_warn("cpu%u: interrupts of a reset plane keep coming", cpu->index);
	*apic_reg(APIC_LDR) = 0;
	*apic_reg(APIC_DFR) = ~0u;
	*apic_reg(APIC_TIMER_DIVIDE) = 0;
	*apic_reg(APIC_ESR) = 0;
	shadow[cpu->index].icr_low = shadow[cpu->index].icr_high = 0;
	shadow[cpu->index].ldr = shadow[cpu->index].dfr = 0;
}

static bool x2_enabled(const struct plane *plane)
{
	return plane->apic_base & APIC_BASE_X2;
}

bool apic_logical_match(const struct cpu *cpu, uint8_t destination)
{
	uint8_t id = (uint8_t)(shadow[cpu->index].ldr >> 24);

	if (shadow[cpu->index].dfr >> 28 == 0xf || !shadow[cpu->index].dfr)
		return id & destination;
	return id >> 4 == destination >> 4 && (id & destination & 0xf);
}

static uint32_t xapic_read(const struct plane *plane, uint32_t offset)
{
	uint32_t cpu = plane->cpu->index;

	switch (offset) {
	case APIC_ICR:
		return shadow[cpu].icr_low;
	case APIC_ICR_HIGH:
		return shadow[cpu].icr_high;
	default:
		return *apic_reg(offset);
	}
}

static void xapic_write(struct plane *plane, uint32_t offset, uint32_t value)
{
	uint32_t cpu = plane->cpu->index;

	switch (offset) {
	case APIC_ID: // fixed: the host routes by it
		return;
	case APIC_ICR_HIGH:
		shadow[cpu].icr_high = value;
		return;
	case APIC_ICR:
		shadow[cpu].icr_low = value & ~(1u << 12);
		host_send_ipi(plane, (uint64_t)(shadow[cpu].icr_high >> 24) << 32 | value);
		return;
	case APIC_LDR:
		shadow[cpu].ldr = value;
		break;
	case APIC_DFR:
		shadow[cpu].dfr = value;
		break;
	}
	*apic_reg(offset) = value;
}

bool apic_mmio(struct plane *plane, uint32_t offset, bool write, unsigned size, uint64_t *value)
{
	// Registers are 32 bits wide on 16-byte boundaries. Nothing answers elsewhere, or when the
	// page is not there: the APIC is off, in x2APIC mode, or another plane's.
	bool there = size == 4 && !(offset & 15) && host_direct_irq(plane) && !x2_enabled(plane) &&
		     plane->apic_base & APIC_BASE_ENABLE;

	if (write && there)
		xapic_write(plane, offset, (uint32_t)*value);
	else if (!write)
		*value = there ? xapic_read(plane, offset) : ~0ull;
	return true;
}

static bool x2_readable(uint32_t offset)
{
	switch (offset) {
	case APIC_ID:
	case 0x030: // version
	case APIC_TPR:
	case APIC_PPR:
	case APIC_LDR:
	case APIC_SVR:
	case APIC_ESR:
	case APIC_TIMER_COUNT:
	case APIC_TIMER_CURRENT:
	case APIC_TIMER_DIVIDE:
		return true;
	default:
		return (offset >= APIC_ISR_FIRST && offset <= APIC_IRR_LAST) ||
		       (offset >= APIC_LVT_FIRST && offset <= APIC_LVT_LAST);
	}
}

bool apic_rdmsr(struct plane *plane, uint32_t msr, uint64_t *value)
{
	uint32_t offset = (msr - MSR_X2APIC_FIRST) << 4;
	uint32_t cpu = plane->cpu->index;

	if (!x2_enabled(plane))
		return false;
	if (offset == APIC_ICR) {
		*value = (uint64_t)shadow[cpu].icr_high << 32 | shadow[cpu].icr_low;
		return true;
	}
	if (!x2_readable(offset))
		return false;
	if (offset == APIC_ID)
		*value = plane->cpu->apic_id;
	else if (offset == APIC_LDR)
		*value = X2APIC_LDR(plane->cpu->apic_id);
	else
		*value = *apic_reg(offset);
	return true;
}

static bool x2_write_icr(struct plane *plane, uint64_t value)
{
	shadow[plane->cpu->index].icr_low = (uint32_t)value;
	shadow[plane->cpu->index].icr_high = (uint32_t)(value >> 32);
	host_send_ipi(plane, value);
	return true;
}

bool apic_wrmsr(struct plane *plane, uint32_t msr, uint64_t value)
{
	uint32_t offset = (msr - MSR_X2APIC_FIRST) << 4;

	if (!x2_enabled(plane))
		return false;
	if (offset == APIC_ICR)
		return x2_write_icr(plane, value);
	if (value >> 32)
		return false;
	switch (offset) {
	case APIC_SELF_IPI:
		host_send_ipi(plane, (value & 0xff) | 1u << 18);
		return true;
	case APIC_EOI:
	case APIC_ESR:
		if (value)
			return false;
		break;
	case APIC_TPR:
	case APIC_SVR:
	case APIC_TIMER_COUNT:
	case APIC_TIMER_DIVIDE:
		break;
	default:
		if (offset < APIC_LVT_FIRST || offset > APIC_LVT_LAST)
			return false;
	}
	*apic_reg(offset) = (uint32_t)value;
	return true;
}

// The mode changes that the architecture allows: off, xAPIC, x2APIC, and back to off only.
bool apic_base_write(struct plane *plane, uint64_t value)
{
	bool on = value & APIC_BASE_ENABLE, x2 = value & APIC_BASE_X2;
	bool was_on = plane->apic_base & APIC_BASE_ENABLE, was_x2 = x2_enabled(plane);

	if (value & ~APIC_BASE_ALLOWED || (value & PAGE_MASK) != APIC_BASE_ADDRESS)
		return false;
	if (x2 && (!on || !was_on)) // x2APIC is entered from xAPIC mode
		return false;
	if (!x2 && was_x2 && on)
		return false;
	plane->apic_base = value;
	return true;
}
