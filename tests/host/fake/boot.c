// SPDX-License-Identifier: MIT
// What builder and host leave in memory (abi/boot.h), and the kernel's start.
#include <string.h>

#include "hw/ghcb.h"
#include "hw/snp.h"
#include "hw/x86.h"
#include "kernel/cpuid.h"
#include "kernel/platform.h"
#include "tests/host/fake/internal.h"

#define TABLE_FLAGS (PTE_P | PTE_W | PTE_A | FAKE_CBIT)
#define PAGE_FLAGS  (PTE_P | PTE_W | PTE_A | PTE_D | PTE_NX | FAKE_CBIT)

void kernel_start(const struct boot_info *info, uint64_t cbit);
_Noreturn void kernel_main(void);

extern uint8_t kernel_data_end[];

// The fake has a C-bit, so the kernel never takes this one.
const struct platform platform_native;

static bool is_started;
static struct fake_machine machine_saved; // after boot

// The next free page of the region
static uint64_t next_gpa;

static void *page_take(uint64_t *gpa)
{
	*gpa = next_gpa;
	next_gpa += PAGE_SIZE;
	return fake_ptr(*gpa);
}

static void fill_cpuid(struct snp_cpuid_page *page, const struct fake_config *config)
{
	static const struct snp_cpuid_entry entries[] = {
		{.eax_in = CPUID_LEAF_FEATURES, .ecx = CPUID_1_ECX_RDRAND},
		{.eax_in = CPUID_LEAF_EXTENDED,
			.ebx = CPUID_7_EBX_SMEP | CPUID_7_EBX_SMAP,
			.ecx = CPUID_7_ECX_UMIP},
		{.eax_in = CPUID_LEAF_ENCRYPTION,
			.eax = CPUID_8000001F_SEV | CPUID_8000001F_SEV_ES | CPUID_8000001F_SNP},
		{.eax_in = CPUID_LEAF_ADDRESS_SIZE},
	};

	memcpy(page->entry, entries, sizeof(entries));
	page->count = ARRAY_SIZE(entries);
	page->entry[page->count - 1].ebx = config->invlpgb ? CPUID_80000008_EBX_INVLPGB : 0;
}

// ACPI 6.5, section 5.2.12; x2APIC entries
static void fill_madt(uint8_t *table, uint32_t cpus)
{
	uint32_t length = 44 + 16 * cpus;

	memcpy(table, "APIC", 4);
	memcpy(table + 4, &length, sizeof(length));
	for (uint32_t i = 0; i < cpus; i++) {
		uint32_t entry[4] = {9 | 16 << 8, 2 * i, 1, i};

		memcpy(table + 44 + 16 * i, entry, sizeof(entry));
	}
}

static void fill_map(struct igvm_memory_map_entry *map, const struct fake_config *config)
{
	if (config->map_count == 0)
		map[0].number_of_pages = FAKE_RAM_END / PAGE_SIZE;
	else
		memcpy(map, config->map, config->map_count * sizeof(*map));
}

static void fill_firmware(struct boot_firmware *firmware)
{
	*firmware = (struct boot_firmware){
		.image = {FAKE_IMAGE_GPA, GIB(4) - FAKE_IMAGE_GPA},
		.reset_vector_gpa = GIB(4) - 16,
		.secrets_gpa = FAKE_SECRETS_GPA,
		.cpuid_gpa = FAKE_CPUID_GPA,
		.caa_gpa = FAKE_CAA_GPA,
		.memory_map = {FAKE_MAP_GPA, 8 * sizeof(struct igvm_memory_map_entry)},
		.vp_count_gpa = FAKE_MAP_GPA + 0x800,
		.prevalidate_count = 1,
		.prevalidate = {{FAKE_PARAMS_GPA, FAKE_FREE_END - FAKE_PARAMS_GPA}},
	};
	rmp_set_launched(firmware->image.gpa, firmware->image.size);
}

static void fill_params(struct boot_info *info, const struct fake_config *config)
{
	uint32_t cpus = fake_machine.cpus;

	fill_cpuid(page_take(&info->cpuid_gpa), config);
	memset(page_take(&info->secrets_gpa), 0x5c, PAGE_SIZE);
	memcpy((uint8_t *)page_take(&info->general_gpa) + BOOT_GENERAL_VP_COUNT, &cpus,
		sizeof(cpus));
	fill_map(page_take(&info->memory_map.gpa), config);
	info->memory_map.size = PAGE_SIZE;
	fill_madt(page_take(&info->madt.gpa), cpus);
	info->madt.size = PAGE_SIZE;
	info->stack_guard_va = next_gpa - KERNEL_GPA + KERNEL_VA;
	next_gpa += PAGE_SIZE + BOOT_STACK_SIZE;
	info->stack_top_va = next_gpa - KERNEL_GPA + KERNEL_VA;
}

// As entry32 has left them, with the C-bit in each entry.
static void fill_tables(struct boot_info *info)
{
	uint64_t root_index = KERNEL_VA >> 39 & 511;
	uint64_t pdpt_gpa = 0, pd_gpa = 0, pt_gpa = 0;
	uint64_t *root = page_take(&info->page_root_gpa);
	uint64_t *pdpt = page_take(&pdpt_gpa);
	uint64_t *pd = page_take(&pd_gpa);

	info->tables_gpa = info->page_root_gpa;
	root[root_index] = pdpt_gpa | TABLE_FLAGS;
	pdpt[KERNEL_VA >> 30 & 511] = pd_gpa | TABLE_FLAGS;
	for (uint64_t at = 0; at < info->region.size; at += HUGE_PAGE_SIZE) {
		uint64_t *pt = page_take(&pt_gpa);

		pd[(KERNEL_VA + at) >> 21 & 511] = pt_gpa | TABLE_FLAGS;
		for (uint64_t i = 0; i < 512; i++)
			pt[i] = (KERNEL_GPA + at + i * PAGE_SIZE) | PAGE_FLAGS;
	}
	info->tables_end_gpa = next_gpa;
	info->heap_gpa = next_gpa;
}

static void fill_service(struct boot_info *info, uint32_t protocol)
{
	struct boot_service *service = page_take(&info->services.gpa);

	*service = (struct boot_service){.name = "fake", .memory = MIB(1), .protocol = protocol};
	info->services.size = sizeof(*service);
	service->program.size = PAGE_SIZE;
	memset(page_take(&service->program.gpa), 1, PAGE_SIZE);
}

static struct boot_info *fill_region(const struct fake_config *config)
{
	uint64_t info_gpa = 0;

	next_gpa = (uint64_t)kernel_data_end - KERNEL_VA + KERNEL_GPA;
	struct boot_info *info = page_take(&info_gpa);

	info->magic = BOOT_INFO_MAGIC;
	info->version = BOOT_INFO_VERSION;
	info->size = sizeof(*info);
	info->region = (struct boot_range){KERNEL_GPA, fake_machine.region_size};
	if (config->service != 0)
		fill_service(info, config->service);
	fill_params(info, config);
	fill_tables(info);
	if (!config->no_firmware)
		fill_firmware(&info->firmware);
	return (struct boot_info *)(info_gpa - KERNEL_GPA + KERNEL_VA);
}

#define OR(value, standard) ((value) != 0 ? (value) : (standard))
#define STATUS_STANDARD                                                                            \
	(SEV_STATUS_SEV | SEV_STATUS_SEV_ES | FAKE_FEATURES << SEV_STATUS_FEATURE_SHIFT)
#define HV_STANDARD                                                                                \
	(GHCB_HV_SNP | GHCB_HV_AP_CREATION | GHCB_HV_RESTRICTED_INJECTION | GHCB_HV_MULTI_VMPL)
#define SEV_INFO_STANDARD                                                                          \
	((uint64_t)GHCB_VERSION_MAX << 48 | (uint64_t)GHCB_VERSION_MIN << 32 | 51 << 24 |          \
		GHCB_MSR_SEV_INFO_RESP)

static void machine_restart(const struct fake_config *config)
{
	fake_armed = (struct fake_armed){0};
	fake_machine = (struct fake_machine){
		.cpus = OR(config->cpus, 1),
		.region_size = OR(config->region_size, HUGE_PAGE_SIZE),
		.sev_status = OR(config->sev_status, STATUS_STANDARD),
		.hv_features = OR(config->hv_features, HV_STANDARD),
		.sev_info = OR(config->sev_info, SEV_INFO_STANDARD),
	};
	if (fake_machine.cpus > FAKE_CPUS_MAX || fake_machine.region_size > KERNEL_REGION_SIZE)
		fake_die("fake_boot: %u CPUs, region of 0x%lx", fake_machine.cpus,
			fake_machine.region_size);
	fake_vmsa_run(0, 0);
	console_restart();
	rmp_restart();
	memory_restart();
}

static void start(void *info)
{
	kernel_start(info, FAKE_CBIT);
	kernel_main();
}

int fake_boot(const struct fake_config *config)
{
	static const struct fake_config standard;
	const struct fake_config *wanted = config == NULL ? &standard : config;

	if (!is_started)
		memory_init();
	is_started = true;
	segv_install();
	machine_restart(wanted);
	struct boot_info *info = fill_region(wanted);
	struct boot_info *seen =
		(struct boot_info *)fake_ptr((uint64_t)info - KERNEL_VA + KERNEL_GPA);

	rmp_set_launched(KERNEL_GPA, seen->heap_gpa - KERNEL_GPA);
	for (uint64_t at = seen->heap_gpa; at < KERNEL_GPA + fake_machine.region_size;
		at += PAGE_SIZE)
		rmp_set_shared(at, true, false);
	memory_map_region(seen->heap_gpa - KERNEL_GPA + KERNEL_VA);
	fake_cpu()->cr0 = CR0_PE | CR0_PG | CR0_WP;
	fake_cpu()->cr4 = CR4_PAE | CR4_PGE;
	fake_cpu()->cr3 = seen->page_root_gpa | FAKE_CBIT;
	if (wanted->prepare != NULL)
		wanted->prepare(seen);
	int reason = fake_try(start, info);

	if (reason != FAKE_AT_REST)
		return reason;
	memory_tlb_drop();
	machine_saved = fake_machine;
	memory_save();
	rmp_save();
	check_save();
	return FAKE_RETURNED;
}

void fake_reset(void)
{
	if (!is_started)
		fake_die("fake_reset() before fake_boot()");
	segv_install();
	fake_armed = (struct fake_armed){0};
	fake_machine = machine_saved;
	fake_vmsa_run(0, 0);
	console_restart();
	rmp_restore();
	memory_restore();
}
