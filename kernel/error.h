// SPDX-License-Identifier: MIT
/*
 * One error type for the whole kernel. Values with bit 31 are the SVSM protocol's own result
 * codes and go to the guest as they are; the small ones are the kernel's and pass through
 * error_to_svsm first.
 */
#ifndef KERNEL_ERROR_H
#define KERNEL_ERROR_H

#include "abi/svsm.h"
#include "hw/rmp.h"
#include "lib/util.h"

enum error {
	OK = 0,
	ERR_NO_MEMORY = 1, // the kernel's own memory is used up
	ERR_FAULT = 2,	   // memory that was to be read or written is not there
	ERR_HOST = 3,	   // the host refused, or its answer breaks the protocol
	ERR_FORMAT = 4,	   // data from outside breaks its format
	ERR_LIMIT = 5,	   // more than the kernel has room for by design

	ERR_SVSM_INCOMPLETE = SVSM_ERR_INCOMPLETE,
	ERR_UNSUPPORTED_PROTOCOL = SVSM_ERR_UNSUPPORTED_PROTOCOL,
	ERR_UNSUPPORTED_CALL = SVSM_ERR_UNSUPPORTED_CALL,
	ERR_INVALID_ADDRESS = SVSM_ERR_INVALID_ADDRESS,
	ERR_INVALID_FORMAT = SVSM_ERR_INVALID_FORMAT,
	ERR_INVALID_PARAMETER = SVSM_ERR_INVALID_PARAMETER,
	ERR_INVALID_REQUEST = SVSM_ERR_INVALID_REQUEST,
	ERR_BUSY = SVSM_ERR_BUSY,

	// core protocol: SVSM_ERR_PROTOCOL_BASE + code of PVALIDATE or RMPADJUST
	ERR_RMP_INPUT = SVSM_ERR_PROTOCOL_BASE + RMP_FAIL_INPUT,
	ERR_RMP_PERMISSION = SVSM_ERR_PROTOCOL_BASE + RMP_FAIL_PERMISSION,
	ERR_RMP_INUSE = SVSM_ERR_PROTOCOL_BASE + RMP_FAIL_INUSE,
	ERR_RMP_OVERLAP = SVSM_ERR_PROTOCOL_BASE + RMP_FAIL_OVERLAP,
	ERR_RMP_SIZEMISMATCH = SVSM_ERR_PROTOCOL_BASE + RMP_FAIL_SIZEMISMATCH,
	ERR_RMP_UNCHANGED = SVSM_ERR_PROTOCOL_BASE + PVALIDATE_FAIL_UNCHANGED,
};

// What the guest is told.
static inline uint32_t error_to_svsm(enum error err)
{
	switch (err) {
	case OK:
		return SVSM_SUCCESS;
	case ERR_FAULT:
		return SVSM_ERR_INVALID_ADDRESS;
	case ERR_FORMAT:
		return SVSM_ERR_INVALID_FORMAT;
	case ERR_NO_MEMORY:
	case ERR_HOST:
	case ERR_LIMIT:
		// Not BUSY: guests retry that one for ever.
		return SVSM_ERR_INVALID_REQUEST;
	default:
		return (uint32_t)err;
	}
}

// For a result that is deliberately not looked at: the reason stands beside the call.
static inline void error_ignore(enum error err)
{
	(void)err;
}

#endif
