// SPDX-License-Identifier: MIT
#include "kernel/firmware.h"

#include "hw/snp.h"
#include "kernel/bootinfo.h"
#include "kernel/cpuid.h"
#include "kernel/core.h"
#include "kernel/cpus.h"
#include "kernel/firmware_image.h"
#include "kernel/firmware_store.h"
#include "kernel/guest_memory.h"
#include "kernel/layout.h"
#include "kernel/log.h"
#include "kernel/memmap.h"
#include "kernel/platform.h"
#include "kernel/quiesce.h"
#include "kernel/terminate.h"
#include "kernel/vcpu.h"
#include "kernel/vcpu_freeze.h"
#include "lib/secret.h"
#include "lib/string.h"

#define FIRMWARE_MAP_ENTRIES 8 // EDK2's limit, terminator included

static struct boot_range private_image; // without the store of variables

typedef enum error (*page_action)(gpa_t page, uint32_t page_size);

static MUST_USE enum error page_validate(gpa_t page, uint32_t page_size)
{
	return guest_page_validate(page, page_size, false);
}

// Large pages where they fit and the host backs them so, small ones else.
static MUST_USE enum error for_each_page(struct boot_range range, page_action action)
{
	gpa_t page = gpa_make(range.gpa);
	gpa_t end = gpa_add(page, range.size);
	bool huge_works = true;
	enum error err = OK;

	while (gpa_less(page, end)) {
		bool huge = huge_works && gpa_is_aligned(page, HUGE_PAGE_SIZE) &&
			    gpa_distance(page, end) >= HUGE_PAGE_SIZE;

		spinlock_acquire(&guest_lock);
		err = action(page, huge ? RMP_PAGE_2M : RMP_PAGE_4K);
		spinlock_release(&guest_lock);
		if (huge && err == ERR_RMP_SIZEMISMATCH) {
			huge_works = false;
			continue;
		}
		if (err != OK) {
			log_error("firmware page 0x%lx: error 0x%x", gpa_value(page), err);
			return err;
		}
		page = gpa_add(page, huge ? HUGE_PAGE_SIZE : PAGE_SIZE);
	}
	return OK;
}

static MUST_USE enum error validate_range(struct boot_range range)
{
	enum error err = platform_page_make_private(gpa_make(range.gpa), range.size);

	return err == OK ? for_each_page(range, page_validate) : err;
}

static MUST_USE enum error prevalidate(const struct boot_firmware *fw)
{
	for (uint64_t i = 0; i < fw->prevalidate_count; i++) {
		struct boot_range range = fw->prevalidate[i];

		if (!memmap_is_guest(gpa_make(range.gpa), range.size)) {
			log_error("firmware wants 0x%lx, %lu KiB: not in the memory map", range.gpa,
				TO_KIB(range.size));
			return ERR_INVALID_ADDRESS;
		}
		log_info("firmware: validating 0x%010lx, %lu KiB", range.gpa, TO_KIB(range.size));
		enum error err = validate_range(range);

		if (err != OK)
			return err;
	}
	return OK;
}

static MUST_USE enum error write_memory_map(const struct boot_firmware *fw)
{
	struct igvm_memory_map_entry entries[FIRMWARE_MAP_ENTRIES];
	size_t max = MIN(fw->memory_map.size / sizeof(entries[0]), ARRAY_SIZE(entries));
	size_t count = 0;
	uint32_t cpus = cpus_count();

	if (fw->memory_map.size != 0) {
		enum error err = memmap_for_firmware(entries, max, &count);

		if (err == OK)
			err = guest_copy_out(
				gpa_make(fw->memory_map.gpa), entries, count * sizeof(entries[0]));
		if (err != OK)
			return err;
	}
	if (fw->vp_count_gpa == 0)
		return OK;
	return guest_copy_out(gpa_make(fw->vp_count_gpa), &cpus, sizeof(cpus));
}

// The kernel's table, which the secure processor checked, with the bit by which a guest learns
// that there is an SVSM.
static MUST_USE enum error write_cpuid(gpa_t page)
{
	const struct snp_cpuid_page *own = cpuid_page();
	const struct snp_cpuid_entry *leaf = cpuid_find(CPUID_LEAF_ENCRYPTION, 0);
	enum error err = guest_copy_out(page, own, sizeof(*own));

	if (err != OK || leaf == NULL)
		return err;
	uint32_t eax = leaf->eax | CPUID_8000001F_SVSM;
	uint64_t offset = (uint64_t)((const uint8_t *)&leaf->eax - (const uint8_t *)own);

	return guest_copy_out(gpa_add(page, offset), &eax, sizeof(eax));
}

// Messages to the secure processor that the guest has sent with each key of its own. Linux counts
// them in the first words of os_area; the secure processor goes on counting, and refuses a guest
// that starts from 0.
static uint32_t message_counts[4];
static bool is_restart;

// The guest gets the keys of its own VMPL and those below.
static MUST_USE enum error write_secrets(gpa_t page, gpa_t caa)
{
	static struct snp_secrets_page secrets;
	const struct boot_info *info = bootinfo();

	memcpy(&secrets, bootinfo_ptr(info->secrets_gpa), sizeof(secrets));
	for (unsigned int vmpl = 0; vmpl < SVSM_GUEST_VMPL; vmpl++)
		mem_wipe(secrets.vmpck[vmpl], sizeof(secrets.vmpck[vmpl]));
	secrets.svsm_base = info->region.gpa;
	secrets.svsm_size = info->region.size;
	secrets.svsm_caa = gpa_value(caa);
	secrets.svsm_max_version = core_protocol.version_max;
	secrets.svsm_guest_vmpl = SVSM_GUEST_VMPL;
	if (is_restart)
		memcpy(secrets.os_area, message_counts, sizeof(message_counts));
	enum error err = guest_copy_out(page, &secrets, sizeof(secrets));

	mem_wipe(&secrets, sizeof(secrets));
	return err;
}

static MUST_USE enum error create_first_vcpu(const struct boot_firmware *fw)
{
	struct cpu *cpu = this_cpu()->cpu;
	gpa_t vmsa = {0};
	enum error err = platform_boot_vcpu_create(gpa_make(fw->reset_vector_gpa), &vmsa);

	if (err != OK)
		return err;
	spinlock_acquire(&guest_lock);
	err = vcpu_register(vmsa, gpa_make(fw->caa_gpa), cpu, true, NULL);
	spinlock_release(&guest_lock);
	if (err != OK)
		return err;
	return platform_boot_vcpu_start(cpu, vmsa);
}

// The pages that tell the firmware where it is.
static MUST_USE enum error write_pages(const struct boot_firmware *fw)
{
	enum error err = write_memory_map(fw);

	if (err == OK)
		err = write_cpuid(gpa_make(fw->cpuid_gpa));
	if (err == OK)
		err = write_secrets(gpa_make(fw->secrets_gpa), gpa_make(fw->caa_gpa));
	return err;
}

static MUST_USE enum error firmware_prepare(const struct boot_firmware *fw)
{
	enum error err = prevalidate(fw);

	log_info("firmware: image 0x%010lx, %lu KiB", fw->image.gpa, TO_KIB(fw->image.size));
	if (err == OK)
		err = for_each_page(fw->image, guest_page_adopt);
	if (err == OK) {
		private_image = fw->image;
		err = firmware_store_leave(&private_image);
	}
	if (err == OK)
		err = write_pages(fw);
	if (err == OK && firmware_image_keep(private_image) != OK)
		log_warn("firmware: no memory for a copy of it, so the guest cannot be rebooted "
			 "without a restart of the VM");
	devices_note();
	if (err == OK)
		err = create_first_vcpu(fw);
	return err;
}

static _Noreturn void firmware_fail(enum error err)
{
	log_error("firmware: error 0x%x", err);
	terminate(TERMINATE_FIRMWARE);
}

bool firmware_launch(void)
{
	const struct boot_firmware *fw = &bootinfo()->firmware;

	if (fw->image.size == 0)
		return false;
	enum error err = firmware_prepare(fw);

	if (err != OK)
		firmware_fail(err);
	return true;
}

// A guest that gave the page away has sent no messages that count.
enum error firmware_prepare_restart(void)
{
	gpa_t page = gpa_make(bootinfo()->firmware.secrets_gpa);

	if (guest_copy_in(message_counts, gpa_add(page, offsetof(struct snp_secrets_page, os_area)),
		    sizeof(message_counts)) != OK)
		memset(message_counts, 0, sizeof(message_counts));
	for (unsigned int vmpl = 0; vmpl < SVSM_GUEST_VMPL; vmpl++)
		message_counts[vmpl] = 0;
	is_restart = true;
	return OK;
}

bool firmware_can_restart(void)
{
	return firmware_image_is_kept();
}

void firmware_restart(void)
{
	const struct boot_firmware *fw = &bootinfo()->firmware;
	enum error err = prevalidate(fw);

	if (err == OK)
		err = validate_range(private_image);
	if (err == OK)
		err = firmware_image_restore();
	if (err == OK)
		err = write_pages(fw);
	if (err == OK)
		err = vcpus_start_over(gpa_make(fw->reset_vector_gpa), gpa_make(fw->caa_gpa));
	if (err != OK)
		firmware_fail(err);
}
