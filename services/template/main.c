// SPDX-License-Identifier: MIT
// A service to start from: it counts. docs/services.md walks through it.
#include "lib/string.h"
#include "services/lib/service.h"

// Protocols from 0xc0000000 on are Copra's own; the others belong to AMD's document 58019.
#define PROTOCOL_TEMPLATE 0xc0000000u
#define TEMPLATE_COUNT	  0 // RCX: add this; RCX out: the sum
#define TEMPLATE_REVERSE  1 // data: a text of 1 to 64 bytes; out: the same, backwards

#define TEXT_MAX	  64

static uint64_t sum;

static uint32_t template_count(struct service_request *request)
{
	uint64_t next;

	// Check first, change then: a refused request leaves no trace.
	if (__builtin_add_overflow(sum, request->regs[0], &next))
		return SVSM_ERR_INVALID_PARAMETER;
	sum = next;
	request->regs[0] = sum;
	request->size = 0;
	return SVSM_SUCCESS;
}

static uint32_t template_reverse(struct service_request *request)
{
	uint8_t text[TEXT_MAX];

	if (request->size == 0 || request->size > TEXT_MAX)
		return SVSM_ERR_INVALID_PARAMETER;
	memcpy(text, request->data, request->size);
	for (uint32_t i = 0; i < request->size; i++) {
		request->data[i] = text[request->size - 1 - i];
	}
	return SVSM_SUCCESS;
}

static const struct service_call calls[] = {
	{PROTOCOL_TEMPLATE, TEMPLATE_COUNT, template_count},
	{PROTOCOL_TEMPLATE, TEMPLATE_REVERSE, template_reverse},
};

static const struct service template = {
	.name = "template",
	.calls = calls,
	.call_count = ARRAY_SIZE(calls),
};

int main(int argc, char **argv)
{
	return service_run(&template, argc, argv);
}
