// SPDX-License-Identifier: MIT
// MSG_REPORT_REQ: the attestation report. Source: AMD document 56860, section 7.3.
#include "machine/psp/state.h"

#define SIGN_VLEK 2 // key_select; this chip has none

// Family and model with their extended parts, as CPUID leaf 1 EAX holds them
static void report_processor(struct snp_report *report, uint32_t fms)
{
	uint32_t family = (fms >> 8 & 0xf) + (fms >> 20 & 0xff);
	uint32_t model = (fms >> 4 & 0xf) | (fms >> 12 & 0xf0);

	report->cpuid_family = (uint8_t)family;
	report->cpuid_model = (uint8_t)model;
	report->cpuid_stepping = fms & 0xf;
}

static void report_versions(struct snp_report *report)
{
	report->current_tcb = PSP_TCB;
	report->reported_tcb = PSP_TCB;
	report->committed_tcb = PSP_TCB;
	report->launch_tcb = PSP_TCB;
	report->current_build = PSP_BUILD;
	report->current_minor = PSP_ABI_MINOR;
	report->current_major = PSP_ABI_MAJOR;
	report->committed_build = PSP_BUILD;
	report->committed_minor = PSP_ABI_MINOR;
	report->committed_major = PSP_ABI_MAJOR;
}

static void report_guest(struct snp_report *report, const struct psp_guest *guest)
{
	report->guest_svn = guest->guest_svn;
	report->policy = guest->policy;
	report->flags = guest->author_key ? SNP_REPORT_AUTHOR_KEY : 0;
	memcpy(report->family_id, guest->family_id, sizeof(report->family_id));
	memcpy(report->image_id, guest->image_id, sizeof(report->image_id));
	memcpy(report->measurement, guest->digest, sizeof(report->measurement));
	memcpy(report->id_key_digest, guest->id_key_digest, sizeof(report->id_key_digest));
	memcpy(report->author_key_digest, guest->author_key_digest,
		sizeof(report->author_key_digest));
	memcpy(report->report_id, guest->report_id, sizeof(report->report_id));
	// No migration agent: its report id is all ones.
	memset(report->report_id_ma, 0xff, sizeof(report->report_id_ma));
}

// Once a run, and only when reports are of interest: the public key takes time to work out.
static void key_show(void)
{
	static bool shown;

	if (!shown)
		psp_vcek_show();
	shown = true;
}

uint16_t psp_report_message(uint8_t vmpck, struct bytes payload, uint8_t *answer)
{
	struct snp_report_response *response = (struct snp_report_response *)answer;
	struct snp_report *report = &response->report;
	struct snp_report_request request = {0};
	bool whole = bytes_read(payload, 0, &request, sizeof(request));

	// A key of a less privileged level must not get a report in the name of a higher one.
	if (!whole || request.vmpl >= VMPL_COUNT || request.vmpl < vmpck) {
		response->status = SNP_MSG_INVALID_PARAM;
		return sizeof(*response);
	}
	if (request.key_select >= SIGN_VLEK) {
		response->status = SNP_MSG_INVALID_KEY;
		return sizeof(*response);
	}
	report->version = SNP_REPORT_VERSION;
	report->vmpl = request.vmpl;
	report->signature_algo = SNP_ALGO_ECDSA_P384_SHA384;
	memcpy(report->report_data, request.report_data, sizeof(report->report_data));
	report_guest(report, &psp_guest);
	report_versions(report);
	report_processor(report, psp_cpuid_silicon(1, 0).eax);
	psp_chip_id(report->chip_id);
	psp_report_sign(report);
	key_show();
	response->report_size = sizeof(*report);
	return sizeof(*response);
}
