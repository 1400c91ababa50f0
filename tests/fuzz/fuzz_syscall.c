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
#include "hw/ghcb.h"
#include "hw/svm.h"
#include "hw/x86.h"
#include "kernel/bootinfo.h"
#include "kernel/page.h"
#include "kernel/percpu.h"
#include "kernel/services.h"
#include "kernel/slab.h"
#include "kernel/user/key.h"
#include "kernel/user/namespace.h"
#include "kernel/user/syscall.h"
#include "tests/fuzz/action.h"
#include "tests/fuzz/program.h"
#include "tests/fuzz/ring3.h"
#include "tests/host/fake/fake.h"

#define STEPS_MAX  16
#define TURNS_MAX  300
#define AGAIN	   246
#define AGAIN_MAX  100 // of all programs, for one input
#define SLICES_MAX 8   // of one call
#define SERVICES   3
#define CALLERS	   3
#define CPUS	   2
#define BLOB_PAGES 6 // of each namespace
// Devices that services hold; the second one to read only
#define PORTS	   0x70
#define PORTS_SIZE 2
#define MMIO	   0xfed00000
#define MMIO_SIZE  0x400
#define REPLY	   SERVICE_CALL_REPLY_AND_WAIT
#define FILL	   0x5a
// Room for the stack, and what the kernel keeps back
#define MEMORY (160 * PAGE_SIZE)

static const uint32_t protocols[SERVICES] = {SVSM_PROTOCOL_VTPM, 0xc0000001, 0xc0000002};
static const char names[SERVICES][8] = {"first", "second", "third"};
static uint8_t data[SERVICE_BUFFER_MAX];
static unsigned int turns;
static bool started; // the services wait; from now on they do what the input says
static struct vcpu *const callers[CALLERS] = {
	(struct vcpu *)&data[0], (struct vcpu *)&data[1], (struct vcpu *)&data[2]};
static bool asked[SERVICES]; // the last thing that it did was a system call
static struct {
	struct trap_frame frame; // of its last system call
	uint64_t step;		 // what is added to the first argument
	uint64_t left;
} again[SERVICES];
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

// The same system call many times, for one page after the other. False: not now.
static bool act_again(uint64_t i, struct trap_frame *frame)
{
	if (again[i].left == 0)
		return false;
	again[i].left--;
	again[i].frame.rdi += again[i].step;
	*frame = again[i].frame;
	return true;
}

static void plan_again(uint64_t i)
{
	if (again[i].frame.vector != TRAP_SYSCALL)
		return;
	again[i].step = input_below(&action_input, 4) * PAGE_SIZE;
	again[i].left = input_below(&action_input, AGAIN_MAX);
}

static bool act_or_repeat(uint64_t i, struct process *process, struct trap_frame *frame)
{
	uint64_t what = input_take(&action_input, 1);

	if (what != AGAIN)
		return action_take(process, frame, what);
	plan_again(i);
	return act_again(i, frame);
}

static void note(uint64_t i, const struct trap_frame *frame)
{
	asked[i] = frame->vector == TRAP_SYSCALL;
	if (asked[i] && again[i].left == 0)
		again[i].frame = *frame;
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
	if (act_again(i, frame))
		return;
	while (action_input.size > 0 && turns < TURNS_MAX) {
		if (act_or_repeat(i, process, frame)) {
			note(i, frame);
			return;
		}
	}
	// It answers, and if that is refused, it ends.
	if (turns % 2 == 0)
		action_reply(process, frame);
	else
		action_exit(frame);
}

// --- who calls, and what must hold

// Nobody waits for it, and it waits for nobody.
static bool is_idle(const struct service *service)
{
	return service->process.state == PROCESS_WAITING && service->owner == NULL;
}

// Who waits has answered; who asks another service waits for that.
static void check_request(const struct service *service)
{
	enum process_state state = service->process.state;

	FUZZ_CHECK(state != PROCESS_WAITING || service->owner == NULL || service->answered);
	FUZZ_CHECK(state != PROCESS_CALLING || service->call_state != CALL_NONE);
	FUZZ_CHECK(state == PROCESS_CALLING || service->call_state != CALL_GIVEN);
}

// Blobs have names, one each, and no more pages than there are.
static void check_blobs(const struct namespace *space)
{
	char blobs[SERVICE_BLOBS_MAX + 1][SERVICE_BLOB_NAME_MAX];
	uint64_t pages = 0;
	int64_t size = 0;

	for (uint64_t i = 0; (size = namespace_list(space, i, blobs[i])) >= 0; i++) {
		size_t length = strnlen(blobs[i], SERVICE_BLOB_NAME_MAX);

		FUZZ_CHECK(i < SERVICE_BLOBS_MAX);
		FUZZ_CHECK(length > 0 && length < SERVICE_BLOB_NAME_MAX);
		for (uint64_t j = 0; j < i; j++)
			FUZZ_CHECK(strcmp(blobs[i], blobs[j]) != 0);
		pages += ALIGN_UP((uint64_t)size, PAGE_SIZE) / PAGE_SIZE;
	}
	FUZZ_CHECK(pages <= BLOB_PAGES);
}

// A key is there as long as somebody holds it, and the same for all.
static void check_objects(void)
{
	const uint8_t *value = NULL;
	bool is_held = false;

	for (uint64_t i = 0; i < SERVICES; i++) {
		const struct service *service = service_at(i);

		for (size_t j = 0; j < service->objects.count; j++) {
			const struct object *object = &service->objects.objects[j];

			if (object->kind == BOOT_OBJECT_NAMESPACE)
				check_blobs(object->namespace);
			if (object->kind != BOOT_OBJECT_KEY)
				continue;
			FUZZ_CHECK(value == NULL || value == key_value(object->key));
			value = key_value(object->key);
			is_held |= service_is_alive(service);
		}
	}
	FUZZ_CHECK(bytes_is_zero(bytes_make(value, BOOT_KEY_SIZE)) == !is_held);
}

static void check_all(void)
{
	check_objects();
	ring3_check_begin();
	for (uint64_t i = 0; i < SERVICES; i++) {
		const struct service *service = service_at(i);

		FUZZ_CHECK(!service->taken && service->waiters == 0);
		check_request(service);
		FUZZ_CHECK(
			!is_idle(service) || ring3_is_zero(service->data, sizeof(service->data)));
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
	struct fake_regs regs = {
		.rax = FAKE_CALL(SVSM_PROTOCOL_VTPM, input_below(&action_input, 3)),
		.rcx = FAKE_FREE_GPA + input_below(&action_input, 256)};

	memset(fake_ptr_write(FAKE_FREE_GPA, 2 * PAGE_SIZE), FILL, 2 * PAGE_SIZE);
	FUZZ_CHECK(fake_call(&regs));
	FUZZ_CHECK(regs.rax <= UINT32_MAX);
}

static void call_directly(uint64_t what)
{
	struct service *service = service_at(what % SERVICES);
	struct request request = {
		.vcpu = callers[input_below(&action_input, CALLERS)],
		.protocol = protocols[what % SERVICES],
		.call = (uint32_t)input_take(&action_input, 1) & 3,
	};
	uint32_t size = (uint32_t)input_take(&action_input, 2) % (SERVICE_BUFFER_MAX + 1);
	uint64_t slices = input_below(&action_input, SLICES_MAX);
	enum error err = ERR_SVSM_INCOMPLETE;

	for (uint64_t i = 0; i <= slices && err == ERR_SVSM_INCOMPLETE; i++) {
		struct request attempt = request;

		memset(data, FILL, sizeof(data));
		err = service_call(service, &attempt, data, &size);
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

// Registers of devices are reached where a manifest grants them, and nowhere else.
static bool host_watches(struct ghcb *ghcb)
{
	uint64_t where = ghcb->sw_exit_info_1;

	if (ghcb->sw_exit_code == VMEXIT_IOIO && (where & IOIO_STR) == 0)
		FUZZ_CHECK((where >> IOIO_PORT_SHIFT) - PORTS < PORTS_SIZE);
	if (ghcb->sw_exit_code == GHCB_EXIT_MMIO_READ)
		FUZZ_CHECK(where - MMIO < MMIO_SIZE);
	FUZZ_CHECK(ghcb->sw_exit_code != GHCB_EXIT_MMIO_WRITE);
	return false;
}

// It forgets what else was armed.
static void fail_alloc(uint64_t n)
{
	fake_fail_alloc(n);
	fake_host_exit(host_watches);
}

static void step(void)
{
	uint64_t what = input_take(&action_input, 1);

	if (what < 16)
		fake_cpu_select((uint32_t)(what % CPUS));
	else if (what < 32)
		fail_alloc(what - 16);
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

static void hold(struct boot_service *service, struct boot_object object)
{
	service->objects[service->object_count++] = object;
}

// Objects of all kinds: each may call those before it; a key is that of two.
static void grant(struct boot_service *service, int i)
{
	for (int j = 0; j < i; j++) {
		struct boot_object callee = {.kind = BOOT_OBJECT_SERVICE};

		memcpy(callee.name, names[j], sizeof(names[j]));
		hold(service, callee);
	}
	if (i < 2)
		hold(service, (struct boot_object){.kind = BOOT_OBJECT_NAMESPACE,
				      .name = {(char)('m' + i)},
				      .size = BLOB_PAGES * PAGE_SIZE});
	if (i > 0)
		hold(service, (struct boot_object){.kind = BOOT_OBJECT_KEY, .name = "key"});
	if (i == 1)
		hold(service,
			(struct boot_object){
				.kind = BOOT_OBJECT_PORTS, .start = PORTS, .size = PORTS_SIZE});
	if (i == 2)
		hold(service, (struct boot_object){.kind = BOOT_OBJECT_MMIO,
				      .flags = BOOT_OBJECT_READ_ONLY,
				      .start = MMIO,
				      .size = MMIO_SIZE});
}

static void services_prepare(struct boot_info *info)
{
	struct boot_service *table = (struct boot_service *)(void *)fake_ptr(info->services.gpa);
	const struct service_message message = {
		.buffer = PROGRAM_BUFFER, .room = SERVICE_BUFFER_MAX};
	const struct boot_range file = {table->program.gpa, PROGRAM_SIZE};
	uint8_t *program = fake_ptr(file.gpa);

	program_make(program);
	memcpy(program + (PROGRAM_DATA & (PAGE_SIZE - 1)), &message, sizeof(message));
	for (int i = 0; i < SERVICES; i++) {
		table[i] = (struct boot_service){
			.program = file, .memory = MEMORY, .protocol = protocols[i]};
		memcpy(table[i].name, names[i], sizeof(names[i]));
		grant(&table[i], i);
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
	fake_host_exit(host_watches);
	ring3_forget();
	turns = 0;
	memset(asked, 0, sizeof(asked));
	memset(again, 0, sizeof(again));
}

// By the answer, for the whole table; what a call leaves behind is forgotten.
static void numbers_find(void *unused)
{
	struct process *process = &service_at(0)->process;

	(void)unused;
	for (uint64_t i = 0; i < ARRAY_SIZE(action_known); i++) {
		struct trap_frame *frame = &this_cpu()->user_frame;

		restart();
		memset(frame, 0, sizeof(*frame));
		frame->rax = action_number(i);
		syscall_serve(process);
		action_known[i] = frame->rax != (uint64_t)-LINUX_ENOSYS;
	}
	FUZZ_CHECK(action_known[action_index(SERVICE_CALL_DEVICE_WRITE)]);
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
	for (int i = 0; i < STEPS_MAX && action_input.size > 0; i++) {
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
	action_input = (struct input){bytes, size};
	memcpy(program, program_bytes().data, sizeof(program));
	FUZZ_CHECK(fake_try(run, NULL) == FAKE_RETURNED);
	check_objects();
	FUZZ_CHECK(page_count_free() == pages_free && slab_count_used() == slab_used);
	FUZZ_CHECK(memcmp(program, program_bytes().data, sizeof(program)) == 0);
	ring3_check_wiped();
	return 0;
}
