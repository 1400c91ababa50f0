# SPDX-License-Identifier: MIT
# Tests. Each folder brings its own fragment.
# Fuzzing takes over what the others say of their sources.
include $(sort $(filter-out tests/fuzz/%,$(wildcard tests/*/build.mk))) tests/fuzz/build.mk
