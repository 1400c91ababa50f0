// SPDX-License-Identifier: MIT
/*
 * Making every CPU forget translations, and the RMP permissions that go with them, before what was
 * taken from the guest is relied on.
 *
 * A CPU outside the kernel (in the guest, or idle, when the host may start its guest) is called
 * back by an IPI. One inside flushes before it leaves: so nobody waits for a CPU that waits for a
 * lock.
 */
#ifndef KERNEL_TLB_H
#define KERNEL_TLB_H

// On return no CPU uses a translation from before the call for the guest. Under guest_lock. Ends
// the VM if the host does not let a CPU come back.
void tlb_flush_all(void);

// Around everything that runs outside the kernel.
void tlb_leave_kernel(void);
void tlb_enter_kernel(void);

#endif
