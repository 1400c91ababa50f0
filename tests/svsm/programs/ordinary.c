// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "tests/svsm/programs/calls.h"
#include "tests/svsm/programs/registers.h"

void echo_reversed(void)
{
	for (uint32_t i = 0; i < message.size / 2; i++) {
		uint8_t byte = buffer[i];

		buffer[i] = buffer[message.size - 1 - i];
		buffer[message.size - 1 - i] = byte;
	}
}

// What the C library's own allocator gives and takes back
void use_heap(void)
{
	uint64_t sum = 0;

	for (unsigned i = 1; i < 200; i++) {
		uint8_t *p = malloc(i * 997);

		if (p == NULL)
			abort();
		memset(p, (int)i, i * 997);
		sum += p[i * 997 - 1];
		free(p);
	}
	message.regs[0] = sum;
}

// Busy for so many turns, with a system call now and then
void work(void)
{
	uint64_t turns = message.regs[0];
	struct timespec now;

	for (uint64_t i = 0; i < turns; i++) {
		for (volatile unsigned j = 0; j < 10000; j++)
			;
		clock_gettime(CLOCK_MONOTONIC, &now);
	}
	message.regs[0] = turns;
}

void spin(void)
{
	uint64_t turns = message.regs[0];

	for (volatile uint64_t i = 0; i < turns; i++)
		;
}

// A value in a register of the SSE unit, from one request to the next
void xmm_set(void)
{
	__asm__ volatile("movq %0, %%xmm7" ::"r"(message.regs[0]) : "xmm7");
}

void xmm_get(void)
{
	uint64_t value;

	__asm__ volatile("movq %%xmm7, %0" : "=r"(value));
	message.regs[0] = value;
}

void floating_point(void)
{
	volatile double x = 2;

	for (int i = 0; i < 50; i++)
		x = (x + 2 / x) / 2;
	message.regs[0] = (uint64_t)(x * 1e9);
}

void ask_random(void)
{
	message.regs[0] = 0;
	if (getrandom(&message.regs[0], 8, 0) != 8 || getrandom(&message.regs[1], 8, 0) != 8)
		message.result = 1;
}

void who(void)
{
	message.regs[0] = message.caller;
	message.regs[1] = message.caller_id;
	message.regs[2] = message.protocol;
}

void print(void)
{
	printf("probe says %lu\n", (unsigned long)message.regs[0]);
	(void)fflush(stdout);
}

void chatter(void)
{
	for (uint64_t i = 0; i < message.regs[0]; i++)
		puts("chatter");
	(void)fflush(stdout);
}

// The C library's memcpy() would use the registers.
static void copy_plainly(void *to, const void *from, uint64_t size)
{
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size)::"memory");
}

void keep_registers(void)
{
	uint64_t turns = message.regs[0];
	uint64_t avx = message.regs[1];
	static struct registers registers;

	copy_plainly(&registers, buffer, sizeof(registers));
	registers_keep(&registers, turns, avx);
	copy_plainly(buffer, &registers, sizeof(registers));
	message.size = sizeof(registers);
}
