// SPDX-License-Identifier: MIT
// The firmware's image as flash memory: what is written to it while it is shared is there again
// after the page was private, as a reboot of the guest makes it.
#include "lib/string.h"
#include "tests/guest-bare/guest.h"

#define FLASH	     0xffffe000ull // a page of the image that nothing lies in
#define PROGRAM	     0x40	   // commands of Intel's flash chips
#define ERASE	     0x20
#define CONFIRM	     0xd0
#define ERASED_WORD  0xffffffffffffffffull
#define PRIVATE_MARK 0x1122334455667788ull

static void flash_byte(uint64_t gpa, uint8_t value)
{
	struct ghcb *ghcb = ghcb_begin();

	ghcb->shared_buffer[0] = value;
	GHCB_SET(ghcb, sw_scratch, this_cpu()->ghcb_gpa + offsetof(struct ghcb, shared_buffer));
	if (ghcb_exit(ghcb, GHCB_EXIT_MMIO_WRITE, gpa, 1).info_1)
		report_abort("MMIO write to the flash page is refused");
}

static void make_shared(void)
{
	expect(pvalidate_one(FLASH), SVSM_SUCCESS, "invalidate a page of the image");
}

static void make_private(void)
{
	need_private(FLASH, false);
	expect(pvalidate_one(FLASH | VALID), SVSM_SUCCESS, "validate it again");
}

void test_flash(void)
{
	const volatile uint64_t *flash = shared_ptr(FLASH);
	volatile uint64_t *page = private_ptr(FLASH);
	const uint64_t before = page[0];

	make_shared();
	expect(flash[0], before, "shared, it shows the image");
	flash_byte(FLASH, ERASE);
	flash_byte(FLASH, CONFIRM);
	flash_byte(FLASH, PROGRAM);
	flash_byte(FLASH, 0x5a);
	flash_byte(FLASH + 8, PROGRAM); // without its second write
	expect(flash[0], ERASED_WORD & ~0xa5ull, "what was written");
	make_private();
	expect(page[0], 0, "private, it is zeroed memory");
	page[0] = page[1] = PRIVATE_MARK;
	make_shared();
	expect(flash[0], ERASED_WORD & ~0xa5ull, "shared again, what was written");
	expect(flash[1], ERASED_WORD, "in all of the page");
	flash_byte(FLASH + 8, 0);
	expect(flash[1], ERASED_WORD, "a command of before is forgotten");
	make_private();
	expect(page[1], 0, "private again, zeroed");
}
