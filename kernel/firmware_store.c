// SPDX-License-Identifier: MIT
#include "kernel/firmware_store.h"

#include "hw/fv.h"
#include "kernel/guest_memory.h"
#include "kernel/layout.h"
#include "kernel/log.h"
#include "lib/string.h"

// Bytes of the store in whole pages; 0: there is none. The header was measured with the image.
static MUST_USE enum error store_size(struct boot_range image, uint64_t *size)
{
	static const uint8_t guid[FV_GUID_SIZE] = FV_GUID_SYSTEM_NV_DATA;
	struct fv_header header;
	enum error err = guest_copy_in(&header, gpa_make(image.gpa), sizeof(header));

	*size = 0;
	if (err != OK || header.signature != FV_SIGNATURE ||
		memcmp(header.file_system_guid, guid, sizeof(guid)) != 0)
		return err;
	if (header.fv_length % PAGE_SIZE != 0 || header.fv_length > image.size)
		return ERR_FORMAT;
	*size = header.fv_length;
	return OK;
}

static MUST_USE enum error invalidate(struct boot_range range)
{
	enum error err = OK;

	spinlock_acquire(&guest_lock);
	for (uint64_t done = 0; done < range.size && err == OK; done += PAGE_SIZE)
		err = guest_page_invalidate(gpa_make(range.gpa + done), RMP_PAGE_4K);
	spinlock_release(&guest_lock);
	return err;
}

enum error firmware_store_leave(struct boot_range *image)
{
	struct boot_range store = {.gpa = image->gpa};
	enum error err = store_size(*image, &store.size);

	if (err != OK || store.size == 0)
		return err;
	log_info("firmware: variables 0x%010lx, %lu KiB", store.gpa, TO_KIB(store.size));
	err = invalidate(store);
	image->gpa += store.size;
	image->size -= store.size;
	return err;
}
