// SPDX-License-Identifier: MIT
#include "tests/unit/psp/psp.h"

#include <stdio.h>

#include "machine/cpu/rmp.h"

uint8_t ram[RAM_PAGES][PAGE_SIZE] __attribute__((aligned(4096)));
uint8_t vcek_point[97];
static bool assigned[RAM_PAGES];

// Physical addresses: spa_ptr adds DIRECT_MAP_BASE, so the test takes it away again.
uint64_t ram_spa(unsigned page)
{
	return (uint64_t)ram[page] - DIRECT_MAP_BASE;
}

static unsigned ram_index(uint64_t spa)
{
	return (unsigned)((spa - ram_spa(0)) / PAGE_SIZE);
}

bool rmp_is_assigned(uint64_t spa)
{
	return assigned[ram_index(spa)];
}

int rmp_firmware_assign(uint64_t spa, uint64_t gpa, bool vmsa)
{
	(void)vmsa;
	assert_true(gpa < CBIT);
	assigned[ram_index(spa)] = true;
	return RMP_SUCCESS;
}

void spin_lock(struct spinlock *lock)
{
	(void)lock;
}

void spin_unlock(struct spinlock *lock)
{
	(void)lock;
}

void machine_bug(const char *fmt, ...)
{
	fail_msg("machine_bug: %s", fmt);
	abort();
}

void machine_end(enum end_code code)
{
	fail_msg("machine_end %d", (int)code);
	abort();
}

// Catches the public key out of the log line that shows it.
void log_line(enum log_level level, const char *fmt, ...)
{
	char text[512];
	const char *key;
	va_list args;

	(void)level;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	key = strstr(text, "VCEK ");
	if (!key)
		return;
	for (size_t i = 0; i < sizeof(vcek_point); i++)
		assert_int_equal(sscanf(key + 5 + 2 * i, "%2hhx", &vcek_point[i]), 1);
}

int setup(void **state)
{
	(void)state;
	memset(&psp_guest, 0, sizeof(psp_guest));
	memset(assigned, 0, sizeof(assigned));
	psp_init();
	assert_int_equal(psp_launch_start(0x30000), PSP_SUCCESS);
	return 0;
}

int setup_running(void **state)
{
	setup(state);
	assert_int_equal(psp_launch_finish(NULL, NULL, false), PSP_SUCCESS);
	return 0;
}
