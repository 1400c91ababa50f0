/* SPDX-License-Identifier: MIT */
	.text

/* registers_keep(RDI: registers, RSI: turns, RDX: AVX) */
	.globl registers_keep
	.type registers_keep, @function
registers_keep:
	testq	%rsi, %rsi
	jz	store
	fxrstor64 (%rdi)
	testq	%rdx, %rdx
	jz	turn
	.irp	i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	vinsertf128 $1, 512 + 16 * \i(%rdi), %ymm\i, %ymm\i
	.endr
turn:
	decq	%rsi
	jnz	turn
store:
	fxsave64 (%rdi)
	testq	%rdx, %rdx
	jz	done
	.irp	i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	vextractf128 $1, %ymm\i, 512 + 16 * \i(%rdi)
	.endr
done:
	ret
	.size	registers_keep, . - registers_keep

	.section .note.GNU-stack, "", @progbits
