// SPDX-License-Identifier: MIT
// GHCB exits that carry messages between the guest and the secure processor. The host passes them
// on and cannot read them. Source: AMD document 56421, sections 4.1.7 and 4.1.8.
#include "lib/string.h"
#include "machine/host/ghcb.h"
#include "machine/psp/psp.h"

#define MSG_TYPE_OFFSET 0x34 // of the message header, document 56860 table 98
#define MSG_REPORT_REQ	5
#define CERT_TABLE_END	24 // an empty certificate table: one entry of zeros

static struct spinlock request_lock; // the secure processor takes one request at a time
static uint8_t request_copy[PAGE_SIZE], response_copy[PAGE_SIZE];

static bool pages_good(struct ghcb_exit *e)
{
	if (!(e->info_1 & ~PAGE_MASK) && !(e->info_2 & ~PAGE_MASK) && e->info_1 != e->info_2 &&
		host_range_shared(e->info_1, PAGE_SIZE) && host_range_shared(e->info_2, PAGE_SIZE))
		return true;
	ghcb_fail(e, GHCB_ERR_INVALID_INPUT);
	return false;
}

void ghcb_guest_request(struct ghcb_exit *e)
{
	int status = 0;

	if (!pages_good(e))
		return;
	spin_lock(&request_lock);
	if (!host_read_shared(e->info_1, request_copy, PAGE_SIZE)) {
		ghcb_fail(e, GHCB_ERR_INVALID_INPUT);
	} else {
		memset(response_copy, 0, sizeof(response_copy));
		status = psp_guest_request(request_copy, response_copy);
		e->result_2 = (uint32_t)status; // the host's half, above, is 0
		if (!host_write_shared(e->info_2, response_copy, PAGE_SIZE))
			ghcb_fail(e, GHCB_ERR_INVALID_INPUT);
	}
	spin_unlock(&request_lock);
}

// The host holds no certificates: the emulated secure processor's are in the report's own chain.
static bool certificates_give(struct ghcb_exit *e)
{
	static const uint8_t end[CERT_TABLE_END];
	uint8_t type = 0;

	if (!host_read_shared(e->info_1 + MSG_TYPE_OFFSET, &type, 1))
		return false;
	if (type != MSG_REPORT_REQ)
		return true;
	if ((e->valid & (GHCB_RAX | GHCB_RBX)) != (GHCB_RAX | GHCB_RBX) || e->rax & ~PAGE_MASK)
		return false;
	return e->rbx == 0 || host_write_shared(e->rax, end, sizeof(end));
}

void ghcb_ext_guest_request(struct ghcb_exit *e)
{
	if (!pages_good(e))
		return;
	if (!certificates_give(e)) {
		ghcb_fail(e, GHCB_ERR_INVALID_INPUT);
		return;
	}
	ghcb_guest_request(e);
}
