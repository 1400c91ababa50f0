# SPDX-License-Identifier: MIT
# Tests. Each folder brings its own fragment.
include $(sort $(wildcard tests/*/build.mk))
