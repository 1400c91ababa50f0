// SPDX-License-Identifier: MIT
// The paravirtual clock that a KVM host gives its guests, with the few CPUID leaves and MSRs around
// it. A guest behind GHCB exits cannot calibrate its TSC against the PC's timers: one read of a
// timer takes longer than Linux's calibration tolerates. Source: Linux Documentation/virt/kvm/x86/
// cpuid.rst and msr.rst.
#include "lib/string.h"
#include "machine/host/host_plane.h"

#define LEAF_SIGNATURE		   0x40000000u
#define LEAF_FEATURES		   0x40000001u
#define FEATURE_NOP_IO_DELAY	   (1u << 1)
#define FEATURE_CLOCKSOURCE2	   (1u << 3)
#define FEATURE_CLOCKSOURCE_STABLE (1u << 24)
#define MSR_WALL_CLOCK		   0x4b564d00u
#define MSR_SYSTEM_TIME		   0x4b564d01u
#define SYSTEM_TIME_ENABLE	   1ull
#define FLAG_TSC_STABLE		   1
#define NS_PER_S		   1000000000ull

// Both are read by the guest between two looks at `version`, which is odd while they change.
struct system_time {
	uint32_t version, pad;
	uint64_t tsc_timestamp;
	uint64_t system_time; // nanoseconds at tsc_timestamp
	uint32_t tsc_to_system_mul;
	int8_t tsc_shift;
	uint8_t flags;
	uint8_t pad_30[2];
};
ASSERT_SIZE(struct system_time, 32);

struct wall_clock {
	uint32_t version, seconds, nanoseconds; // time of day when system_time was 0
};
ASSERT_SIZE(struct wall_clock, 12);

static struct system_time clock_template;
static uint64_t boot_seconds; // since 1970

static uint8_t rtc_read(uint8_t index)
{
	outb(0x70, index);
	return inb(0x71);
}

static unsigned rtc_number(uint8_t index)
{
	uint8_t bcd = rtc_read(index);

	return (bcd >> 4) * 10u + (bcd & 15);
}

// Days from 1970-01-01 to a date of the years 2000 to 2099.
static uint64_t days_since_1970(unsigned year, unsigned month, unsigned day)
{
	static const uint16_t before[12] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
	uint64_t days = 10957 + (uint64_t)year * 365 + (year + 3) / 4;

	days += before[(month - 1) % 12] + day - 1;
	return days + (month > 2 && year % 4 == 0);
}

static uint64_t rtc_seconds(void)
{
	while (rtc_read(0x0a) & 0x80) // update in progress
		;
	return days_since_1970(rtc_number(9), rtc_number(8), rtc_number(7)) * 86400 +
	       rtc_number(4) * 3600ul + rtc_number(2) * 60ul + rtc_number(0);
}

// mul and shift so that nanoseconds = (ticks shifted by shift) * mul >> 32.
static void scale_set(uint64_t hz)
{
	int8_t shift = 0;

	while (hz > 2 * NS_PER_S) {
		hz >>= 1;
		shift--;
	}
	while (hz <= NS_PER_S) {
		hz <<= 1;
		shift++;
	}
	clock_template.tsc_shift = shift;
	clock_template.tsc_to_system_mul = (uint32_t)((NS_PER_S << 32) / hz);
}

void pvclock_init(void)
{
	clock_template.tsc_timestamp = rdtsc();
	clock_template.flags = FLAG_TSC_STABLE;
	scale_set(tsc_khz() * 1000);
	boot_seconds = rtc_seconds();
}

bool pvclock_cpuid(uint32_t leaf, struct cpuid_regs *r)
{
	if (leaf == LEAF_SIGNATURE) // "KVMKVMKVM"
		*r = (struct cpuid_regs){LEAF_FEATURES, 0x4b4d564b, 0x564b4d56, 0x0000004d};
	else if (leaf == LEAF_FEATURES)
		*r = (struct cpuid_regs){
			FEATURE_NOP_IO_DELAY | FEATURE_CLOCKSOURCE2 | FEATURE_CLOCKSOURCE_STABLE, 0,
			0, 0};
	else
		return false;
	return true;
}

static bool system_time_write(uint64_t value)
{
	struct system_time clock = clock_template;

	if (!(value & SYSTEM_TIME_ENABLE))
		return true;
	clock.version = 2;
	return host_write_shared(value & ~SYSTEM_TIME_ENABLE, &clock, sizeof(clock));
}

static bool wall_clock_write(uint64_t gpa)
{
	struct wall_clock clock = {.version = 2, .seconds = (uint32_t)boot_seconds};

	return host_write_shared(gpa, &clock, sizeof(clock));
}

bool pvclock_wrmsr(struct plane *plane, uint32_t msr, uint64_t value, bool *ok)
{
	if (msr != MSR_WALL_CLOCK && msr != MSR_SYSTEM_TIME)
		return false;
	*ok = msr == MSR_WALL_CLOCK ? wall_clock_write(value) : system_time_write(value);
	if (!*ok)
		log_warn("cpu%u VMPL%u: clock page 0x%lx is not shared memory", plane->cpu->index,
			plane->vmpl, value);
	return true;
}
