// SPDX-License-Identifier: MIT
#include "tests/fuzz/action.h"

#include <string.h>

#include "hw/svm.h"
#include "hw/x86.h"
#include "kernel/layout.h"
#include "kernel/user/syscall.h"
#include "tests/fuzz/program.h"
#include "tests/fuzz/ring3.h"
#include "tests/host/fake/fake.h"

#define REPLY	      SERVICE_CALL_REPLY_AND_WAIT
#define NUMBER_EXIT   231
#define NUMBER_WRITEV 20
#define FILL	      0x5a
#define IOVECS	      4
#define BLOBS	      40 // names: more than there can be
#define HANDLES	      5	 // that a service has, about

struct input action_input;
bool action_known[ACTION_NUMBERS + ACTION_OWN_NUMBERS];

uint64_t action_number(size_t i)
{
	return i < ACTION_NUMBERS ? i : SERVICE_CALL_BASE + i - ACTION_NUMBERS;
}

size_t action_index(uint64_t number)
{
	return number < ACTION_NUMBERS ? number : number - SERVICE_CALL_BASE + ACTION_NUMBERS;
}

static uint64_t take_place(const struct process *process)
{
	static const uint64_t places[] = {0, USER_START, USER_END - PAGE_SIZE, USER_END,
		PROGRAM_TEXT, PROGRAM_CONSTANTS, PROGRAM_DATA, PROGRAM_MESSAGE, PROGRAM_BUFFER,
		PROGRAM_END, 0x1000000000, KERNEL_VA, PERCPU_VA, GHCB_VA, 1ull << 47, ~0ull};
	uint64_t what = input_take(&action_input, 1);
	const struct user_space *space = &process->space;

	if (what < 128 && space->area_count > 0)
		return what & 64 ? space->areas[what % space->area_count].end
				 : space->areas[what % space->area_count].start;
	return places[what % ARRAY_SIZE(places)];
}

// Borders, and a little or some pages beside them
static uint64_t take_address(const struct process *process)
{
	uint64_t place = take_place(process);
	uint64_t how = input_take(&action_input, 1);

	if (how < 128)
		return place;
	if (how < 176)
		return place + (how - 128) * PAGE_SIZE;
	if (how < 208)
		return place - (how - 175);
	if (how < 240)
		return place + (how - 207);
	return place + input_take(&action_input, 2);
}

static uint64_t take_argument(const struct process *process)
{
	uint64_t what = input_take(&action_input, 1);

	if (what < 96)
		return take_address(process);
	if (what < 128)
		return (what - 96) * PAGE_SIZE;
	if (what < 160)
		return what - 128;
	if (what < 192)
		return BIT(2 * (what - 160)) - (what & 1);
	return what < 208   ? input_take(&action_input, 8)
	       : what < 224 ? input_take(&action_input, 2)
			    : what - 224;
}

void action_exit(struct trap_frame *frame)
{
	frame->vector = TRAP_SYSCALL;
	frame->rax = NUMBER_EXIT;
	frame->rdi = 0;
}

// As the service's library does it.
void action_reply(struct process *process, struct trap_frame *frame)
{
	struct service_message message = {
		.buffer = PROGRAM_BUFFER, .room = SERVICE_BUFFER_MAX, .size = 64};

	frame->vector = TRAP_SYSCALL;
	frame->rax = REPLY;
	frame->rdi = PROGRAM_MESSAGE;
	if (user_copy_out(&process->space, PROGRAM_MESSAGE, &message, sizeof(message)) != OK)
		action_exit(frame);
}

// The kernel's own calls, with a message in its place: to answer, or to ask somebody.
static uint64_t take_own_number(void)
{
	uint64_t i = input_below(&action_input, ACTION_OWN_NUMBERS);

	return SERVICE_CALL_BASE + (action_known[ACTION_NUMBERS + i] ? i : i % 2);
}

static uint64_t take_handle(void)
{
	uint64_t what = input_take(&action_input, 1);

	return what % (what < 192 ? HANDLES : BOOT_OBJECTS_MAX + 2);
}

static void send_message(struct process *process, struct trap_frame *frame)
{
	struct service_message message = {
		.result = (uint32_t)take_argument(process),
		.reserved = input_take(&action_input, 1) == 1,
		.regs = {take_argument(process)},
		.buffer = take_address(process),
		.room = (uint32_t)take_argument(process),
		.size = (uint32_t)take_argument(process),
	};
	uint64_t where = take_address(process);

	error_ignore(user_copy_out(&process->space, where, &message, sizeof(message)));
	frame->vector = TRAP_SYSCALL;
	frame->rax = take_own_number();
	frame->rdi = frame->rax == REPLY ? where : take_handle();
	frame->rsi = where;
}

// The same with the name of a blob: one of a few, sometimes without an end.
static void send_name(struct process *process, struct trap_frame *frame)
{
	uint64_t where = take_address(process);
	uint64_t what = input_take(&action_input, 1);
	char name[32] = {(char)('a' + what % BLOBS)};

	if (what >= 240)
		memset(name, 'a', what - 228);
	error_ignore(user_copy_out(&process->space, where, name, sizeof(name)));
	frame->vector = TRAP_SYSCALL;
	frame->rax = take_own_number();
	frame->rdi = take_handle();
	frame->rsi = where;
	frame->rdx = take_argument(process);
	frame->r10 = take_argument(process);
}

static void write_vector(struct process *process, struct trap_frame *frame)
{
	uint64_t vectors[IOVECS][2];
	uint64_t where = take_address(process);

	for (int i = 0; i < IOVECS; i++) {
		vectors[i][0] = take_address(process);
		vectors[i][1] = take_argument(process);
	}
	error_ignore(user_copy_out(&process->space, where, vectors, sizeof(vectors)));
	frame->vector = TRAP_SYSCALL;
	frame->rax = NUMBER_WRITEV;
	frame->rdi = 1;
	frame->rsi = where;
	frame->rdx = input_below(&action_input, IOVECS + 2);
}

// The nearest one that there is: a new one takes over few of the saved inputs' numbers.
static uint64_t take_number(void)
{
	uint64_t value = input_take(&action_input, 2);
	uint64_t i = value < 0xf000 ? value % ACTION_NUMBERS
				    : ACTION_NUMBERS + value % ACTION_OWN_NUMBERS;

	while (!action_known[i])
		i = (i + 1) % ARRAY_SIZE(action_known);
	return i < ACTION_NUMBERS ? i : SERVICE_CALL_BASE + i - ACTION_NUMBERS;
}

static void call_system(const struct process *process, struct trap_frame *frame, uint64_t number)
{
	frame->vector = TRAP_SYSCALL;
	frame->rax = number;
	frame->rdi = take_argument(process);
	frame->rsi = take_argument(process);
	frame->rdx = take_argument(process);
	frame->r10 = take_argument(process);
	frame->r8 = take_argument(process);
	frame->r9 = take_argument(process);
}

// As the processor raises it. False: this access is allowed.
static bool fault(const struct process *process, struct trap_frame *frame)
{
	static const uint64_t errors[] = {0, PF_W, PF_I};
	static const uint32_t wanted[] = {USER_READ, USER_WRITE, USER_EXECUTE};
	uint64_t what = input_below(&action_input, ARRAY_SIZE(errors));
	uint64_t va = take_address(process);
	uint64_t entry = ring3_entry(&process->space, va);

	if (va >= 1ull << 47 || ring3_entry_allows(entry, wanted[what]))
		return false;
	fake_set_cr2(va);
	frame->vector = VEC_PF;
	frame->error = errors[what] | PF_U | (entry & PTE_P);
	return true;
}

// #VC: CPUID, and exits that no program may bring about
static void communicate(const struct process *process, struct trap_frame *frame, uint64_t what)
{
	frame->vector = VEC_VC;
	frame->error = what & 1 ? VMEXIT_CPUID : VMEXIT_IOIO;
	frame->rip = what & 2 ? take_address(process) : PROGRAM_CPUID;
	frame->rax = take_argument(process);
	frame->rcx = take_argument(process);
}

static void except(const struct process *process, struct trap_frame *frame)
{
	static const uint8_t vectors[] = {VEC_DE, VEC_DB, VEC_BP, VEC_UD, VEC_NM, VEC_TS, VEC_NP,
		VEC_SS, VEC_GP, VEC_MF, VEC_AC, VEC_XF, 4, 5, 7, 21, VEC_SX, 31};

	frame->vector = vectors[input_below(&action_input, ARRAY_SIZE(vectors))];
	frame->error = take_argument(process);
	frame->rsp = take_address(process);
	frame->rip = take_address(process);
}

static void store(struct process *process)
{
	static uint8_t bytes[2 * PAGE_SIZE];
	uint64_t where = take_address(process);
	uint64_t size = input_take(&action_input, 2) % (sizeof(bytes) + 1);

	memset(bytes, FILL, sizeof(bytes));
	error_ignore(user_copy_out(&process->space, where, bytes, size));
}

// True: the program needs the kernel now.
bool action_take(struct process *process, struct trap_frame *frame, uint64_t what)
{
	if (what < 128)
		call_system(process, frame, take_number());
	else if (what < 142)
		send_message(process, frame);
	else if (what < 152)
		send_name(process, frame);
	else if (what < 160)
		action_reply(process, frame);
	else if (what < 168)
		write_vector(process, frame);
	else if (what < 184)
		return store(process), false;
	else if (what < 216)
		return fault(process, frame);
	else if (what < 228)
		frame->vector = VEC_HV;
	else if (what < 244)
		communicate(process, frame, what);
	else if (what < 246)
		except(process, frame);
	else
		call_system(process, frame, input_take(&action_input, what & 1 ? 2 : 8));
	return true;
}
