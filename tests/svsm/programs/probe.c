// SPDX-License-Identifier: MIT
/*
 * A service for the tests of ring 3: an ordinary static program of the C library. What it does with
 * a request is the call's number (probe.h): answer, or try what a service must not be able to do.
 */
#include "tests/svsm/programs/probe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "tests/svsm/programs/registers.h"

static uint8_t buffer[SERVICE_BUFFER_MAX];
static struct service_message message = {
	.buffer = (uint64_t)buffer,
	.room = sizeof(buffer),
};

static uint8_t scratch[PROBE_SCRATCH] __attribute__((aligned(4096)));

static void echo_reversed(void)
{
	for (uint32_t i = 0; i < message.size / 2; i++) {
		uint8_t byte = buffer[i];

		buffer[i] = buffer[message.size - 1 - i];
		buffer[message.size - 1 - i] = byte;
	}
}

static void read_at(uint64_t address)
{
	message.regs[0] = *(volatile uint64_t *)address;
}

static void write_at(uint64_t address)
{
	*(volatile uint64_t *)address = 1;
}

// Until nothing is given any more, and all of it is used; how many bytes that was.
static void use_up_memory(void)
{
	uint64_t size = 0;

	for (;;) {
		uint8_t *p = mmap(
			NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			break;
		memset(p, 1, 1 << 16);
		size += 1 << 16;
	}
	message.regs[0] = size;
}

// What the C library's own allocator gives and takes back
static void use_heap(void)
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

// The result of mapping code that can be written: 0 would be a mistake of the kernel's.
static void map_executable(void)
{
	void *p = mmap(
		NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	message.regs[0] = p == MAP_FAILED ? (uint64_t)errno : 0;
	message.regs[1] = mprotect(buffer, 1, PROT_EXEC) == 0 ? 0 : (uint64_t)errno;
}

static void execute_data(void)
{
	static uint8_t code[] = {0xc3};

	((void (*)(void))code)();
}

static int recurse(const volatile int *depth)
{
	volatile int deeper[256] = {*depth + 1};

	// The stack ends long before.
	return deeper[0] < 0 ? 0 : recurse(deeper) + deeper[0];
}

// Busy for so many turns, with a system call now and then
static void work(uint64_t turns)
{
	struct timespec now;

	for (uint64_t i = 0; i < turns; i++) {
		for (volatile unsigned j = 0; j < 10000; j++)
			;
		clock_gettime(CLOCK_MONOTONIC, &now);
	}
	message.regs[0] = turns;
}

// A value in a register of the SSE unit, from one request to the next
static void xmm_set(uint64_t value)
{
	__asm__ volatile("movq %0, %%xmm7" ::"r"(value) : "xmm7");
}

static void xmm_get(void)
{
	uint64_t value;

	__asm__ volatile("movq %%xmm7, %0" : "=r"(value));
	message.regs[0] = value;
}

static void floating_point(void)
{
	volatile double x = 2;

	for (int i = 0; i < 50; i++)
		x = (x + 2 / x) / 2;
	message.regs[0] = (uint64_t)(x * 1e9);
}

static void ask_random(void)
{
	message.regs[0] = 0;
	if (getrandom(&message.regs[0], 8, 0) != 8 || getrandom(&message.regs[1], 8, 0) != 8)
		message.result = 1;
}

static void who(void)
{
	message.regs[0] = message.caller;
	message.regs[1] = message.caller_id;
	message.regs[2] = message.protocol;
}

static void raw(uint64_t number)
{
	uint64_t args[6];
	long result;

	memcpy(args, buffer, sizeof(args));
	result = syscall((long)number, args[0], args[1], args[2], args[3], args[4], args[5]);
	message.regs[0] = result == -1 ? (uint64_t)-errno : (uint64_t)result;
	message.size = 0;
}

static void where(void)
{
	message.regs[0] = (uint64_t)scratch;
	message.regs[1] = (uint64_t)where & ~4095ull;
	message.regs[2] = 1ull << 38;
}

static void put(uint64_t offset)
{
	memcpy(scratch + offset, buffer, message.size);
	message.size = 0;
}

static void get(uint64_t offset, uint64_t size)
{
	memcpy(buffer, scratch + offset, size);
	message.size = (uint32_t)size;
}

static void ask(uint64_t handle, uint64_t call, uint64_t argument)
{
	static uint8_t data[SERVICE_BUFFER_MAX];
	struct service_message asked = {
		.call = (uint32_t)call,
		.regs = {argument},
		.buffer = (uint64_t)data,
		.room = sizeof(data),
		.size = message.size,
	};

	memcpy(data, buffer, message.size);
	message.regs[1] = syscall(SERVICE_CALL_CALL, handle, &asked) == 0 ? 0 : (uint64_t)-errno;
	message.regs[0] = asked.regs[0];
	message.regs[2] = asked.result;
	message.size = asked.size;
	memcpy(buffer, data, asked.size);
}

// The C library's memcpy() would use the registers.
static void copy_plainly(void *to, const void *from, uint64_t size)
{
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size)::"memory");
}

static void keep_registers(uint64_t turns, uint64_t avx)
{
	static struct registers registers;

	copy_plainly(&registers, buffer, sizeof(registers));
	registers_keep(&registers, turns, avx);
	copy_plainly(buffer, &registers, sizeof(registers));
	message.size = sizeof(registers);
}

static void instruction(uint64_t which)
{
	switch (which) {
	case PROBE_HLT:
		__asm__ volatile("hlt");
		return;
	case PROBE_CLI:
		__asm__ volatile("cli");
		return;
	case PROBE_IN:
		__asm__ volatile("inb $0x80, %%al" ::: "eax");
		return;
	case PROBE_RDMSR:
		__asm__ volatile("rdmsr" ::"c"(0xc0000080) : "eax", "edx");
		return;
	case PROBE_VMGEXIT:
		__asm__ volatile("rep; vmmcall");
		return;
	case PROBE_PVALIDATE:
		__asm__ volatile(".byte 0xf2, 0x0f, 0x01, 0xff" ::"a"(buffer), "c"(0), "d"(0)
				 : "memory");
		return;
	case PROBE_SGDT:
		__asm__ volatile("sgdt %0" : "=m"(buffer));
		return;
	case PROBE_INT:
		__asm__ volatile("int $28");
		return;
	case PROBE_UD:
		__asm__ volatile("ud2");
		return;
	default:
		__asm__ volatile("divl %0" ::"r"(0), "a"(1), "d"(0));
	}
}

static void serve(void)
{
	uint64_t argument = message.regs[0];

	message.result = SVSM_SUCCESS;
	switch (message.call) {
	case PROBE_ECHO:
		echo_reversed();
		return;
	case PROBE_READ:
		read_at(argument);
		return;
	case PROBE_WRITE:
		write_at(argument);
		return;
	case PROBE_JUMP:
		((void (*)(void))argument)();
		return;
	case PROBE_INSTRUCTION:
		instruction(argument);
		return;
	case PROBE_USE_UP:
		use_up_memory();
		return;
	case PROBE_HEAP:
		use_heap();
		return;
	case PROBE_MAP_CODE:
		map_executable();
		return;
	case PROBE_RUN_DATA:
		execute_data();
		return;
	case PROBE_RECURSE:
		recurse(&(int){0});
		return;
	case PROBE_WORK:
		work(argument);
		return;
	case PROBE_SPIN:
		for (volatile uint64_t i = 0; i < argument; i++)
			;
		return;
	case PROBE_XMM_SET:
		xmm_set(argument);
		return;
	case PROBE_XMM_GET:
		xmm_get();
		return;
	case PROBE_FLOAT:
		floating_point();
		return;
	case PROBE_RANDOM:
		ask_random();
		return;
	case PROBE_SYSCALL:
		message.regs[0] =
			syscall((long)argument, message.regs[1], 0, 0) == -1 ? (uint64_t)errno : 0;
		return;
	case PROBE_PRINT:
		printf("probe says %lu\n", (unsigned long)argument);
		(void)fflush(stdout);
		return;
	case PROBE_CHATTER:
		for (uint64_t i = 0; i < argument; i++)
			puts("chatter");
		(void)fflush(stdout);
		return;
	case PROBE_EXIT:
		exit((int)argument);
	case PROBE_ABORT:
		abort();
	case PROBE_WHO:
		who();
		return;
	case PROBE_RAW:
		raw(argument);
		return;
	case PROBE_WHERE:
		where();
		return;
	case PROBE_PUT:
		put(argument);
		return;
	case PROBE_GET:
		get(argument, message.regs[1]);
		return;
	case PROBE_MARK:
		__asm__ volatile("movq %0, %%r12\n\tpushq %%r12\n\tpushq %%r12\n\tud2"
				 :
				 : "r"(argument)
				 : "r12", "memory");
		return;
	case PROBE_ASK:
		ask(argument, message.regs[1], message.regs[2]);
		return;
	case PROBE_REGISTERS:
		keep_registers(argument, message.regs[1]);
		return;
	default:
		message.result = SVSM_ERR_UNSUPPORTED_CALL;
	}
}

int main(void)
{
	while (syscall(SERVICE_CALL_REPLY_AND_WAIT, &message) == 0)
		serve();
	return 2;
}
