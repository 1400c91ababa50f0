// SPDX-License-Identifier: MIT
/*
 * The SVSM, in which the nth call of a step of a reboot fails, or of what the steps are made of.
 * The linker puts these functions between its objects (--wrap). Only the CPU that reboots gets
 * here.
 */
#include "tests/svsm/inject/inject.h"

#include "kernel/cpus_stop.h"
#include "kernel/firmware.h"
#include "kernel/guest_withdraw.h"
#include "kernel/page.h"
#include "kernel/percpu.h"
#include "kernel/platform.h"
#include "kernel/quiesce.h"
#include "kernel/reboot.h"
#include "kernel/services.h"
#include "kernel/vcpu_freeze.h"

#define PORT_INDEX 0x70
#define PORT_DATA  0x71

static const struct cpu *rebooting;
static uint32_t site;
static uint32_t left;

static uint32_t cmos_read(uint32_t index)
{
	uint32_t value = 0;

	error_ignore(platform_port_write(PORT_INDEX, 1, INJECT_CMOS + index));
	error_ignore(platform_port_read(PORT_DATA, 1, &value));
	return value & 0xff;
}

static void cmos_write(uint32_t index, uint32_t value)
{
	error_ignore(platform_port_write(PORT_INDEX, 1, INJECT_CMOS + index));
	error_ignore(platform_port_write(PORT_DATA, 1, value));
}

// Whether this call of it fails. The guest is told at once: a reboot that succeeds does not come
// back here before the guest runs.
static bool fails(enum inject_site here)
{
	if (site != here || rebooting != this_cpu()->cpu || left-- != 0)
		return false;
	site = INJECT_NOTHING;
	cmos_write(3, 1);
	return true;
}

enum error __real_reboot_guest(void);
enum error __wrap_reboot_guest(void);

enum error __wrap_reboot_guest(void)
{
	left = cmos_read(1) | cmos_read(2) << 8;
	site = cmos_read(0);
	rebooting = this_cpu()->cpu;
	enum error err = __real_reboot_guest();

	site = INJECT_NOTHING;
	return err;
}

#define WRAP(name, where, parameters, arguments)                                                   \
	enum error __real_##name parameters;                                                       \
	enum error __wrap_##name parameters;                                                       \
	enum error __wrap_##name parameters                                                        \
	{                                                                                          \
		return fails(where) ? ERR_FAULT : __real_##name arguments;                         \
	}

WRAP(services_settle, INJECT_SETTLE, (void), ())
WRAP(cpus_stop, INJECT_STOP, (void), ())
WRAP(vcpus_freeze, INJECT_FREEZE, (void), ())
WRAP(devices_prepare, INJECT_DEVICES, (void), ())
WRAP(firmware_prepare_restart, INJECT_PREPARE_RESTART, (void), ())
WRAP(guest_withdraw, INJECT_WITHDRAW, (void), ())
WRAP(services_prepare_reset, INJECT_PREPARE_RESET, (void), ())
WRAP(platform_page_revoke, INJECT_REVOKE, (vaddr_t va, uint32_t size), (va, size))
WRAP(platform_vmsa_unseal, INJECT_UNSEAL, (vaddr_t va), (va))
WRAP(platform_wake_cpu, INJECT_WAKE, (const struct cpu *cpu), (cpu))

void *__real_page_alloc_order(unsigned int order);
void *__wrap_page_alloc_order(unsigned int order);

void *__wrap_page_alloc_order(unsigned int order)
{
	return fails(INJECT_ALLOC) ? NULL : __real_page_alloc_order(order);
}
