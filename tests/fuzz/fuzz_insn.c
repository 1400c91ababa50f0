// SPDX-License-Identifier: MIT
/*
 * The machine's instruction decoder, and the instructions that it carries out itself (PVALIDATE,
 * RMPADJUST, RMPQUERY and others), over a small RMP. The input is a list of instructions with
 * registers, page and privilege. Checked: what an instruction may change, by architecture.
 */
#include <string.h>

#include "hw/x86.h"
#include "machine/cpu/processor.h"
#include "machine/host/npt.h"
#include "tests/fuzz/machine.h"

#define RAM_PAGES  1024 // two regions of 2 MiB
#define REGION	   512
#define STEPS_MAX  32
#define CODE	   0x7000ull
#define RDSEED_OPS 0xf8

static struct rmp_entry rmp[RAM_PAGES], rmp_before[RAM_PAGES];
static struct vmcb vmcb;
static struct cpu cpu;
static struct plane plane;
static uint8_t code[16];
static unsigned int code_size;
static struct guest_page page;
static bool page_present, page_large, vmsa_in_use;
static unsigned int raised; // exceptions of this step

bool walk_fetch(struct plane *p, uint64_t linear, void *to, size_t size)
{
	uint64_t offset = linear - p->core.vmcb->save.rip -
			  (plane_is_64bit(p) ? 0 : p->core.vmcb->save.cs.base);

	if (offset + size > code_size)
		return false;
	memcpy(to, code + offset, size);
	return true;
}

bool walk_translate(struct plane *p, uint64_t linear, struct guest_page *result)
{
	FUZZ_CHECK(p == &plane && linear % PAGE_SIZE == 0);
	*result = page;
	return page_present;
}

struct npt_mapping host_npt_walk(uint64_t gpa)
{
	struct npt_mapping map = {NPT_NONE, gpa & PAGE_MASK, page_large};

	if (gpa < RAM_PAGES * PAGE_SIZE)
		map.kind = NPT_RAM;
	return map;
}

struct rmp_entry *rmp_entry_locked(uint64_t spa)
{
	return spa < RAM_PAGES * PAGE_SIZE ? &rmp[spa / PAGE_SIZE] : NULL;
}

bool rmp_vmsa_in_use(uint64_t spa)
{
	FUZZ_CHECK(spa < RAM_PAGES * PAGE_SIZE);
	return vmsa_in_use;
}

// Only of a page that is a VMSA page until then
void rmp_vmsa_gone_locked(uint64_t spa)
{
	FUZZ_CHECK(spa < RAM_PAGES * PAGE_SIZE && rmp_lock.owner == 1);
	FUZZ_CHECK(rmp[spa / PAGE_SIZE].vmsa);
}

void npt_zap_locked(uint64_t gfn, uint64_t pages)
{
	FUZZ_CHECK(gfn + pages <= RAM_PAGES && rmp_lock.owner == 1);
}

void npt_flush_others_locked(void)
{
	FUZZ_CHECK(rmp_lock.owner == 1);
}

void npt_flush_force_locked(void)
{
	FUZZ_CHECK(rmp_lock.owner == 1);
}

void inject_exception(struct plane *p, unsigned vector, bool has_error, uint32_t error)
{
	FUZZ_CHECK(p == &plane && vector < 32 && (has_error || error == 0));
	raised++;
}

void inject_vc(struct plane *p, uint32_t error)
{
	FUZZ_CHECK(p == &plane && error == VMEXIT_PAGE_NOT_VALIDATED);
	raised++;
}

void inject_pf(struct plane *p, uint64_t linear, uint32_t error)
{
	FUZZ_CHECK(p == &plane && linear % PAGE_SIZE == 0 && error == 0);
	raised++;
}

// The three RMP instructions often enough, anything else too.
static void take_code(struct input *input)
{
	static const uint8_t starts[][4] = {{0xf2, 0x0f, 0x01, 0xff}, {0xf3, 0x0f, 0x01, 0xfe},
		{0xf3, 0x0f, 0x01, 0xfd}, {0x0f, 0xc7, RDSEED_OPS}, {0x0f, 0x01, 0xfe}};
	uint64_t what = input_take(input, 1);

	memset(code, 0, sizeof(code));
	code_size = sizeof(code);
	if (what < 16 * ARRAY_SIZE(starts)) {
		memcpy(code, starts[what % ARRAY_SIZE(starts)], sizeof(starts[0]));
		return;
	}
	code_size = (unsigned int)(what % (sizeof(code) + 1));
	input_fill(input, code, code_size);
}

static void take_page(struct input *input)
{
	uint64_t flags = input_take(input, 1);

	page_present = (flags & 1) == 0;
	page_large = (flags & 2) != 0;
	vmsa_in_use = (flags & 4) != 0;
	page = (struct guest_page){
		.gpa = input_below(input, RAM_PAGES + 8) * PAGE_SIZE,
		.encrypted = (flags & 8) == 0,
	};
	if (flags & 16)
		page.gpa &= LARGE_PAGE_MASK;
}

static void take_registers(struct input *input)
{
	uint64_t flags = input_take(input, 1);

	plane.vmpl = flags & 3;
	vmcb.save.cpl = flags & 4 ? 3 : 0;
	vmcb.save.efer = flags & 8 ? 0 : EFER_LMA;
	vmcb.save.cs.attrib = SEG_ATTR_L;
	vmcb.save.rip = CODE;
	vmcb.save.rax = input_take(input, 3) << (flags & 16 ? 12 : flags & 32 ? 40 : 0);
	plane.core.regs.rcx = input_take(input, 1);
	plane.core.regs.rdx = input_take(input, 3);
}

// A large entry is one for all its pages, or none.
static void smash(uint64_t first)
{
	for (uint64_t i = first; i < first + REGION; i++)
		rmp[i].large = 0;
}

// An entry as the host could have made it, now and then.
static void change_entry(struct input *input)
{
	uint64_t index = input_below(input, RAM_PAGES);
	uint64_t flags = input_take(input, 1);
	uint64_t perms = input_take(input, 2);
	uint64_t count = flags & 1 ? REGION : 1;

	if (count > 1)
		index &= ~(uint64_t)(REGION - 1);
	else
		smash(index & ~(uint64_t)(REGION - 1));
	for (uint64_t i = index; i < index + count; i++) {
		rmp[i] = (struct rmp_entry){
			.gfn = (uint32_t)(flags & 2 ? i ^ 1 : i),
			.assigned = (flags & 4) == 0,
			.validated = (flags & 8) == 0,
			.immutable = (flags & 48) == 48,
			.vmsa = count == 1 && (flags & 64) != 0,
			.large = count > 1,
		};
		for (unsigned int v = 0; v < VMPL_COUNT; v++)
			rmp[i].perms[v] = perms >> (4 * v) & RMP_PERM_RWX;
	}
}

// Below VMPL 0 nothing is validated, and nobody gives what he does not have, to himself or above.
static void check_entry(const struct rmp_entry *before, const struct rmp_entry *after)
{
	FUZZ_CHECK(before->gfn == after->gfn && before->assigned == after->assigned &&
		   before->immutable == after->immutable && before->large == after->large);
	FUZZ_CHECK(before->assigned && !before->immutable);
	FUZZ_CHECK(plane.vmpl == 0 ||
		   (before->validated == after->validated && before->vmsa == after->vmsa));
	for (unsigned int v = 0; v < VMPL_COUNT; v++) {
		if (before->perms[v] == after->perms[v])
			continue;
		FUZZ_CHECK(v > plane.vmpl && before->validated);
		FUZZ_CHECK((after->perms[v] & ~before->perms[plane.vmpl]) == 0);
		FUZZ_CHECK(!vmsa_in_use || !before->vmsa);
	}
}

static void check_rmp(void)
{
	uint64_t first = page.gpa / PAGE_SIZE;

	for (uint64_t i = 0; i < RAM_PAGES; i++) {
		if (memcmp(&rmp[i], &rmp_before[i], sizeof(rmp[i])) == 0)
			continue;
		FUZZ_CHECK(page_present && page.encrypted);
		FUZZ_CHECK(i >= first &&
			   i < first + (plane.core.regs.rcx == RMP_PAGE_2M ? REGION : 1));
		check_entry(&rmp_before[i], &rmp[i]);
	}
}

static void check_decode(void)
{
	struct instruction insn;
	bool whole = decode_fetch(&plane, &insn);

	FUZZ_CHECK(insn.length <= 15 && insn.length <= MAX(code_size, 15u));
	FUZZ_CHECK(memcmp(insn.bytes, code, MIN(insn.length, code_size)) == 0);
	FUZZ_CHECK(!whole || insn.opcode < insn.length);
	FUZZ_CHECK(!(insn.rep && insn.repne));
	FUZZ_CHECK(plane_is_64bit(&plane) || insn.rex == 0);
}

static void execute(void *argument)
{
	struct vmexit exit = {0};
	uint64_t rip = vmcb.save.rip;
	bool done = undefined_emulate(&plane, &exit);
	bool moved = vmcb.save.rip != rip;

	(void)argument;
	check_decode();
	// Carried out, or an exception, or an exit to the host, or not this machine's: one of them.
	FUZZ_CHECK(exit.code == 0 || exit.code == VMEXIT_NPF);
	FUZZ_CHECK((raised != 0) + (exit.code != 0) + moved + !done == 1 && raised <= 1);
	FUZZ_CHECK(!moved || vmcb.save.rip - rip <= 15);
	if (moved)
		check_rmp();
	else
		FUZZ_CHECK(memcmp(rmp, rmp_before, sizeof(rmp)) == 0);
}

static void reset(void)
{
	memset(rmp, 0, sizeof(rmp));
	for (uint32_t i = 0; i < RAM_PAGES; i++)
		rmp[i] = (struct rmp_entry){.gfn = i, .assigned = 1, .perms = {RMP_PERM_RWX}};
	memset(&vmcb, 0, sizeof(vmcb));
	plane = (struct plane){.cpu = &cpu, .core.vmcb = &vmcb};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size};

	reset();
	for (int i = 0; i < STEPS_MAX && input.size > 0; i++) {
		if (input_take(&input, 1) < 64)
			change_entry(&input);
		take_code(&input);
		take_registers(&input);
		take_page(&input);
		raised = 0;
		memcpy(rmp_before, rmp, sizeof(rmp));
		FUZZ_CHECK(machine_run(execute, NULL) == MACHINE_RETURNED);
	}
	return 0;
}
