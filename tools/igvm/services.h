// SPDX-License-Identifier: MIT
// Services of the image: their programs, and what their manifests grant them.
#ifndef TOOLS_IGVM_SERVICES_H
#define TOOLS_IGVM_SERVICES_H

#include "tools/igvm/region.h"

/*
 * Each of `services` is PROGRAM:MANIFEST, two paths. A manifest has one item a line, each of these
 * at most once; what follows a # is a comment:
 *
 *	name NAME       in the log; letters, digits, hyphens
 *	protocol N      of the SVSM, which the service serves
 *	memory SIZE     that it may use, page tables included: bytes, or with K or M
 *	reboot reset    a reboot of the guest resets it; or keep, as without the line
 *	guid GUID       by which guests know it; may be left out
 *
 * Ends the program with a message when something is wrong.
 */
void services_add(struct region *region, const char *const *services, size_t count);

#endif
