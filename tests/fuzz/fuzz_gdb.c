// SPDX-License-Identifier: MIT
/*
 * The gdb stub: packets, requests, registers and memory. The input is what comes over the serial
 * port, and for a second half of the runs the text of packets, which the target frames. Breakpoints
 * and page tables are played here. Checked: every answer is a good packet.
 */
#include <stdlib.h>
#include <string.h>

#include "machine/cpu/processor.h"
#include "machine/debug/gdb.h"
#include "tests/fuzz/machine.h"

#define UART_DATA   0x3e8
#define UART_LSR    0x3ed
#define LSR_DATA    0x01
#define LSR_EMPTY   0x20
#define WAITS_MAX   4
#define MEMORY	    0x100000ull
#define MEMORY_SIZE 0x3000ull
#define SENT_MAX    (1u << 20)

struct cpu *cpus[CPUS_MAX];
uint32_t cpu_count;

static struct cpu cpu[2];
static struct vmcb vmcb[2];
static struct vmsa vmsa;
static uint8_t guest_memory[MEMORY_SIZE];
static uint8_t *line; // what gdb sends
static size_t line_size, line_at;
static unsigned int waits;
static char sent[SENT_MAX]; // what the stub sends
static size_t sent_size;
static char own_id; // pushes of the registers go to this VMSA

// Always ready to send. Who asks again and again for what does not come waits for gdb.
uint8_t inb(uint16_t port)
{
	if (port == UART_LSR && line_at == line_size) {
		if (++waits > WAITS_MAX)
			machine_dry();
		return LSR_EMPTY;
	}
	if (port == UART_LSR)
		return LSR_EMPTY | LSR_DATA;
	FUZZ_CHECK(port == UART_DATA && line_at < line_size);
	return line[line_at++];
}

void outb(uint16_t port, uint8_t v)
{
	FUZZ_CHECK(port == UART_DATA);
	waits = 0;
	if (sent_size == SENT_MAX)
		machine_dry();
	sent[sent_size++] = (char)v;
}

// Each look at the clock is a millisecond.
uint64_t time_us(void)
{
	static uint64_t now;

	return now += 1000;
}

struct plane *gdb_thread(uint32_t id)
{
	return id >= 1 && id <= cpu_count && cpus[id - 1]->plane[0].present
		       ? &cpus[id - 1]->plane[0]
		       : NULL;
}

struct vmsa *vmsa_of(struct plane *plane)
{
	FUZZ_CHECK(plane == gdb_thread(plane->cpu->index + 1));
	return &vmsa;
}

static uint8_t *memory_at(uint64_t linear, size_t size)
{
	if (linear < MEMORY || linear - MEMORY > MEMORY_SIZE ||
		size > MEMORY_SIZE - (linear - MEMORY))
		return NULL;
	return guest_memory + (linear - MEMORY);
}

bool walk_read(struct plane *plane, uint64_t linear, void *to, size_t size)
{
	const uint8_t *from = memory_at(linear, size);

	FUZZ_CHECK(plane == gdb_thread(plane->cpu->index + 1));
	FUZZ_CHECK(size <= PAGE_SIZE - linear % PAGE_SIZE);
	if (from != NULL)
		memcpy(to, from, size);
	return from != NULL;
}

bool walk_write(struct plane *plane, uint64_t linear, const void *from, size_t size)
{
	uint8_t *to = memory_at(linear, size);

	FUZZ_CHECK(plane == gdb_thread(plane->cpu->index + 1));
	if (to != NULL)
		memcpy(to, from, size);
	return to != NULL;
}

bool breakpoint_set(struct plane *plane, unsigned type, uint64_t address, unsigned size)
{
	FUZZ_CHECK(plane != NULL && type <= 4);
	return (address & 1) == 0 && size <= 8;
}

bool breakpoint_clear(unsigned type, uint64_t address)
{
	FUZZ_CHECK(type <= 4);
	return (address & 1) == 0;
}

void breakpoints_clear(void)
{
}

void breakpoints_hide(uint64_t address, uint8_t *bytes, size_t size)
{
	(void)address;
	if (size > 0)
		bytes[size - 1] ^= 1;
}

void breakpoints_rewrite(struct plane *plane, uint64_t address, size_t size)
{
	FUZZ_CHECK(plane != NULL && (size == 0 || memory_at(address, size) != NULL));
}

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// $text#sum, and nothing else but acknowledgements; none longer than a packet may be.
static void check_sent(bool whole)
{
	size_t at = 0;

	while (at < sent_size) {
		uint8_t sum = 0;
		size_t start = at + 1;

		if (sent[at] == '+' || sent[at] == '-') {
			at++;
			continue;
		}
		FUZZ_CHECK(sent[at] == '$');
		for (at = start; at < sent_size && sent[at] != '#'; at++)
			sum = (uint8_t)(sum + (uint8_t)sent[at]);
		if (at + 2 >= sent_size) {
			FUZZ_CHECK(!whole);
			return;
		}
		FUZZ_CHECK(at - start <= PACKET_MAX);
		FUZZ_CHECK(digit(sent[at + 1]) == sum >> 4 && digit(sent[at + 2]) == (sum & 15));
		at += 3;
	}
}

static void stop_session(void *argument)
{
	enum resume how[CPUS_MAX] = {RESUME_HOLD};
	struct stop stop = {.cpu = &cpu[0], .signal = SIGNAL_TRAP, .reason = ""};

	(void)argument;
	session_run(&stop, how);
	for (uint32_t i = 0; i < cpu_count; i++)
		FUZZ_CHECK(how[i] <= RESUME_STEP);
}

// And the VM runs until gdb says something.
static void session(void *argument)
{
	stop_session(argument);
	(void)session_poll();
}

static void feed(const uint8_t *data, size_t size)
{
	line = (uint8_t *)(uintptr_t)data;
	line_size = size;
	line_at = 0;
	waits = 0;
}

// What the stub remembers of the last session goes with a detach.
static void forget(void)
{
	// Twice: the start of the first one may count as taken.
	static const char detach[] = "$D#44$D#44";

	feed((const uint8_t *)detach, strlen(detach));
	sent_size = 0;
	FUZZ_CHECK(machine_run(stop_session, NULL) == MACHINE_RETURNED);
	FUZZ_CHECK(!session_attached());
	sent_size = 0;
}

static void reset(bool second_thread)
{
	memset(cpu, 0, sizeof(cpu));
	memset(vmcb, 0, sizeof(vmcb));
	memset(&vmsa, 0, sizeof(vmsa));
	memset(guest_memory, 0, sizeof(guest_memory));
	cpu_count = 2;
	for (uint32_t i = 0; i < 2; i++) {
		struct plane *plane = &cpu[i].plane[0];

		cpus[i] = &cpu[i];
		cpu[i].index = i;
		plane->cpu = &cpu[i];
		plane->present = i == 0 || second_thread;
		plane->core.vmcb = &vmcb[i];
		plane->core.vmsa_spa = i == 0 ? 0 : machine_spa(&own_id);
	}
}

// Packets out of lines.
static size_t frame(struct input input, uint8_t *out)
{
	size_t used = 0;

	while (input.size > 0) {
		uint8_t sum = 0;
		uint8_t c = 0;

		out[used++] = '$';
		while (input.size > 0 && (c = (uint8_t)input_take(&input, 1)) != '\n') {
			sum = (uint8_t)(sum + c);
			out[used++] = c;
		}
		out[used++] = '#';
		out[used++] = (uint8_t) "0123456789abcdef"[sum >> 4];
		out[used++] = (uint8_t) "0123456789abcdef"[sum & 15];
	}
	return used;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size};
	uint64_t how = input_take(&input, 1);
	uint8_t *framed = malloc(4 * size + 4);
	enum machine_result result = MACHINE_RETURNED;

	FUZZ_CHECK(framed != NULL);
	reset((how & 1) != 0);
	forget();
	if (how & 2)
		feed(input.data, input.size);
	else
		feed(framed, frame(input, framed));
	// A stop after each resumption, as long as gdb has something to say.
	while (result == MACHINE_RETURNED && line_at < line_size)
		result = machine_run(session, NULL);
	FUZZ_CHECK(result != MACHINE_STOPPED);
	check_sent(sent_size < SENT_MAX);
	free(framed);
	return 0;
}
