// SPDX-License-Identifier: MIT
// Ways out of the kernel that do not return, the console, and what is armed.
#include <signal.h>
#include <stdarg.h>
#include <string.h>

#include "kernel/snp/guest_switch.h"
#include "tests/host/fake/internal.h"

#define LEAVE_BIAS 16 // longjmp() cannot hand over 0

struct fake_armed fake_armed;

static sigjmp_buf *innermost;
static char console[KIB(256)];
static size_t console_size;

void console_append(const uint8_t *text, size_t size)
{
	size = MIN(size, sizeof(console) - 1 - console_size);
	memcpy(console + console_size, text, size);
	console_size += size;
	console[console_size] = '\0';
}

void console_restart(void)
{
	console_size = 0;
	console[0] = '\0';
}

const char *fake_console(void)
{
	return console;
}

bool fake_console_has(const char *text)
{
	return strstr(console, text) != NULL;
}

_Noreturn void fake_die(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s\nfake: ", console);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\n");
	abort();
}

_Noreturn void fake_leave(int reason)
{
	if (innermost == NULL)
		fake_die("the kernel stopped: reason %d", reason);
	siglongjmp(*innermost, reason + LEAVE_BIAS);
}

int fake_try(void (*run)(void *), void *argument)
{
	sigjmp_buf *outer = innermost;
	sigjmp_buf here;
	int left = sigsetjmp(here, 1);

	if (left != 0) {
		innermost = outer;
		return left - LEAVE_BIAS;
	}
	innermost = &here;
	run(argument);
	innermost = outer;
	return FAKE_RETURNED;
}

// In place of guest_switch.S: the guest, and sleep, belong to the test.
bool guest_switch(const struct hv_doorbell *doorbell)
{
	struct ghcb *ghcb = (struct ghcb *)GHCB_VA;

	(void)doorbell;
	if (ghcb->sw_exit_code != GHCB_EXIT_RUN_VMPL ||
		fake_cpu()->ghcb_msr != fake_cpu()->ghcb_gpa)
		fake_die("the guest is run by another exit: 0x%lx", ghcb->sw_exit_code);
	if (!fake_armed.guest_answers)
		fake_leave(FAKE_AT_REST);
	if (fake_armed.guest_answer == FAKE_EVENT_FIRST)
		return false;
	memset(ghcb->valid_bitmap, 0, sizeof(ghcb->valid_bitmap));
	if (fake_armed.guest_answer != FAKE_NO_ANSWER)
		fake_ghcb_answer(ghcb, (uint32_t)fake_armed.guest_answer);
	return true;
}

void idle_wait(const struct hv_doorbell *doorbell)
{
	(void)doorbell;
	fake_leave(FAKE_AT_REST);
}

bool fake_armed_hit(bool *armed, uint64_t *left)
{
	if (!*armed || (*left)-- != 0)
		return false;
	*armed = false;
	fake_armed.happened = true;
	return true;
}

void fake_fail_alloc(uint64_t n)
{
	fake_armed = (struct fake_armed){.alloc = true, .alloc_left = n};
}

void fake_fail_rmp(uint64_t n, uint32_t code)
{
	fake_armed = (struct fake_armed){.rmp = true, .rmp_left = n, .rmp_code = code};
}

void fake_fail_exit(uint64_t n)
{
	fake_armed = (struct fake_armed){.exit = true, .exit_left = n};
}

void fake_attack_access(uint64_t n, enum fake_attack attack)
{
	fake_armed = (struct fake_armed){.access = true, .access_left = n, .attack = attack};
}

void fake_attack_twice(uint64_t n, uint64_t later, enum fake_attack attack)
{
	fake_attack_access(n, attack);
	fake_armed.access_again = true;
	fake_armed.access_later = later;
}

void fake_on_access(void (*meanwhile)(uint64_t gpa))
{
	fake_armed = (struct fake_armed){.meanwhile = meanwhile};
}

void fake_on_pause(void (*meanwhile)(void))
{
	fake_armed.on_pause = meanwhile;
}

void fake_fail_rdrand(unsigned int times)
{
	fake_armed.rdrand_fails = times;
}

void fake_host_exit(bool (*host)(struct ghcb *ghcb))
{
	fake_armed.host_exit = host;
}

void fake_host_msr(uint64_t (*host)(uint64_t request, uint64_t usual))
{
	fake_armed.host_msr = host;
}

void fake_guest_answer(uint64_t answer)
{
	fake_armed.guest_answers = true;
	fake_armed.guest_answer = answer;
}

bool fake_failed(void)
{
	return fake_armed.happened;
}

// The linker sends the kernel's calls of page_alloc_order() here (--wrap).
void *__real_page_alloc_order(unsigned int order);
void *__wrap_page_alloc_order(unsigned int order);

void *__wrap_page_alloc_order(unsigned int order)
{
	if (fake_armed_hit(&fake_armed.alloc, &fake_armed.alloc_left))
		return NULL;
	return __real_page_alloc_order(order);
}
