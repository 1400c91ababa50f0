# SPDX-License-Identifier: MIT
# Each part compiles these sources itself, with its own flags; there is no archive.
#   LIB_SRCS               freestanding, general registers only: for every part
#   LIB_CORE_SRCS          those of LIB_SRCS that are not file readers: the SVSM needs no more, and
#                          each page of its image is measured
#   LIB_FREESTANDING_SRCS  replaces the C library where there is none (kernel, machine)
LIB_CORE_SRCS := \
	lib/fmt.c \
	lib/objects.c \
	lib/rle.c \
	lib/secret.c \
	lib/sha512.c
LIB_SRCS := $(LIB_CORE_SRCS) \
	lib/crc32.c \
	lib/elf.c \
	lib/igvm.c \
	lib/igvm_check.c \
	lib/igvm_decode.c \
	lib/igvm_text.c \
	lib/ovmf.c \
	lib/ovmf_sections.c
LIB_FREESTANDING_SRCS := lib/string.c
