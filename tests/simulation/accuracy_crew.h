/*
 * accuracy_crew: many independent pieces of work over a few processes. What comes out depends on a piece's number alone, not on
 * who did it or when.
 */
#ifndef JOULERIG_TESTS_ACCURACY_CREW_H
#define JOULERIG_TESTS_ACCURACY_CREW_H

#include <stddef.h>

typedef void (*crew_work)(size_t number, const void *context, void *result);

/* n results of `size` bytes, zeroed before `work` fills them; NULL when a process could not be made, or died. */
void *crew_do(size_t n, size_t size, crew_work work, const void *context);
void crew_free(void *results, size_t n, size_t size);

#endif
