// SPDX-License-Identifier: MIT
// What the firmware finds: its pages, the memory map, CPUID and secrets, the first vCPU's
// registers.
#include "hw/fv.h"
#include "hw/snp.h"
#include "hw/x86.h"
#include "kernel/bootinfo.h"
#include "kernel/cpuid.h"
#include "kernel/page.h"
#include "kernel/reboot.h"
#include "kernel/pagetable.h"
#include "kernel/snp/vmsa_init.h"
#include "kernel/snp/vmsa_page.h"
#include "kernel/trap.h"
#include "kernel/vcpu.h"
#include "tests/host/host.h"

static const struct fake_config standard = {.cpus = 3};

static void has_its_pages(void **context)
{
	(void)context;
	fake_reset();
	for (uint64_t gpa = FAKE_PARAMS_GPA; gpa < FAKE_FREE_END; gpa += PAGE_SIZE) {
		assert_true(fake_is_valid(gpa));
		assert_int_equal(fake_rights(gpa, 2), RMP_PERM_RWX);
	}
	for (uint64_t gpa = FAKE_IMAGE_GPA; gpa < GIB(4); gpa += PAGE_SIZE)
		assert_int_equal(fake_rights(gpa, 2), RMP_PERM_RWX);
	assert_false(fake_is_valid(FAKE_FREE_END));
	assert_false(fake_is_valid(FAKE_PARAMS_GPA - PAGE_SIZE));
	assert_true(bytes_is_zero(bytes_make(fake_ptr(FAKE_FREE_GPA), PAGE_SIZE)));
}

static void finds_the_memory_map(void **context)
{
	(void)context;
	fake_reset();
	const struct igvm_memory_map_entry *map = (const void *)fake_ptr(FAKE_MAP_GPA);

	assert_int_equal(map[0].starting_gpa_page_number, 0);
	assert_int_equal(map[0].number_of_pages, KERNEL_GPA / PAGE_SIZE);
	assert_int_equal(map[1].starting_gpa_page_number, (KERNEL_GPA + MIB(2)) / PAGE_SIZE);
	assert_int_equal(
		map[1].starting_gpa_page_number + map[1].number_of_pages, FAKE_RAM_END / PAGE_SIZE);
	assert_int_equal(map[2].number_of_pages, 0);
	assert_int_equal(*(const uint32_t *)fake_ptr(FAKE_MAP_GPA + 0x800), 3);
}

static void finds_cpuid_with_the_svsm_bit(void **context)
{
	(void)context;
	fake_reset();
	struct snp_cpuid_page page = *(const struct snp_cpuid_page *)fake_ptr(FAKE_CPUID_GPA);
	const struct snp_cpuid_page *own = cpuid_page();
	unsigned int changed = 0;

	for (uint32_t i = 0; i < page.count; i++) {
		if (page.entry[i].eax_in != CPUID_LEAF_ENCRYPTION)
			continue;
		assert_int_equal(page.entry[i].eax, own->entry[i].eax | CPUID_8000001F_SVSM);
		page.entry[i].eax = own->entry[i].eax;
		changed++;
	}
	assert_int_equal(changed, 1);
	assert_memory_equal(&page, own, sizeof(page));
}

// Document 58019, section 5: where the SVSM is; and no key of a VMPL above the guest's.
static void finds_its_secrets_alone(void **context)
{
	(void)context;
	fake_reset();
	const struct snp_secrets_page *page = (const void *)fake_ptr(FAKE_SECRETS_GPA);

	for (unsigned int vmpl = 0; vmpl < VMPL_COUNT; vmpl++) {
		for (unsigned int i = 0; i < SNP_VMPCK_SIZE; i++)
			assert_int_equal(page->vmpck[vmpl][i], vmpl < 2 ? 0 : 0x5c);
	}
	assert_int_equal(page->svsm_base, KERNEL_GPA);
	assert_int_equal(page->svsm_size, MIB(2));
	assert_int_equal(page->svsm_caa, FAKE_CAA_GPA);
	assert_int_equal(page->svsm_max_version, 2);
	assert_int_equal(page->svsm_guest_vmpl, 2);
	assert_int_equal(page->os_area[0], 0x5c);
}

static void assert_segment(
	struct vmcb_seg seg, uint16_t selector, uint16_t attrib, uint32_t limit, uint64_t base)
{
	assert_int_equal(seg.selector, selector);
	assert_int_equal(seg.attrib, attrib);
	assert_int_equal(seg.limit, limit);
	assert_int_equal(seg.base, base);
}

// APM 2 table 14-1 (state after RESET); attributes as in 15.5.1: type, S, DPL, P, AVL, L, D, G.
static void starts_in_reset_state(void **context)
{
	(void)context;
	fake_reset();
	const struct vmsa *vmsa = (const void *)fake_ptr(fake_vcpu_vmsa());

	assert_int_equal(vmsa->cr0, 0x60000010);
	assert_int_equal(vmsa->rflags, 2);
	assert_int_equal(vmsa->rip, 0xfff0);
	assert_segment(vmsa->cs, 0xf000, 0x9b, 0xffff, 0xffff0000);
	assert_segment(vmsa->ds, 0, 0x93, 0xffff, 0);
	assert_segment(vmsa->es, 0, 0x93, 0xffff, 0);
	assert_segment(vmsa->fs, 0, 0x93, 0xffff, 0);
	assert_segment(vmsa->gs, 0, 0x93, 0xffff, 0);
	assert_segment(vmsa->ss, 0, 0x93, 0xffff, 0);
	assert_segment(vmsa->gdtr, 0, 0, 0xffff, 0);
	assert_segment(vmsa->idtr, 0, 0, 0xffff, 0);
	assert_segment(vmsa->ldtr, 0, 0x82, 0xffff, 0);
	assert_segment(vmsa->tr, 0, 0x8b, 0xffff, 0);
	assert_int_equal(vmsa->dr6, 0xffff0ff0);
	assert_int_equal(vmsa->dr7, 0x400);
	assert_int_equal(vmsa->g_pat, 0x0007040600070406);
	assert_int_equal(vmsa->xcr0, 1);
	assert_int_equal(vmsa->mxcsr, 0x1f80);
	assert_int_equal(vmsa->x87_fcw, 0x40);
	assert_int_equal(vmsa->x87_ftw, 0x5555);
	assert_int_equal(vmsa->efer, EFER_SVME); // every VMSA needs it
	assert_int_equal(vmsa->cr3 | vmsa->cr4 | vmsa->rsp | vmsa->rax | vmsa->rbx | vmsa->rcx, 0);
	assert_int_equal(vmsa->vmpl, 2);
	assert_int_equal(vmsa->cpl, 0);
	assert_int_equal(vmsa->sev_features, FAKE_GUEST_FEATURES);
	assert_true(fake_is_vmsa(fake_vcpu_vmsa()));
	assert_int_equal(*pagetable_find((uint64_t)kernel_ptr(gpa_make(fake_vcpu_vmsa()))), 0);
	assert_int_equal(fake_rights(fake_vcpu_vmsa(), 2), 0);
	assert_int_equal(fake_vcpu_caa(), FAKE_CAA_GPA);
}

static void the_kernels_own_cpus_start_in_64_bit_mode(void **context)
{
	struct vmsa vmsa = {0};

	(void)context;
	fake_reset();
	vmsa_init_kernel(&vmsa, gpa_make(0x8123000));
	assert_segment(vmsa.cs, SEL_CODE, 0xa9b, 0xffffffff, 0);
	assert_segment(vmsa.ss, SEL_DATA, 0xc93, 0xffffffff, 0);
	assert_int_equal(vmsa.efer, EFER_LME | EFER_LMA | EFER_NXE | EFER_SVME);
	assert_int_equal(vmsa.cr3, 0x8123000 | FAKE_CBIT);
	assert_int_equal(vmsa.cr0 & (CR0_PE | CR0_PG | CR0_WP), CR0_PE | CR0_PG | CR0_WP);
	assert_int_equal(vmsa.rsp, STACK_MAIN_TOP - 8);
	assert_int_equal(vmsa.vmpl, 0);
	assert_int_equal(vmsa.sev_features, FAKE_FEATURES);
	assert_int_equal(vmsa.idtr.base, trap_table_base());
	assert_int_equal(vmsa.gdtr.base, PERCPU_VA + offsetof(struct percpu, gdt));
	assert_int_equal(vmsa.gdtr.limit, GDT_COUNT * 8 - 1);
	assert_segment(vmsa.tr, SEL_TSS, 0x8b, sizeof(struct tss) - 1,
		PERCPU_VA + offsetof(struct percpu, tss));
}

// Some processors cannot run a VMSA on a 2 MiB boundary.
static void vmsas_are_not_on_large_boundaries(void **context)
{
	const struct fake_config config = {.region_size = MIB(16)};
	unsigned int count = 0;

	(void)context;
	assert_int_equal(fake_boot(&config), FAKE_RETURNED);
	for (struct vmsa *page = vmsa_page_alloc(); page != NULL; page = vmsa_page_alloc()) {
		assert_false(IS_ALIGNED((uint64_t)page, HUGE_PAGE_SIZE));
		count++;
	}
	assert_true(count > 3000);
	assert_int_equal(fake_boot(&standard), FAKE_RETURNED);
}

static void (*wrong_change)(struct boot_firmware *firmware);

static void change(struct boot_info *info)
{
	wrong_change(&info->firmware);
}

static void not_in_the_map(struct boot_firmware *firmware)
{
	firmware->prevalidate[0].gpa = FAKE_RAM_END - PAGE_SIZE;
}

static void in_the_kernel(struct boot_firmware *firmware)
{
	firmware->prevalidate[0].gpa = KERNEL_GPA;
}

static void map_too_short(struct boot_firmware *firmware)
{
	firmware->memory_map.size = 2 * sizeof(struct igvm_memory_map_entry);
}

static void map_not_valid(struct boot_firmware *firmware)
{
	firmware->memory_map.gpa = MIB(64);
}

static void count_not_valid(struct boot_firmware *firmware)
{
	firmware->vp_count_gpa = MIB(64);
}

static void cpuid_not_valid(struct boot_firmware *firmware)
{
	firmware->cpuid_gpa = MIB(64);
}

static void secrets_not_valid(struct boot_firmware *firmware)
{
	firmware->secrets_gpa = MIB(64);
}

static void ends_when_it_cannot_be_launched(void **context)
{
	static void (*const changes[])(struct boot_firmware *) = {not_in_the_map, in_the_kernel,
		map_too_short, map_not_valid, count_not_valid, cpuid_not_valid, secrets_not_valid};
	const struct fake_config config = {.prepare = change};

	(void)context;
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		wrong_change = changes[i];
		assert_int_equal(fake_boot(&config), TERMINATE_FIRMWARE);
		assert_true(fake_console_has("error: firmware"));
	}
}

static void no_map_and_no_count(struct boot_firmware *firmware)
{
	firmware->memory_map.size = 0;
	firmware->vp_count_gpa = 0;
}

static void large_pages(struct boot_firmware *firmware)
{
	firmware->prevalidate[1] = (struct boot_range){MIB(62), MIB(5) + PAGE_SIZE};
	firmware->prevalidate_count = 2;
}

static void takes_other_firmware(void **context)
{
	const struct fake_config config = {.prepare = change};

	(void)context;
	wrong_change = no_map_and_no_count;
	assert_int_equal(fake_boot(&config), FAKE_RETURNED);
	assert_true(bytes_is_zero(bytes_make(fake_ptr(FAKE_MAP_GPA), PAGE_SIZE)));
	assert_sound();
	wrong_change = large_pages;
	assert_int_equal(fake_boot(&config), FAKE_RETURNED);
	assert_true(fake_is_valid(MIB(67)));
	assert_false(fake_is_valid(MIB(67) + PAGE_SIZE));
	assert_sound();
}

static uint64_t store_length;
static uint32_t store_signature;

static void variables_first(struct boot_firmware *firmware)
{
	const struct fv_header header = {
		.file_system_guid = FV_GUID_SYSTEM_NV_DATA,
		.fv_length = store_length,
		.signature = store_signature,
	};

	memcpy(fake_ptr(firmware->image.gpa), &header, sizeof(header));
}

static bool image_is_valid(uint64_t offset, uint64_t size)
{
	for (uint64_t at = offset; at < offset + size; at += PAGE_SIZE) {
		if (!fake_is_valid(FAKE_IMAGE_GPA + at))
			return false;
	}
	return true;
}

// Nothing of the store stays validated: the host takes those pages away when OVMF uses them.
static void leaves_the_variables_alone(void **context)
{
	const struct fake_config config = {.prepare = change};

	(void)context;
	wrong_change = variables_first;
	store_signature = FV_SIGNATURE;
	store_length = 3 * PAGE_SIZE;
	assert_int_equal(fake_boot(&config), FAKE_RETURNED);
	for (uint64_t at = 0; at < store_length; at += PAGE_SIZE)
		assert_false(fake_is_valid(FAKE_IMAGE_GPA + at));
	assert_true(image_is_valid(store_length, KIB(64) - store_length));
	assert_true(reboot_is_possible());
	assert_sound();

	store_signature++;
	assert_int_equal(fake_boot(&config), FAKE_RETURNED);
	assert_true(image_is_valid(0, KIB(64)));
	assert_sound();
}

static void ends_when_the_variables_do_not_fit(void **context)
{
	static const uint64_t lengths[] = {1, PAGE_SIZE + 1, KIB(64) + PAGE_SIZE, UINT64_MAX};
	const struct fake_config config = {.prepare = change};

	(void)context;
	wrong_change = variables_first;
	store_signature = FV_SIGNATURE;
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		store_length = lengths[i];
		assert_int_equal(fake_boot(&config), TERMINATE_FIRMWARE);
	}
}

static uint64_t attack_at;
static enum fake_attack attack_kind;

static void arm(struct boot_info *info)
{
	large_pages(&info->firmware);
	fake_attack_access(attack_at, attack_kind);
}

// The host attacks any page of the launch: it ends with a reason, or what it did is sound.
static void is_attacked_while_it_is_launched(void **context)
{
	const struct fake_config config = {.prepare = arm};
	unsigned int ended = 0;

	(void)context;
	for (attack_kind = FAKE_TAKE; attack_kind <= FAKE_SHARE; attack_kind++) {
		for (attack_at = 0; attack_at < 3000; attack_at += 1 + attack_at / 7) {
			int reason = fake_boot(&config);

			if (reason == FAKE_RETURNED) {
				assert_sound();
				continue;
			}
			assert_true(
				reason == TERMINATE_FIRMWARE || reason == TERMINATE_NOT_VALIDATED);
			ended++;
		}
	}
	assert_true(ended > 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_its_pages),
		cmocka_unit_test(finds_the_memory_map),
		cmocka_unit_test(finds_cpuid_with_the_svsm_bit),
		cmocka_unit_test(finds_its_secrets_alone),
		cmocka_unit_test(starts_in_reset_state),
		cmocka_unit_test(the_kernels_own_cpus_start_in_64_bit_mode),
		cmocka_unit_test(vmsas_are_not_on_large_boundaries),
		cmocka_unit_test(ends_when_it_cannot_be_launched),
		cmocka_unit_test(takes_other_firmware),
		cmocka_unit_test(leaves_the_variables_alone),
		cmocka_unit_test(ends_when_the_variables_do_not_fit),
		cmocka_unit_test(is_attacked_while_it_is_launched),
	};

	return host_run("firmware", tests, &standard);
}
