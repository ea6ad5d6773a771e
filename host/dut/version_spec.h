/*
 * version_spec: "3.13", "3.13t", "3.13.5t": which interpreters a version names. The t asks for a free-threaded build, and
 * without it such a build is never meant: the two are what is being compared.
 */
#ifndef JOULERIG_DUT_VERSION_SPEC_H
#define JOULERIG_DUT_VERSION_SPEC_H

#include <stdbool.h>

/* One to three numbers with dots between, and perhaps a t. */
bool version_spec_is_one(const char *spec);

/* `version` is as Python gives it: "3.13.5", "3.14.0rc1", "3.13.5+". A spec of three numbers means just that release. */
bool version_spec_matches(const char *spec, const char *version, bool free_threaded);

#endif
