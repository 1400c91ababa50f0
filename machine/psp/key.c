// SPDX-License-Identifier: MIT
// MSG_KEY_REQ: a key that only this guest (on this chip) can get again. Source: AMD document 56860,
// section 7.2. How the firmware derives is not documented: here HKDF over struct key_context.
#include "machine/psp/state.h"

#define KEY_VLEK 2

struct __attribute__((packed)) key_context {
	char label[16];
	uint32_t root;
	uint32_t vmpl;
	uint64_t fields;
	uint64_t policy;
	uint8_t image_id[16];
	uint8_t family_id[16];
	uint8_t measurement[SHA384_SIZE];
	uint32_t guest_svn;
	uint64_t tcb;
};

// Each of the version's bytes is compared on its own.
static bool tcb_at_most(uint64_t tcb, uint64_t limit)
{
	for (unsigned shift = 0; shift < 64; shift += 8) {
		if ((tcb >> shift & 0xff) > (limit >> shift & 0xff))
			return false;
	}
	return true;
}

static uint32_t request_check(const struct snp_key_request *request, uint8_t vmpck)
{
	uint32_t select = request->root_key_select >> SNP_KEY_SELECT_SHIFT;

	if (request->vmpl >= VMPL_COUNT || request->vmpl < vmpck)
		return SNP_MSG_INVALID_PARAM;
	if (request->guest_field_select & ~SNP_KEY_FIELDS)
		return SNP_MSG_INVALID_PARAM;
	if (request->guest_svn > psp_guest.guest_svn || !tcb_at_most(request->tcb_version, PSP_TCB))
		return SNP_MSG_INVALID_PARAM;
	return select >= KEY_VLEK ? SNP_MSG_INVALID_KEY : SNP_MSG_SUCCESS;
}

static void context_fill(struct key_context *context, const struct snp_key_request *request)
{
	const uint64_t fields = request->guest_field_select;

	memcpy(context->label, "Copra guest key", sizeof(context->label));
	context->root = request->root_key_select & SNP_KEY_ROOT_VMRK;
	context->vmpl = request->vmpl;
	context->fields = fields;
	if (fields & SNP_KEY_FIELD_POLICY)
		context->policy = psp_guest.policy;
	if (fields & SNP_KEY_FIELD_IMAGE_ID)
		memcpy(context->image_id, psp_guest.image_id, sizeof(context->image_id));
	if (fields & SNP_KEY_FIELD_FAMILY_ID)
		memcpy(context->family_id, psp_guest.family_id, sizeof(context->family_id));
	if (fields & SNP_KEY_FIELD_MEASUREMENT)
		memcpy(context->measurement, psp_guest.digest, sizeof(context->measurement));
	if (fields & SNP_KEY_FIELD_GUEST_SVN)
		context->guest_svn = request->guest_svn;
	if (fields & SNP_KEY_FIELD_TCB)
		context->tcb = request->tcb_version;
}

uint16_t psp_key_message(uint8_t vmpck, struct bytes payload, uint8_t *answer)
{
	struct snp_key_response *response = (struct snp_key_response *)answer;
	struct snp_key_request request = {0};
	struct key_context context = {0};

	if (!bytes_read(payload, 0, &request, sizeof(request)))
		response->status = SNP_MSG_INVALID_PARAM;
	else
		response->status = request_check(&request, vmpck);
	if (response->status != SNP_MSG_SUCCESS)
		return sizeof(*response);
	context_fill(&context, &request);
	psp_key_derive(context.root != 0, &context, sizeof(context), response->key);
	return sizeof(*response);
}
