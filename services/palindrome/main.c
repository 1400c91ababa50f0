// SPDX-License-Identifier: MIT
// A service that calls another one: it knows palindromes, as it can ask the template to turn a text
// round. How many it has met it keeps in a namespace, so that a restart does not forget them.
#include "lib/string.h"
#include "services/lib/service.h"

#define PROTOCOL_PALINDROME 0xc0000001u
#define PALINDROME_TEST	    0 // data: a text of 1 to 64 bytes; RCX out: 1 if it is one; RDX out: so far

#define TEMPLATE_REVERSE    1  // call of the template
#define TEXT_MAX	    64 // as there

// Handles: the order of the manifest
#define TEMPLATE 0
#define COUNTS	 1

static uint32_t palindrome_test(struct service_request *request)
{
	uint8_t text[TEXT_MAX];
	uint32_t size = request->size;
	uint64_t count = 0;
	uint32_t error;

	if (size == 0 || size > TEXT_MAX)
		return SVSM_ERR_INVALID_PARAMETER;
	memcpy(text, request->data, size);
	// The request goes on as it is, with another call's number.
	request->call = TEMPLATE_REVERSE;
	error = service_ask(TEMPLATE, request);
	if (error != SVSM_SUCCESS)
		return error;
	request->regs[0] = request->size == size && memcmp(text, request->data, size) == 0;
	// At the first time there is none.
	ignore_result(service_blob_get(COUNTS, "palindromes", &count, sizeof(count)) > 0);
	count += request->regs[0];
	if (!service_blob_put(COUNTS, "palindromes", &count, sizeof(count)))
		return SVSM_ERR_INVALID_REQUEST;
	request->regs[1] = count;
	request->size = 0;
	return SVSM_SUCCESS;
}

static const struct service_call calls[] = {
	{PROTOCOL_PALINDROME, PALINDROME_TEST, palindrome_test},
};

static const struct service palindrome = {
	.name = "palindrome",
	.calls = calls,
	.call_count = ARRAY_SIZE(calls),
};

int main(int argc, char **argv)
{
	return service_run(&palindrome, argc, argv);
}
