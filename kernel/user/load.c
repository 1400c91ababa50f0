// SPDX-License-Identifier: MIT
#include "kernel/user/load.h"

#include "hw/x86.h"
#include "kernel/bootinfo.h"
#include "kernel/layout.h"
#include "kernel/user/random.h"
#include "lib/elf.h"
#include "lib/overflow.h"
#include "lib/secret.h"
#include "lib/string.h"

#define STACK_SIZE KIB(256)
#define STACK_TOP  (USER_END - PAGE_SIZE)
#define PHENT_SIZE 56
#define BRK_GAP	   (16 * PAGE_SIZE)

// System V ABI for x86-64, section 3.4.3; Linux include/uapi/linux/auxvec.h
#define AT_NULL	       0
#define AT_PHDR	       3
#define AT_PHENT       4
#define AT_PHNUM       5
#define AT_PAGESZ      6
#define AT_ENTRY       9
#define AT_UID	       11
#define AT_EUID	       12
#define AT_GID	       13
#define AT_EGID	       14
#define AT_SECURE      23
#define AT_RANDOM      25

#define AT_RANDOM_SIZE 16

static uint32_t access_of(const struct elf_segment *segment)
{
	uint32_t access = USER_READ;

	access |= (segment->flags & ELF_PF_W) != 0 ? USER_WRITE : 0;
	access |= (segment->flags & ELF_PF_X) != 0 ? USER_EXECUTE : 0;
	return access;
}

// Read-only parts stay where the image has them. What else lies in their first and last page is
// another part of the same file.
static MUST_USE enum error map_in_place(struct process *process, const struct elf_segment *segment)
{
	uint64_t data = (uint64_t)segment->data.data;
	uint64_t first = ALIGN_DOWN(data, PAGE_SIZE);
	uint64_t end = ALIGN_UP(data + segment->data.size, PAGE_SIZE);

	if (segment->data.size != segment->size || data % PAGE_SIZE != segment->va % PAGE_SIZE)
		return ERR_FORMAT;
	return user_space_map_image(&process->space, ALIGN_DOWN(segment->va, PAGE_SIZE),
		kernel_gpa((const void *)first), (end - first) / PAGE_SIZE);
}

static MUST_USE enum error load_segment(struct process *process, const struct elf_segment *segment)
{
	uint64_t start = ALIGN_DOWN(segment->va, PAGE_SIZE);
	uint64_t end = 0;
	uint32_t access = access_of(segment);

	if (!add_checked(segment->va, segment->size, &end) ||
		!align_up_checked(end, PAGE_SIZE, &end) ||
		(access & (USER_WRITE | USER_EXECUTE)) == (USER_WRITE | USER_EXECUTE))
		return ERR_FORMAT;
	enum error err = user_space_add(&process->space, start, end - start, access);

	if (err != OK)
		return err == ERR_LIMIT ? ERR_LIMIT : ERR_FORMAT;
	process->brk_start = MAX(process->brk_start, end + BRK_GAP);
	if ((access & USER_WRITE) == 0)
		return map_in_place(process, segment);
	return user_space_fill(
		&process->space, segment->va, segment->data.data, segment->data.size);
}

static MUST_USE enum error load_segments(struct process *process, const struct elf_file *elf)
{
	struct elf_segment segment;

	for (size_t i = 0; elf_segment(elf, i, &segment); i++) {
		if (segment.type != ELF_PT_LOAD || segment.size == 0)
			continue;
		enum error err = load_segment(process, &segment);

		if (err != OK)
			return err;
	}
	process->brk = process->brk_start;
	return process->brk_start == 0 ? ERR_FORMAT : OK;
}

// Where the program headers are in the program's memory; 0: nowhere.
static uint64_t headers_va(const struct elf_file *elf)
{
	struct elf_segment segment;

	for (size_t i = 0; elf_segment(elf, i, &segment); i++) {
		// Below its start this wraps round.
		uint64_t at = (uint64_t)elf->segments.data - (uint64_t)segment.data.data;

		if (segment.type == ELF_PT_LOAD && elf->segments.size <= segment.data.size &&
			at <= segment.data.size - elf->segments.size)
			return segment.va + at;
	}
	return 0;
}

// What a program finds at its start: argc, argv, environment, auxiliary vector; above that what
// they point to.
struct start_stack {
	uint64_t argc;
	uint64_t argv[2];
	uint64_t environment;
	uint64_t aux[12][2];
	uint8_t random[AT_RANDOM_SIZE];
	char name[PROCESS_NAME_MAX];
};

static MUST_USE enum error make_stack(struct process *process, const struct elf_file *elf)
{
	uint64_t at = ALIGN_DOWN(STACK_TOP - sizeof(struct start_stack), 16);
	struct start_stack stack = {
		.argc = 1,
		.argv = {at + offsetof(struct start_stack, name), 0},
		.aux =
			{
				{AT_PHDR, headers_va(elf)},
				{AT_PHENT, PHENT_SIZE},
				{AT_PHNUM, elf->segment_count},
				{AT_PAGESZ, PAGE_SIZE},
				{AT_ENTRY, elf->entry},
				{AT_UID, 0},
				{AT_EUID, 0},
				{AT_GID, 0},
				{AT_EGID, 0},
				{AT_SECURE, 0},
				{AT_RANDOM, at + offsetof(struct start_stack, random)},
				{AT_NULL, 0},
			},
	};

	if (!random_bytes(stack.random, sizeof(stack.random)))
		return ERR_INVALID_REQUEST;
	memcpy(stack.name, process->name, sizeof(stack.name));
	enum error err = user_space_add(
		&process->space, STACK_TOP - STACK_SIZE, STACK_SIZE, USER_READ | USER_WRITE);

	if (err == OK)
		err = user_space_fill(&process->space, at, &stack, sizeof(stack));
	mem_wipe(&stack, sizeof(stack));
	process->frame.rsp = at;
	return err;
}

enum error load_program(struct process *process, struct bytes program)
{
	struct elf_file elf;

	if (!IS_ALIGNED((uint64_t)program.data, PAGE_SIZE) || elf_open(program, &elf) != ELF_OK ||
		elf.type != ELF_TYPE_EXEC || elf.entry >= USER_END)
		return ERR_FORMAT;
	enum error err = load_segments(process, &elf);

	if (err == OK)
		err = make_stack(process, &elf);
	process->frame.rip = elf.entry;
	process->frame.cs = SEL_UCODE | 3;
	process->frame.ss = SEL_UDATA | 3;
	process->frame.rflags = RFLAGS_RSVD1 | RFLAGS_IF;
	return err;
}
