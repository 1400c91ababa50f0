// SPDX-License-Identifier: MIT
/*
 * Launch of the guest from an IGVM file, as QEMU and KVM do it on SEV-SNP hardware. The file is
 * checked as a whole and all memory that it needs is found first; then its directives are carried
 * out in the order of the file, which is the order of the launch digest.
 */
#include "machine/host/launch.h"

#include "lib/fmt.h"
#include "machine/psp/psp.h"

#define POLICY_DEFAULT 0x30000 // SMT allowed, and the bit that must be one

static void start(struct launch *launch)
{
	struct igvm_iter iter = igvm_iter_start(&launch->file, launch->platform.compatibility_mask);
	struct igvm_header header;
	int status;

	launch->policy = POLICY_DEFAULT;
	while (igvm_next(&iter, &header)) {
		if (header.type == IGVM_GUEST_POLICY)
			launch->policy = header.u.policy.policy;
	}
	status = psp_launch_start(launch->policy);
	if (status != PSP_SUCCESS)
		launch_fail("secure processor refuses the guest policy 0x%lx of the IGVM file: "
			    "status 0x%x",
			(unsigned long)launch->policy, (unsigned)status);
}

static void id_block_keep(struct launch *launch, const struct igvm_header *header)
{
	launch->id_block = header->u.id_block;
	launch->id_block_seen = true;
}

static void directive(struct launch *launch, const struct igvm_header *header)
{
	switch (header->type) {
	case IGVM_SUPPORTED_PLATFORM:
	case IGVM_GUEST_POLICY:	      // taken by start
	case IGVM_REQUIRED_MEMORY:    // taken by launch_back
	case IGVM_ERROR_RANGE:	      // what the loader may tell of a failure: the log does
	case IGVM_RELOCATABLE_REGION: // may be moved, need not
	case IGVM_PAGE_TABLE_RELOCATION:
	case IGVM_CORIM_DOCUMENT: // for the owner
	case IGVM_CORIM_SIGNATURE:
	case IGVM_CCA_POLICY: // other platforms
	case IGVM_VBS_MEASUREMENT:
		return;
	case IGVM_PAGE_DATA:
		return launch_page_data(launch, header);
	case IGVM_PARAMETER_AREA:
		return launch_area_add(launch, header);
	case IGVM_PARAMETER_INSERT:
		return launch_insert(launch, header);
	case IGVM_VP_CONTEXT:
		return launch_vp_context(launch, header);
	case IGVM_SNP_ID_BLOCK:
		return id_block_keep(launch, header);
	default:
		return launch_parameter(launch, header);
	}
}

static void finish(const struct launch *launch)
{
	int status =
		launch_finish(launch->id_block_seen ? &launch->id_block : NULL, launch->policy);

	if (status == PSP_BAD_MEASUREMENT)
		launch_fail("IGVM file: its ID block is for another launch digest: sign it again");
	if (status != PSP_SUCCESS)
		launch_fail("IGVM file: the secure processor refuses its ID block: status 0x%x",
			(unsigned)status);
}

static void digest_log(void)
{
	uint8_t digest[48];
	char text[2 * sizeof(digest) + 1];

	psp_launch_digest(digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		fmt_snprintf(text + 2 * i, 3, "%02x", digest[i]);
	log_info("launch digest %s", text);
}

static void result_log(const struct launch *launch)
{
	const uint32_t *count = launch->page_count;

	digest_log();
	log_info("launched pages: %u measured, %u unmeasured, %u secrets, %u CPUID, %u VMSA, %u "
		 "shared",
		count[SNP_PAGE_NORMAL], count[SNP_PAGE_UNMEASURED], count[SNP_PAGE_SECRETS],
		count[SNP_PAGE_CPUID], count[SNP_PAGE_VMSA], launch->shared_count);
}

void host_launch(void)
{
	static struct launch launch;
	struct igvm_header header;
	struct igvm_iter iter;

	memset(&launch, 0, sizeof(launch));
	launch_open(&launch);
	launch_back(&launch);
	start(&launch);
	iter = igvm_iter_start(&launch.file, launch.platform.compatibility_mask);
	while (igvm_next(&iter, &header))
		directive(&launch, &header);
	finish(&launch);
	if (!cpus[0]->plane[0].present)
		launch_fail("IGVM file: it has no VMSA (VP_CONTEXT) for vCPU 0");
	result_log(&launch);
}
