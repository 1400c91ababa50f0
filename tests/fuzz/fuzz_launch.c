// SPDX-License-Identifier: MIT
/*
 * The host's launch of an IGVM file, as a whole. The input is the file without its last pages, as
 * for the IGVM reader; sizes and checksum are put right for half of the runs. Memory, nested table
 * and secure processor are played here. Checked: only memory that was asked for is written, no page
 * is launched twice, and a refusal ends the run as a bad configuration.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/crc32.h"
#include "machine/host/host_plane.h"
#include "machine/host/launch.h"
#include "machine/host/npt.h"
#include "machine/psp/psp.h"
#include "tests/fuzz/machine.h"

#define FILE_PAGES   4
#define BACKED_PAGES 2048 // of memory that the file may ask for
#define POOL_SIZE    MIB(8)
#define POOL_BLOCKS  64

struct cpu *cpus[CPUS_MAX];
uint32_t cpu_count;
struct machine_memory memory;

static struct cpu cpu[2];
static struct bytes file;
static uint8_t *pool[POOL_BLOCKS]; // each on its own, so that the sanitizer sees where it ends
static size_t pool_used, pool_count;
static struct backed {
	uint64_t gpa;
	bool launched;
} backed[BACKED_PAGES];
static uint8_t ram[BACKED_PAGES][PAGE_SIZE] __attribute__((aligned(4096)));
static uint32_t backed_count;
static int launch_state; // 0 before the start, 1 while pages come, 2 finished

bool fwcfg_find(const char *name, uint16_t *select, uint32_t *size)
{
	FUZZ_CHECK(strcmp(name, "opt/copra/igvm") == 0);
	*select = 0x21;
	*size = (uint32_t)file.size;
	return true;
}

bool fwcfg_read(uint16_t select, uint32_t offset, void *to, uint32_t size)
{
	FUZZ_CHECK(select == 0x21 && offset == 0 && size == file.size);
	memcpy(to, file.data, size);
	return true;
}

void *pool_alloc(size_t bytes)
{
	if (bytes > POOL_SIZE - pool_used)
		return NULL;
	FUZZ_CHECK(pool_count < POOL_BLOCKS);
	pool[pool_count] = calloc(bytes, 1);
	FUZZ_CHECK(pool[pool_count] != NULL);
	pool_used += bytes;
	return pool[pool_count++];
}

uint64_t pool_free_bytes(void)
{
	return POOL_SIZE - pool_used;
}

static struct backed *find(uint64_t gpa)
{
	for (uint32_t i = 0; i < backed_count; i++) {
		if (backed[i].gpa == (gpa & PAGE_MASK))
			return &backed[i];
	}
	return NULL;
}

bool host_back(uint64_t gpa, uint64_t size)
{
	FUZZ_CHECK(gpa % PAGE_SIZE == 0 && size % PAGE_SIZE == 0 && size > 0);
	FUZZ_CHECK(range_fits(gpa, size, CBIT) && launch_state == 0);
	if (size / PAGE_SIZE > BACKED_PAGES - backed_count)
		return false;
	for (uint64_t at = gpa; at < gpa + size; at += PAGE_SIZE)
		backed[backed_count++] = (struct backed){.gpa = at};
	return true;
}

struct npt_mapping host_npt_walk(uint64_t gpa)
{
	const struct backed *page = find(gpa);

	FUZZ_CHECK(gpa < CBIT);
	if (page == NULL)
		return (struct npt_mapping){.kind = NPT_NONE};
	return (struct npt_mapping){NPT_RAM, machine_spa(ram[page - backed]), false};
}

void host_cpuid_page(struct snp_cpuid_page *page)
{
	memset(page, 0, sizeof(*page));
}

void flash_keep(uint64_t gpa, struct bytes data)
{
	FUZZ_CHECK(gpa % PAGE_SIZE == 0);
	FUZZ_CHECK(pool_count > 0 && fuzz_is_inside(data, bytes_make(pool[0], file.size)));
}

int psp_launch_start(uint64_t policy)
{
	FUZZ_CHECK(launch_state == 0);
	launch_state = 1;
	return policy & 1 ? PSP_POLICY_FAILURE : PSP_SUCCESS;
}

int psp_launch_update(uint64_t spa, uint64_t gpa, uint8_t page_type)
{
	struct backed *page = find(launch_vmsa_gpa(gpa));

	FUZZ_CHECK(
		launch_state == 1 && page_type >= SNP_PAGE_NORMAL && page_type <= SNP_PAGE_CPUID);
	FUZZ_CHECK(page != NULL && spa == machine_spa(ram[page - backed]));
	FUZZ_CHECK(!page->launched);
	page->launched = true;
	return PSP_SUCCESS;
}

int psp_launch_finish(const void *id_block, const void *id_auth, bool auth_key)
{
	FUZZ_CHECK(launch_state == 1 && (id_block == NULL) == (id_auth == NULL));
	FUZZ_CHECK(id_block != NULL || !auth_key);
	launch_state = 2;
	return PSP_SUCCESS;
}

void psp_launch_digest(uint8_t digest[48])
{
	memset(digest, 0, 48);
}

static void launch(void *argument)
{
	(void)argument;
	host_launch();
}

// As a builder leaves it.
static void put_right(uint8_t *data, size_t size)
{
	struct igvm_fixed_header fixed;
	size_t head = sizeof(fixed);

	if (size < sizeof(struct igvm_fixed_header_v2))
		return;
	memcpy(&fixed, data, sizeof(fixed));
	fixed.magic = IGVM_MAGIC;
	fixed.total_file_size = (uint32_t)size;
	fixed.checksum = 0;
	memcpy(data, &fixed, sizeof(fixed));
	if (fixed.format_version == IGVM_VERSION_2)
		head = sizeof(struct igvm_fixed_header_v2);
	if (!range_fits(fixed.variable_header_offset, fixed.variable_header_size, size))
		return;
	fixed.checksum = crc32_update(crc32_update(0, data, head),
		data + fixed.variable_header_offset, fixed.variable_header_size);
	memcpy(data, &fixed, sizeof(fixed));
}

static void take_file(struct input *input)
{
	uint64_t what = input_take(input, 1);
	size_t pages = (size_t)(what % (FILE_PAGES + 1));
	size_t size = input->size + pages * PAGE_SIZE;
	uint8_t *data = calloc(size + 1, 1);
	struct vmsa vmsa = {.sev_features = SEV_FEATURE_SNP_ACTIVE, .efer = 0x1000};

	FUZZ_CHECK(data != NULL);
	if (pages > 0) // the last page is good for a VMSA
		memcpy(data + size - PAGE_SIZE, &vmsa, sizeof(vmsa));
	input_fill(input, data, input->size);
	if (what < 0xf0)
		put_right(data, size);
	file = bytes_make(data, size);
}

static void reset(void)
{
	pool_used = 0;
	backed_count = 0;
	launch_state = 0;
	memset(cpu, 0, sizeof(cpu));
	cpus[0] = &cpu[0];
	cpus[1] = &cpu[1];
	cpu_count = 2;
	memory = (struct machine_memory){
		.guest = {{0, VGA_HOLE_BASE}, {VGA_HOLE_END, MIB(512) - VGA_HOLE_END}},
		.guest_count = 2,
	};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size};

	reset();
	take_file(&input);
	enum machine_result result = machine_run(launch, NULL);

	FUZZ_CHECK(result == MACHINE_RETURNED ||
		   (result == MACHINE_ENDED && machine_code == END_BAD_CONFIGURATION));
	FUZZ_CHECK((result == MACHINE_RETURNED) == (launch_state == 2 && cpu[0].plane[0].present));
	while (pool_count > 0)
		free(pool[--pool_count]);
	fuzz_free(file);
	return 0;
}
