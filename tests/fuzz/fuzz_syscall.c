// SPDX-License-Identifier: MIT
/*
 * Programs in ring 3 that do what they like: three services, started by the kernel itself on fake
 * hardware, called by several vCPUs. The input is a list of calls, and of what the programs do
 * while they run: system calls with any arguments, writes, page faults, exceptions, events, and
 * allocations that fail. After each call: address spaces are sound (ring3.h), no lock is held, no
 * answer is kept once it was taken; in the end, when all are gone, so are their pages and their
 * contents. Nothing that a program does ends the VM.
 *
 * Which system calls there are is found out by making them.
 */
#include <string.h>

#include "abi/vtpm.h"
#include "hw/svm.h"
#include "hw/x86.h"
#include "kernel/bootinfo.h"
#include "kernel/page.h"
#include "kernel/percpu.h"
#include "kernel/services.h"
#include "kernel/slab.h"
#include "kernel/user/syscall.h"
#include "tests/fuzz/program.h"
#include "tests/fuzz/ring3.h"
#include "tests/host/fake/fake.h"

#define STEPS_MAX     16
#define TURNS_MAX     300 // of all programs, for one input
#define SLICES_MAX    8	  // of one call
#define SERVICES      3
#define CALLERS	      3
#define CPUS	      2
#define NUMBERS	      512
#define OWN_NUMBERS   16 // from SERVICE_CALL_BASE on
#define REPLY	      SERVICE_CALL_REPLY_AND_WAIT
#define NUMBER_EXIT   231
#define NUMBER_WRITEV 20
#define FILL	      0x5a
#define IOVECS	      4
// Room for the stack, and what the kernel keeps back
#define MEMORY (160 * PAGE_SIZE)

static const uint32_t protocols[SERVICES] = {SVSM_PROTOCOL_VTPM, 0xc0000001, 0xc0000002};
static struct input input;
static unsigned int turns;
static bool started; // the services wait; from now on they do what the input says
static bool known[NUMBERS + OWN_NUMBERS];
static struct vcpu *const callers[CALLERS] = {
	(struct vcpu *)&known[0], (struct vcpu *)&known[1], (struct vcpu *)&known[2]};
static uint8_t data[SERVICE_BUFFER_MAX];
static bool asked[SERVICES]; // the last thing that it did was a system call
static uint64_t pages_free;
static uint64_t slab_used;

static struct service *service_at(uint64_t i)
{
	struct service *service = services_find(protocols[i]);

	FUZZ_CHECK(service != NULL);
	return service;
}

static struct bytes program_bytes(void)
{
	const struct boot_service *table = bootinfo_ptr(bootinfo()->services.gpa);

	return bytes_make(bootinfo_ptr(table->program.gpa), table->program.size);
}

// --- what a program does

// SERVICES: none that is known, for during its start the first one is not found yet.
static uint64_t service_running(void)
{
	for (uint64_t i = 0; i < SERVICES; i++) {
		const struct service *service = services_find(protocols[i]);

		if (service != NULL && ring3_is_entered(&service->process.space))
			return i;
	}
	return SERVICES;
}

static uint64_t take_place(const struct process *process)
{
	static const uint64_t places[] = {0, USER_START, USER_END - PAGE_SIZE, USER_END,
		PROGRAM_TEXT, PROGRAM_CONSTANTS, PROGRAM_DATA, PROGRAM_MESSAGE, PROGRAM_BUFFER,
		PROGRAM_END, 0x1000000000, KERNEL_VA, PERCPU_VA, GHCB_VA, 1ull << 47, ~0ull};
	uint64_t what = input_take(&input, 1);
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
	uint64_t how = input_take(&input, 1);

	if (how < 128)
		return place;
	if (how < 176)
		return place + (how - 128) * PAGE_SIZE;
	if (how < 208)
		return place - (how - 175);
	if (how < 240)
		return place + (how - 207);
	return place + input_take(&input, 2);
}

static uint64_t take_argument(const struct process *process)
{
	uint64_t what = input_take(&input, 1);

	if (what < 96)
		return take_address(process);
	if (what < 128)
		return (what - 96) * PAGE_SIZE;
	if (what < 160)
		return what - 128;
	if (what < 192)
		return BIT(2 * (what - 160)) - (what & 1);
	return what < 208 ? input_take(&input, 8) : what < 224 ? input_take(&input, 2) : what - 224;
}

static void exit_now(struct trap_frame *frame)
{
	frame->vector = TRAP_SYSCALL;
	frame->rax = NUMBER_EXIT;
	frame->rdi = 0;
}

// As the service's library does it.
static void reply(struct process *process, struct trap_frame *frame)
{
	struct service_message message = {
		.buffer = PROGRAM_BUFFER, .room = SERVICE_BUFFER_MAX, .size = 64};

	frame->vector = TRAP_SYSCALL;
	frame->rax = REPLY;
	frame->rdi = PROGRAM_MESSAGE;
	if (user_copy_out(&process->space, PROGRAM_MESSAGE, &message, sizeof(message)) != OK)
		exit_now(frame);
}

// The kernel's own calls, with a message in its place: to answer, or to ask somebody.
static uint64_t take_own_number(void)
{
	uint64_t i = input_below(&input, OWN_NUMBERS);

	return SERVICE_CALL_BASE + (known[NUMBERS + i] ? i : i % 2);
}

static void send_message(struct process *process, struct trap_frame *frame)
{
	struct service_message message = {
		.result = (uint32_t)take_argument(process),
		.reserved = input_take(&input, 1) == 1,
		.regs = {take_argument(process)},
		.buffer = take_address(process),
		.room = (uint32_t)take_argument(process),
		.size = (uint32_t)take_argument(process),
	};
	uint64_t where = take_address(process);

	error_ignore(user_copy_out(&process->space, where, &message, sizeof(message)));
	frame->vector = TRAP_SYSCALL;
	frame->rax = take_own_number();
	frame->rdi = frame->rax == REPLY ? where : input_below(&input, SERVICES + 1);
	frame->rsi = where;
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
	frame->rdx = input_below(&input, IOVECS + 2);
}

// The nearest one that there is: a new one takes over few of the saved inputs' numbers.
static uint64_t take_number(void)
{
	uint64_t value = input_take(&input, 2);
	uint64_t i = value < 0xf000 ? value % NUMBERS : NUMBERS + value % OWN_NUMBERS;

	while (!known[i])
		i = (i + 1) % ARRAY_SIZE(known);
	return i < NUMBERS ? i : SERVICE_CALL_BASE + i - NUMBERS;
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
	uint64_t what = input_below(&input, ARRAY_SIZE(errors));
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

	frame->vector = vectors[input_below(&input, ARRAY_SIZE(vectors))];
	frame->error = take_argument(process);
	frame->rsp = take_address(process);
	frame->rip = take_address(process);
}

static void store(struct process *process)
{
	static uint8_t bytes[2 * PAGE_SIZE];
	uint64_t where = take_address(process);
	uint64_t size = input_take(&input, 2) % (sizeof(bytes) + 1);

	memset(bytes, FILL, sizeof(bytes));
	error_ignore(user_copy_out(&process->space, where, bytes, size));
}

// True: the program needs the kernel now.
static bool act(struct process *process, struct trap_frame *frame, uint64_t what)
{
	if (what < 128)
		call_system(process, frame, take_number());
	else if (what < 152)
		send_message(process, frame);
	else if (what < 160)
		reply(process, frame);
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
	else if (what < 248)
		except(process, frame);
	else
		call_system(process, frame, input_take(&input, 8));
	return true;
}

// What it got back from its last system call is an errno value, or nothing of the kernel's.
static void check_result(uint64_t i, uint64_t result)
{
	if (asked[i])
		FUZZ_CHECK(result < USER_END + PAGE_SIZE * KIB(1) || -result <= 4095);
	asked[i] = false;
}

// With the message in the file: before anything else, and for the last time.
static void wait_first(struct trap_frame *frame)
{
	frame->vector = TRAP_SYSCALL;
	frame->rax = REPLY;
	frame->rdi = PROGRAM_DATA;
}

void ring3_run(struct trap_frame *frame)
{
	uint64_t i = service_running();

	if (i == SERVICES || !started) {
		wait_first(frame);
		return;
	}
	struct process *process = &service_at(i)->process;

	check_result(i, frame->rax);
	turns++;
	while (input.size > 0 && turns < TURNS_MAX) {
		if (act(process, frame, input_take(&input, 1))) {
			asked[i] = frame->vector == TRAP_SYSCALL;
			return;
		}
	}
	// It answers, and if that is refused, it ends.
	if (turns % 2 == 0)
		reply(process, frame);
	else
		exit_now(frame);
}

// --- who calls, and what must hold

// Nobody waits for it, and it waits for nobody.
static bool is_idle(const struct service *service)
{
	return service->process.state == PROCESS_WAITING && service->owner == NULL;
}

static void check_all(void)
{
	ring3_check_begin();
	for (uint64_t i = 0; i < SERVICES; i++) {
		const struct service *service = service_at(i);

		FUZZ_CHECK(!service->taken && service->waiters == 0);
		FUZZ_CHECK(!is_idle(service) ||
			   bytes_is_zero(bytes_make(service->data, sizeof(service->data))));
		if (service->process.state != PROCESS_ENDED)
			ring3_check_space(&service->process.space, program_bytes());
		else
			FUZZ_CHECK(service->process.space.directory == NULL);
	}
	FUZZ_CHECK(this_cpu()->lock_levels == 0);
}

// A guest's command, by the kernel's own path; the TPM is the first service.
static void call_as_guest(void)
{
	struct fake_regs regs = {.rax = FAKE_CALL(SVSM_PROTOCOL_VTPM, input_below(&input, 3)),
		.rcx = FAKE_FREE_GPA + input_below(&input, 256)};

	memset(fake_ptr_write(FAKE_FREE_GPA, 2 * PAGE_SIZE), FILL, 2 * PAGE_SIZE);
	FUZZ_CHECK(fake_call(&regs));
	FUZZ_CHECK(regs.rax <= UINT32_MAX);
}

static void call_directly(uint64_t what)
{
	struct service *service = service_at(what % SERVICES);
	struct request request = {
		.vcpu = callers[input_below(&input, CALLERS)],
		.protocol = protocols[what % SERVICES],
		.call = (uint32_t)input_take(&input, 1) & 3,
	};
	uint32_t size = (uint32_t)input_take(&input, 2) % (SERVICE_BUFFER_MAX + 1);
	uint64_t slices = input_below(&input, SLICES_MAX);
	enum error err = ERR_SVSM_INCOMPLETE;

	for (uint64_t i = 0; i <= slices && err == ERR_SVSM_INCOMPLETE; i++) {
		struct request again = request;

		memset(data, FILL, sizeof(data));
		err = service_call(service, &again, data, &size);
		FUZZ_CHECK(size <= SERVICE_BUFFER_MAX);
	}
	FUZZ_CHECK(service_is_alive(service) || err == ERR_INVALID_REQUEST);
}

// As for a reboot of the guest
static void restart_service(uint64_t i)
{
	struct service *service = service_at(i);

	service_stop(service);
	check_all();
	error_ignore(service_start(service, "again", program_bytes(), MEMORY));
}

static void step(void)
{
	uint64_t what = input_take(&input, 1);

	if (what < 16)
		fake_cpu_select((uint32_t)(what % CPUS));
	else if (what < 32)
		fake_fail_alloc(what - 16);
	else if (what < 64)
		fake_fail_rdrand(1u << (what - 32) % 16);
	else if (what < 72)
		restart_service(what % SERVICES);
	else if (what < 128 && fake_cpu_current() == 0)
		call_as_guest();
	else
		call_directly(what);
}

// --- the start

static void services_prepare(struct boot_info *info)
{
	struct boot_service *table = (struct boot_service *)(void *)fake_ptr(info->services.gpa);
	const struct service_message message = {
		.buffer = PROGRAM_BUFFER, .room = SERVICE_BUFFER_MAX};
	const char names[SERVICES][8] = {"first", "second", "third"};
	const struct boot_range file = {table->program.gpa, PROGRAM_SIZE};
	uint8_t *program = fake_ptr(file.gpa);

	program_make(program);
	memcpy(program + (PROGRAM_DATA & (PAGE_SIZE - 1)), &message, sizeof(message));
	for (int i = 0; i < SERVICES; i++) {
		table[i] = (struct boot_service){
			.program = file, .memory = MEMORY, .protocol = protocols[i]};
		memcpy(table[i].name, names[i], sizeof(names[i]));
		// Each may call those before it.
		for (int j = 0; j < i; j++) {
			struct boot_object *object = &table[i].objects[table[i].object_count++];

			object->kind = BOOT_OBJECT_SERVICE;
			memcpy(object->name, names[j], sizeof(names[j]));
		}
	}
	info->services.size = SERVICES * sizeof(*table);
}

static void teardown(void *unused)
{
	(void)unused;
	for (uint64_t i = 0; i < SERVICES; i++)
		service_stop(service_at(i));
}

static void restart(void)
{
	fake_reset();
	ring3_forget();
	turns = 0;
	memset(asked, 0, sizeof(asked));
}

// By the answer, for the whole table; what a call leaves behind is forgotten.
static void numbers_find(void *unused)
{
	struct process *process = &service_at(0)->process;

	(void)unused;
	for (uint64_t i = 0; i < ARRAY_SIZE(known); i++) {
		struct trap_frame *frame = &this_cpu()->user_frame;

		restart();
		memset(frame, 0, sizeof(*frame));
		frame->rax = i < NUMBERS ? i : SERVICE_CALL_BASE + i - NUMBERS;
		syscall_serve(process);
		known[i] = frame->rax != (uint64_t)-LINUX_ENOSYS;
	}
	FUZZ_CHECK(
		known[NUMBER_EXIT] && known[NUMBER_WRITEV] && known[NUMBERS] && known[NUMBERS + 1]);
}

static void start_once(void)
{
	static const struct fake_config config = {
		.cpus = CPUS, .service = SVSM_PROTOCOL_VTPM, .prepare = services_prepare};

	if (started)
		return;
	FUZZ_CHECK(fake_boot(&config) == FAKE_RETURNED);
	FUZZ_CHECK(fake_try(numbers_find, NULL) == FAKE_RETURNED);
	restart();
	FUZZ_CHECK(fake_try(teardown, NULL) == FAKE_RETURNED);
	pages_free = page_count_free();
	slab_used = slab_count_used();
	started = true;
}

static void run(void *unused)
{
	(void)unused;
	for (int i = 0; i < STEPS_MAX && input.size > 0; i++) {
		step();
		check_all();
	}
	teardown(NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	uint8_t program[PROGRAM_SIZE];

	start_once();
	restart();
	input = (struct input){bytes, size};
	memcpy(program, program_bytes().data, sizeof(program));
	FUZZ_CHECK(fake_try(run, NULL) == FAKE_RETURNED);
	FUZZ_CHECK(page_count_free() == pages_free && slab_count_used() == slab_used);
	FUZZ_CHECK(memcmp(program, program_bytes().data, sizeof(program)) == 0);
	ring3_check_wiped();
	return 0;
}
