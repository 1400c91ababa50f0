// SPDX-License-Identifier: MIT
/*
 * Between the SVSM kernel and its services: programs in ring 3, each in an address space of its
 * own. A service is an ordinary static Linux program. What it may ask for with Linux's system
 * calls is in docs/services.md; the calls below are the kernel's own, entered the same way
 * (SYSCALL; number in RAX; parameters in RDI, RSI, RDX; result in RAX, negative: an errno value).
 * Under Linux they give ENOSYS, by which a service knows that it does not run on the SVSM.
 */
#ifndef ABI_SERVICE_H
#define ABI_SERVICE_H

#include "hw/assert.h"

// Above every number that Linux uses
#define SERVICE_CALL_BASE 0x434f0000u

// RDI: struct service_message *, never 0. Answers the request that the service has (before the
// first one there is none: then `result`, `regs` and `size` are not looked at), waits for the next
// one, and fills the structure and its buffer with that. `buffer` and `room` say where.
//	0         there is a request
//	-EFAULT   the structure or its buffer is not the service's memory
//	-EINVAL   size above room, room above SERVICE_BUFFER_MAX, or reserved not 0
// An answer that is refused leaves the request unanswered: it can be answered again.
#define SERVICE_CALL_REPLY_AND_WAIT (SERVICE_CALL_BASE + 0)

// Bytes of one request or answer, at most.
#define SERVICE_BUFFER_MAX 4096

// What the kernel itself wants of a service: requests of this protocol, which no guest can name.
//	SERVICE_CONTROL_RESET   the guest starts anew: be as for a guest that never ran. Any other
//	                        result than SVSM_SUCCESS: the service is started afresh
#define SERVICE_PROTOCOL_CONTROL 0xffffffffu
#define SERVICE_CONTROL_RESET	 0

// RDI: handle of a channel, RSI: struct service_message *. Calls the service at its other end, and
// waits for the answer. `call`, `regs`, `size` and the bytes at `buffer` are the request; `result`,
// the first three `regs`, `size` and the bytes there are the answer, for which there are `room`
// bytes.
//	0          answered; `result` says how
//	-EBADF     no such handle
//	-EPERM     it is another kind of object
//	-EFAULT    the structure or its buffer is not the service's memory
//	-EINVAL    size above room, room above SERVICE_BUFFER_MAX, or reserved not 0
//	-EPIPE     the other service has ended, before the call or during it
//	-EMSGSIZE  the answer is larger than `room`, and lost
// After the first four nothing was asked. A service can only call those that its manifest names,
// and no chain of these comes back to its beginning.
#define SERVICE_CALL_CALL (SERVICE_CALL_BASE + 1)

// Namespaces: RDI: handle, RSI: name of a blob: 1 to 23 bytes and a zero.
//	PUT      RDX, R10: data and their size. Replaces the blob as a whole, or changes nothing
//	GET      RDX, R10: buffer and room. Gives the size of the blob, of which as much is copied
//	REMOVE
//	LIST     RSI instead: number of a blob, from 0; RDX: where its name goes, 24 bytes. Gives
//	         its size. The order is none
//	-EBADF, -EPERM, -EFAULT  as above
//	-EINVAL  no name, or a longer one
//	-ENOENT  no such blob
//	-ENOSPC  more than the manifest grants, or more than SERVICE_BLOBS_MAX blobs
// A blob takes whole pages of 4 KiB. It outlives the service, not the VM.
#define SERVICE_CALL_BLOB_PUT	 (SERVICE_CALL_BASE + 2)
#define SERVICE_CALL_BLOB_GET	 (SERVICE_CALL_BASE + 3)
#define SERVICE_CALL_BLOB_REMOVE (SERVICE_CALL_BASE + 4)
#define SERVICE_CALL_BLOB_LIST	 (SERVICE_CALL_BASE + 5)
#define SERVICE_BLOB_NAME_MAX	 24
#define SERVICE_BLOBS_MAX	 32

// RDI: handle of a key, RSI: where its SERVICE_KEY_SIZE bytes go. -EBADF, -EPERM, -EFAULT.
#define SERVICE_CALL_KEY (SERVICE_CALL_BASE + 6)
#define SERVICE_KEY_SIZE 32

// One access to a device. RDI: handle, RSI: offset in its range, RDX: size, 1, 2, 4, or for
// memory-mapped registers 8; R10: address of the 8 bytes that take what was read, or the value to
// write.
//	-EBADF, -EPERM, -EFAULT  as above
//	-EINVAL  a size that is none, or an address that is no multiple of it
//	-ERANGE  not in the range
//	-EACCES  a write, and the manifest grants reads
//	-EIO     the host refuses
#define SERVICE_CALL_DEVICE_READ  (SERVICE_CALL_BASE + 7)
#define SERVICE_CALL_DEVICE_WRITE (SERVICE_CALL_BASE + 8)

// Protocols from here on are Copra's own, for any service; the others are of AMD's document 58019.
// How a guest calls them: docs/guest-abi.md.
#define SERVICE_PROTOCOL_OWN 0xc0000000u

// Who asks: written by the kernel.
#define SERVICE_CALLER_KERNEL  0
#define SERVICE_CALLER_GUEST   1 // caller_id: 0
#define SERVICE_CALLER_SERVICE 2 // caller_id: the protocol that the calling service serves

/*
 * One request, and in the same place its answer. In: all fields, and `size` bytes at `buffer`. The
 * service leaves in `result`, `regs` and the first `size` bytes at `buffer` what the caller gets.
 */
struct service_message {
	uint32_t protocol; // number of the SVSM protocol, and of its call
	uint32_t call;
	uint32_t caller; // SERVICE_CALLER_*
	uint32_t caller_id;
	uint32_t result; // SVSM_SUCCESS or SVSM_ERR_*
	uint32_t reserved;
	uint64_t regs[4]; // RCX, RDX, R8, R9 of the guest's call; in the answer the first three
			  // count
	uint64_t buffer;  // address in the service; set once by the service
	uint32_t room;	  // bytes there, at most SERVICE_BUFFER_MAX
	uint32_t size;	  // bytes of the request, then of the answer
};
ASSERT_SIZE(struct service_message, 72);
ASSERT_OFFSET(struct service_message, result, 16);
ASSERT_OFFSET(struct service_message, regs, 24);
ASSERT_OFFSET(struct service_message, buffer, 56);
ASSERT_OFFSET(struct service_message, size, 68);

#endif
