// SPDX-License-Identifier: MIT
// Launch of the guest: start, a page at a time, finish. Source: AMD document 56860, sections 8.16
// to 8.18. One guest, on the boot CPU, before any other CPU runs: no lock.
#include "machine/cpu/rmp.h"
#include "machine/psp/state.h"

#define SECRETS_VERSION 3
// Features of a memory controller that is not there: a guest that demands them must not start.
#define POLICY_UNSUPPORTED                                                                         \
	(SNP_POLICY_MEM_AES_256_XTS | SNP_POLICY_RAPL_DISABLE | SNP_POLICY_CIPHERTEXT_HIDING)
#define POLICY_KNOWN (SNP_POLICY_PAGE_SWAP_DISABLE | (SNP_POLICY_PAGE_SWAP_DISABLE - 1))

struct psp_guest psp_guest;

void psp_init(void)
{
	psp_random(psp_guest.vmpck, sizeof(psp_guest.vmpck));
	psp_random(psp_guest.vmrk, sizeof(psp_guest.vmrk));
	psp_random(psp_guest.report_id, sizeof(psp_guest.report_id));
	log_info("secure processor: EMULATED, firmware ABI %d.%d; its keys are no secret and not "
		 "AMD's",
		PSP_ABI_MAJOR, PSP_ABI_MINOR);
}

// The policy's lowest acceptable ABI version, compared as one number
static bool policy_abi_ok(uint64_t policy)
{
	return (policy & 0xffff) <= (PSP_ABI_MAJOR << SNP_POLICY_ABI_MAJOR_SHIFT | PSP_ABI_MINOR);
}

int psp_launch_start(uint64_t policy)
{
	if (psp_guest.state != PSP_GUEST_INIT)
		return PSP_INVALID_GUEST_STATE;
	if (!(policy & SNP_POLICY_RESERVED_ONE) || (policy & ~POLICY_KNOWN))
		return PSP_INVALID_PARAM;
	if (!policy_abi_ok(policy) || (policy & POLICY_UNSUPPORTED))
		return PSP_POLICY_FAILURE;
	psp_guest.policy = policy;
	memset(psp_guest.digest, 0, sizeof(psp_guest.digest));
	psp_guest.state = PSP_GUEST_LAUNCH;
	return PSP_SUCCESS;
}

static void secrets_fill(struct snp_secrets_page *secrets)
{
	memset(secrets, 0, sizeof(*secrets));
	secrets->version = SECRETS_VERSION;
	secrets->fms = psp_cpuid_silicon(1, 0).eax;
	memcpy(secrets->vmpck, psp_guest.vmpck, sizeof(secrets->vmpck));
}

// A page with a wrong value comes back corrected, not launched: the host may look and try again.
static int cpuid_prepare(struct snp_cpuid_page *page)
{
	if (page->count > SNP_CPUID_ENTRIES_MAX)
		return PSP_INVALID_PARAM;
	return psp_cpuid_check(page->entry, page->count) ? PSP_SUCCESS : PSP_INVALID_PARAM;
}

// Brings the page into its final form, and takes its contents into the digest where they count.
static int page_prepare(void *page, uint8_t page_type, uint8_t contents[SHA384_SIZE])
{
	switch (page_type) {
	case SNP_PAGE_NORMAL:
	case SNP_PAGE_VMSA:
		psp_digest_page(page, contents);
		return PSP_SUCCESS;
	case SNP_PAGE_ZERO:
		memset(page, 0, PAGE_SIZE);
		return PSP_SUCCESS;
	case SNP_PAGE_UNMEASURED:
		return PSP_SUCCESS;
	case SNP_PAGE_SECRETS:
		secrets_fill(page);
		return PSP_SUCCESS;
	case SNP_PAGE_CPUID:
		return cpuid_prepare(page);
	default:
		return PSP_INVALID_PARAM;
	}
}

int psp_launch_update(uint64_t spa, uint64_t gpa, uint8_t page_type)
{
	uint8_t contents[SHA384_SIZE] = {0};
	int status;

	if (psp_guest.state != PSP_GUEST_LAUNCH)
		return PSP_INVALID_GUEST_STATE;
	if (!IS_ALIGNED(spa | gpa, PAGE_SIZE) || rmp_is_assigned(spa))
		return PSP_INVALID_ADDRESS;
	status = page_prepare(spa_ptr(spa), page_type, contents);
	if (status != PSP_SUCCESS)
		return status;
	// KVM's VMSA address has more bits than guest-physical addresses have here. The digest
	// takes it as it is, the RMP the bits that exist.
	if (rmp_firmware_assign(spa, gpa & (CBIT - 1), page_type == SNP_PAGE_VMSA) != RMP_SUCCESS)
		return PSP_INVALID_ADDRESS;
	psp_digest_extend(psp_guest.digest, contents, page_type, gpa);
	return PSP_SUCCESS;
}

int psp_launch_finish(const void *id_block, const void *id_auth, bool auth_key)
{
	int status = PSP_SUCCESS;

	if (psp_guest.state != PSP_GUEST_LAUNCH)
		return PSP_INVALID_GUEST_STATE;
	if (id_block)
		status = psp_id_block_check(&psp_guest, id_block, id_auth, auth_key);
	if (status == PSP_SUCCESS)
		psp_guest.state = PSP_GUEST_RUNNING;
	return status;
}

void psp_launch_digest(uint8_t digest[48])
{
	memcpy(digest, psp_guest.digest, sizeof(psp_guest.digest));
}
