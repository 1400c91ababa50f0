// SPDX-License-Identifier: MIT
/*
 * Any ELF file as a program for ring 3 (kernel/user/load.c), with any quota, by the kernel on fake
 * hardware. What is loaded is what the file says, in a sound address space (ring3.h); what is not
 * leaves nothing behind.
 */
#include <string.h>

#include "hw/x86.h"
#include "kernel/page.h"
#include "kernel/percpu.h"
#include "kernel/user/area.h"
#include "lib/elf.h"
#include "tests/fuzz/program.h"
#include "tests/fuzz/ring3.h"
#include "tests/host/fake/fake.h"

#define ORDER	  2 // pages for the file
#define ROOM	  (PAGE_SIZE << ORDER)
#define PAGES_MAX 255

struct load {
	struct process process;
	struct bytes program;
	uint64_t memory;
	enum error result;
};
static struct load load;

// No service is started here: nothing runs.
void ring3_run(struct trap_frame *frame)
{
	(void)frame;
	fuzz_fail(__FILE__, __LINE__, "a program runs");
}

static void create(void *unused)
{
	(void)unused;
	load.result = process_create(&load.process, "fuzz", load.program, load.memory);
}

static void destroy(void *unused)
{
	(void)unused;
	process_destroy(&load.process);
}

// Piece by piece, by the program's own rights.
static void check_contents(uint64_t va, struct bytes wanted)
{
	uint8_t piece[256];

	for (size_t at = 0; at < wanted.size; at += sizeof(piece)) {
		size_t size = MIN(sizeof(piece), wanted.size - at);

		FUZZ_CHECK(user_copy_in(&load.process.space, piece, va + at, size) == OK);
		FUZZ_CHECK(memcmp(piece, wanted.data + at, size) == 0);
	}
}

static void check_segment(const struct elf_segment *segment)
{
	const struct user_area *area = user_area_find(&load.process.space, segment->va);
	uint64_t end = segment->va + segment->size;
	uint8_t zero = 1;

	FUZZ_CHECK(area != NULL && end <= area->end && load.process.brk_start >= end);
	FUZZ_CHECK(((area->access & USER_WRITE) != 0) == ((segment->flags & ELF_PF_W) != 0));
	FUZZ_CHECK(((area->access & USER_EXECUTE) != 0) == ((segment->flags & ELF_PF_X) != 0));
	check_contents(segment->va, segment->data);
	if (segment->size == segment->data.size)
		return;
	// Reading may need a page that the quota does not have.
	if (user_copy_in(&load.process.space, &zero, segment->va + segment->data.size, 1) == OK)
		FUZZ_CHECK(zero == 0);
}

static void check_start(const struct elf_file *elf)
{
	const struct trap_frame *frame = &load.process.frame;
	const struct user_area *stack = user_area_find(&load.process.space, frame->rsp);
	uint64_t argc = 0;

	FUZZ_CHECK(load.process.state == PROCESS_READY);
	FUZZ_CHECK(frame->rip == elf->entry && frame->rip < USER_END);
	FUZZ_CHECK(frame->cs == (SEL_UCODE | 3) && frame->ss == (SEL_UDATA | 3));
	FUZZ_CHECK(frame->rflags == (RFLAGS_RSVD1 | RFLAGS_IF));
	FUZZ_CHECK(frame->rsp % 16 == 0 && stack != NULL && (stack->access & USER_WRITE) != 0);
	FUZZ_CHECK(user_copy_in(&load.process.space, &argc, frame->rsp, sizeof(argc)) == OK);
	FUZZ_CHECK(argc == 1);
}

static void check_loaded(void)
{
	struct elf_segment segment;
	struct elf_file elf;

	FUZZ_CHECK(elf_open(load.program, &elf) == ELF_OK && elf.type == ELF_TYPE_EXEC);
	check_start(&elf);
	for (size_t i = 0; elf_segment(&elf, i, &segment); i++) {
		if (segment.type == ELF_PT_LOAD && segment.size != 0)
			check_segment(&segment);
	}
	ring3_check_begin();
	ring3_check_space(&load.process.space, load.program);
}

static void check_refused(void)
{
	FUZZ_CHECK(load.result == ERR_FORMAT || load.result == ERR_LIMIT ||
		   load.result == ERR_NO_MEMORY || load.result == ERR_INVALID_REQUEST);
	FUZZ_CHECK(load.process.state == PROCESS_ENDED && load.process.space.directory == NULL);
	FUZZ_CHECK(load.process.fpu == NULL);
}

static void start_once(void)
{
	static bool started;

	if (!started)
		FUZZ_CHECK(fake_boot(NULL) == FAKE_RETURNED);
	started = true;
	fake_reset();
	ring3_forget();
}

// Of the input: quota, what fails, pages behind the file; then the file.
static uint8_t *prepare(struct input input)
{
	uint8_t *file = page_alloc_order(ORDER);
	uint64_t failing = 0;
	uint64_t padding = 0;

	FUZZ_CHECK(file != NULL);
	load = (struct load){.memory = input_below(&input, PAGES_MAX + 1) * PAGE_SIZE};
	failing = input_take(&input, 1);
	padding = input_take(&input, 1);
	memcpy(file, input.data, MIN(input.size, ROOM));
	load.program = bytes_make(file, MIN(input.size + (padding & 31) * 512, ROOM));
	if (failing >= 128)
		fake_fail_alloc(failing % 32);
	else if (failing >= 120)
		fake_fail_rdrand(1u << 2 * (failing % 8));
	return file;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t before[ROOM];

	start_once();
	uint8_t *file = prepare((struct input){data, size});
	uint64_t pages_free = page_count_free();

	memcpy(before, file, ROOM);
	FUZZ_CHECK(fake_try(create, NULL) == FAKE_RETURNED);
	if (load.result == OK)
		check_loaded();
	else
		check_refused();
	FUZZ_CHECK(load.result == OK || page_count_free() == pages_free);
	FUZZ_CHECK(fake_try(destroy, NULL) == FAKE_RETURNED);
	FUZZ_CHECK(page_count_free() == pages_free && memcmp(before, file, ROOM) == 0);
	FUZZ_CHECK(this_cpu()->lock_levels == 0);
	ring3_check_wiped();
	return 0;
}
