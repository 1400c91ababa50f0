// SPDX-License-Identifier: MIT
// Marks assembly functions as such, so that stack traces can name them.
#ifndef KERNEL_ASM_H
#define KERNEL_ASM_H

.macro function name
	.globl	\name
	.type	\name, @function
\name:
.endm

.macro function_end name
	.size	\name, . - \name
.endm

#endif
