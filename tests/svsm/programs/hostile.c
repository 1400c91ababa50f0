// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/svsm/programs/calls.h"

void read_at(void)
{
	message.regs[0] = *(volatile uint64_t *)message.regs[0];
}

void write_at(void)
{
	*(volatile uint64_t *)message.regs[0] = 1;
}

void jump(void)
{
	((void (*)(void))message.regs[0])();
}

// Until nothing is given any more, and all of it is used; how many bytes that was.
void use_up_memory(void)
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

// The result of mapping code that can be written: 0 would be a mistake of the kernel's.
void map_executable(void)
{
	void *p = mmap(
		NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	message.regs[0] = p == MAP_FAILED ? (uint64_t)errno : 0;
	message.regs[1] = mprotect(buffer, 1, PROT_EXEC) == 0 ? 0 : (uint64_t)errno;
}

void run_data(void)
{
	static uint8_t code[] = {0xc3};

	((void (*)(void))code)();
}

static int descend(const volatile int *depth)
{
	volatile int deeper[256] = {*depth + 1};

	// The stack ends long before.
	return deeper[0] < 0 ? 0 : descend(deeper) + deeper[0];
}

void recurse(void)
{
	descend(&(int){0});
}

void call_system(void)
{
	long result = syscall((long)message.regs[0], message.regs[1], 0, 0);

	message.regs[0] = result == -1 ? (uint64_t)errno : 0;
}

void end(void)
{
	exit((int)message.regs[0]);
}

void abort_itself(void)
{
	abort();
}

void mark(void)
{
	__asm__ volatile("movq %0, %%r12\n\tpushq %%r12\n\tpushq %%r12\n\tud2"
			 :
			 : "r"(message.regs[0])
			 : "r12", "memory");
}

void instruction(void)
{
	switch (message.regs[0]) {
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
